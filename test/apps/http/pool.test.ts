// A client that keeps its connections: how many it opens, when it closes them, what it does when a server closes one just as
// it is used; and that nothing is left of it.

import { describe, expect, test } from "vitest";
import { ConnectionPool, type IncomingResponse, type PoolRequest } from "../../../apps/lib/http/index.ts";
import { type Program, type Runnable, SyscallError, type Tid } from "../../../kernel/syscall.ts";
import { framed } from "../../../syscalls/frame.ts";
import { Join, KillTask, NewTask, Sleep, Timeout } from "../../../syscalls/index.ts";
import { allFaults, run } from "../../kit/index.ts";
import { Peer, type Reply } from "./peer.ts";

const page = (body: string, headers = ""): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`;
const text = ({ body }: IncomingResponse) => body.text();
const status = function* (response: IncomingResponse): Program<number> {
  return response.status;
};

interface World {
  readonly pool: ConnectionPool;
  readonly peer: Peer;
  readonly keeper: Tid<void>;
  get(path: string, request?: PoolRequest): Program<string>;
}

/** What a program comes to with a pool, beside a server that replies as it is told. */
function pooled<T>(
  reply: (connection: number, request: number, path: string) => Reply,
  program: (world: World) => Program<T>,
  limits = {},
): { value: T; peer: Peer; pool: ConnectionPool } {
  const pool = new ConnectionPool(limits);
  const peer = new Peer(reply);
  const { value } = run(function* () {
    const server = yield* new NewTask(peer.serve(80), "peer");
    const keeper = yield* new NewTask(pool.keep(), "idle connections");
    const get = function* (path: string, request?: PoolRequest): Program<string> {
      return yield* new Timeout(10_000, pool.exchange(`http://peer${path}`, text, request));
    };
    const made = yield* program({ pool, peer, keeper, get });
    yield* new KillTask(keeper);
    yield* new Sleep(100);
    expect(peer.open).toBe(0);
    yield* new KillTask(server);
    return made;
  });
  return { value, peer, pool };
}

describe("a connection", () => {
  test("is used for one request after the other", () => {
    const { value, peer, pool } = pooled(
      (_, request, path) => page(`${path} ${request}`),
      function* ({ get }) {
        return [yield* get("/a"), yield* get("/b?c=d"), yield* get("/c", { method: "PUT", body: "x" })];
      },
    );
    expect(value).toEqual(["/a 1", "/b?c=d 2", "/c 3"]);
    expect(peer.heads[0]).toBe("GET /a HTTP/1.1\r\nhost: peer\r\n\r\n");
    expect([peer.connections, pool.opened, pool.reused]).toEqual([1, 1, 2]);
  });

  test("is nobody else's while it is used, and of several that are kept the last is taken", () => {
    const { peer, pool } = pooled(
      (connection) => ({ say: page(String(connection)), afterMs: 10 * connection }),
      function* ({ get }) {
        const tids = [yield* new NewTask(get("/1")), yield* new NewTask(get("/2"))];
        for (const tid of tids) yield* new Join(tid);
        expect(yield* get("/3")).toBe("2");
      },
    );
    expect([peer.connections, pool.reused]).toEqual([2, 1]);
  });

  test("leads to its own place alone: by name, port and scheme", () => {
    const reply = (): Reply => page("x");
    const { peer, pool } = pooled(reply, function* ({ pool }) {
      const other = new Peer(reply);
      yield* new NewTask(other.serve(81), "other");
      for (const url of ["http://peer/", "http://peer:81/", "http://peer:80/", "http://PEER:81/x"]) {
        yield* pool.exchange(url, status);
      }
      expect(other.connections).toBe(1);
    });
    expect([peer.connections, pool.reused]).toEqual([1, 2]);
  });

  test("that nobody uses is closed when its time is up, each in its own", () => {
    pooled(
      () => page("x"),
      function* ({ get, peer, pool }) {
        const two = [yield* new NewTask(get("/1")), yield* new NewTask(get("/2"))];
        for (const tid of two) yield* new Join(tid);
        yield* new Sleep(600);
        yield* get("/3");
        yield* new Sleep(600);
        expect([pool.idle, peer.open]).toEqual([1, 1]);
        yield* new Sleep(600);
        expect([pool.idle, peer.open]).toEqual([0, 0]);
        yield* get("/4");
        expect(pool.idle).toBe(1);
      },
      { idleMs: 1_000 },
    );
  });

  test("too many is closed, the one that nobody has used for the longest time", () => {
    pooled(
      () => page("x"),
      function* ({ peer, pool }) {
        yield* new NewTask(new Peer(() => page("x")).serve(81), "other");
        yield* new NewTask(new Peer(() => page("x")).serve(82), "third");
        for (const port of [80, 81, 82]) yield* pool.exchange(`http://peer:${port}/`, status);
        yield* new Sleep(10);
        expect([pool.idle, peer.open]).toEqual([2, 0]);
        yield* pool.exchange("http://peer:82/", status);
        expect([pool.opened, pool.reused]).toEqual([3, 1]);
      },
      { maxConnections: 2 },
    );
  });

  test.each([
    ["says so", page("x", "Connection: close\r\n")],
    ["speaks HTTP/1.0", page("x").replace("1.1", "1.0")],
    ["ends its body with it", { say: "HTTP/1.1 200 OK\r\n\r\nx", after: "end" }],
    ["sends more than was asked for", `${page("x")}HTTP/1.1 200 OK\r\n`],
  ] as const)("is not kept when the server %s", (_, reply) => {
    const { value, peer } = pooled(
      () => reply,
      function* ({ get, pool }) {
        return [yield* get("/1"), pool.idle, yield* get("/2"), pool.idle];
      },
    );
    expect(value).toEqual(["x", 0, "x", 0]);
    expect(peer.connections).toBe(2);
  });

  test("is kept when a little is left of a body, and ended when that is much, or does not come", () => {
    const answers: Record<string, Reply> = {
      "/little": page("x".repeat(5_000)),
      "/chunks": "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      "/much": page("x".repeat(100_000)),
      "/late": { say: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" },
      "/nonsense": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n",
    };
    const { value } = pooled(
      (_connection, _request, path) => answers[path] ?? "",
      function* ({ pool }) {
        const kept: [path: string, status: number, kept: number][] = [];
        for (const path of Object.keys(answers)) {
          kept.push([path, yield* pool.exchange(`http://peer${path}`, status), pool.idle]);
        }
        return kept;
      },
    );
    expect(value).toEqual([
      ["/little", 200, 1],
      ["/chunks", 404, 1],
      ["/much", 200, 0],
      ["/late", 200, 0],
      ["/nonsense", 200, 0],
    ]);
  });
});

describe("a connection that its server has closed", () => {
  test.each([
    ["with an end", "end"],
    ["with a reset", "reset"],
    ["after a word of its own", { say: "HTTP/1.1 408 Late\r\nConnection: close\r\n\r\n", after: "end" }],
  ] as const)("%s, while nobody used it, is not used any more", (_, later) => {
    const { value, peer, pool } = pooled(
      () => ({ say: page("x"), later }),
      function* ({ get }) {
        const first = yield* get("/1");
        yield* new Sleep(500);
        return [first, yield* get("/2")];
      },
    );
    expect(value).toEqual(["x", "x"]);
    expect([peer.heads.length, peer.connections, pool.reused]).toEqual([2, 2, 0]);
  });

  const gone: readonly (readonly [string, Reply])[] = [
    ["an end", { say: "", after: "end" }],
    ["a reset", { say: "", after: "reset" }],
    ["a late word of its own", { say: "HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n", after: "end" }],
  ];

  test.each(gone)("just as it was used, with %s, is replaced by a fresh one, once", (_, reply) => {
    const { value, peer } = pooled(
      (connection, request) => (connection === 1 && request === 2 ? reply : page(`${connection}.${request}`)),
      function* ({ get }) {
        return [yield* get("/1"), yield* get("/2"), yield* get("/3")];
      },
    );
    expect(value).toEqual(["1.1", "2.1", "2.2"]);
    expect(peer.heads).toHaveLength(4);
  });

  test("and whose server closes the fresh one too is an error: it was asked twice, and no more", () => {
    const { value, peer } = pooled(
      (connection, request) => (connection === 1 && request === 1 ? page("x") : { say: "", after: "end" }),
      function* ({ get }) {
        yield* get("/1");
        return yield* failure(get("/2"));
      },
    );
    expect(value).toBe("EPROTO");
    expect([peer.heads.length, peer.connections]).toEqual([3, 2]);
  });

  test.each([
    ["when something of the answer had come", {}, "HTTP/1.1 2"],
    ["of a request that must not be made twice", { method: "POST", body: "x" }, ""],
    ["of one that is to go out on a fresh one", { fresh: true }, ""],
  ] as const)("is an error %s", (_, request, say) => {
    const { value, peer } = pooled(
      (_connection, _request, path) => (path === "/1" ? page("x") : { say, after: "end" }),
      function* ({ get }) {
        yield* get("/1");
        return yield* failure(get("/2", request));
      },
    );
    expect(value).toBe("EPROTO");
    expect([peer.heads.length, peer.connections]).toEqual([2, say === "" ? 2 : 1]);
  });
});

/** The code of what a program throws. */
function* failure(program: Runnable<unknown>): Program<string> {
  try {
    yield* framed(program, "tried");
  } catch (error) {
    if (error instanceof SyscallError) return error.code;
    throw error;
  }
  return "none";
}

describe("nothing outlives its task:", () => {
  test("what nobody uses is the keeper's, and ends with it; without one nothing is kept", () => {
    const { pool } = pooled(
      () => page("x"),
      function* ({ get, keeper, peer, pool }) {
        const asker = yield* new NewTask(get("/1"), "asker");
        yield* new Join(asker);
        expect([pool.idle, peer.open]).toEqual([1, 1]); // it has survived who opened it
        yield* new KillTask(keeper);
        yield* new Sleep(10);
        expect([pool.idle, peer.open]).toEqual([0, 0]);
        yield* get("/2");
        yield* new Sleep(10);
        expect([pool.idle, peer.open]).toEqual([0, 0]);
      },
    );
    expect([pool.opened, pool.reused]).toEqual([2, 0]);
  });

  test("there is one keeper at a time", () => {
    pooled(
      () => "",
      function* ({ keeper, pool }) {
        yield* new Sleep(1);
        expect(yield* failure(pool.keep())).toBe("EBUSY");
        yield* new KillTask(keeper);
        yield* new Sleep(1);
        const next = yield* new NewTask(pool.keep());
        yield* new Sleep(1);
        yield* new KillTask(next);
      },
    );
  });

  test.each([0.5, 1, 1.5, 2, 2.5, 3, 5])("a connection in use is closed with who uses it, killed after %s ms", (ms) => {
    pooled(
      () => ({ say: page("x"), afterMs: 1 }),
      function* ({ get, peer, pool }) {
        yield* get("/1");
        const asker = yield* new NewTask(get("/2"), "asker");
        yield* new Sleep(ms);
        yield* new KillTask(asker);
        yield* new Sleep(10);
        expect(peer.open).toBe(pool.idle);
      },
    );
  });

  test("one whose user's cleanup had to be dropped is counted off as well", () => {
    pooled(
      () => page("x"),
      function* ({ get, peer, pool }) {
        const stuck = function* (): Program<void> {
          try {
            yield* new Sleep(1_000_000);
          } finally {
            yield* new Sleep(1_000_000);
          }
        };
        const asker = yield* new NewTask(pool.exchange("http://peer/", stuck), "asker");
        yield* new Sleep(10);
        yield* new KillTask(asker);
        yield* new Sleep(5_000);
        expect(peer.open).toBe(0);
        yield* get("/2");
        expect(pool.idle).toBe(1);
      },
      { maxConnections: 1 },
    );
  });

  test("what its time runs out on, or its program throws in, is closed", () => {
    pooled(
      (_connection, _request, path) => (path === "/silent" ? { say: "" } : page("x")),
      function* ({ peer, pool }) {
        const late = new Timeout(50, pool.exchange("http://peer/silent", text));
        expect(yield* failure(late)).toBe("ETIMEDOUT");
        const thrown = pool.exchange("http://peer/", function* () {
          throw new SyscallError("ENODATA", "no use");
        });
        expect(yield* failure(thrown)).toBe("ENODATA");
        yield* new Sleep(10);
        expect([pool.idle, peer.open]).toEqual([0, 0]);
      },
    );
  });

  test("on a network that fails each request has one end, and was made twice at most", () => {
    let [answered, reused] = [0, 0];
    for (let seed = 1; seed <= 40; seed++) {
      const pool = new ConnectionPool({ idleMs: 20 });
      const peer = new Peer(() => page("x"));
      run(
        function* () {
          const tasks = [yield* new NewTask(peer.serve(80), "peer"), yield* new NewTask(pool.keep(), "keeper")];
          yield* new Sleep(1);
          for (let n = 0; n < 10; n++) {
            const before = peer.heads.length;
            const code = yield* failure(new Timeout(5_000, pool.exchange("http://peer/", text)));
            if (code === "none") answered++;
            expect(peer.heads.length - before).toBeLessThanOrEqual(2);
          }
          for (const tid of tasks) yield* new KillTask(tid);
        },
        { seed, faults: allFaults, schedule: "shuffle" },
      );
      reused += pool.reused;
    }
    expect(answered).toBeGreaterThan(100);
    expect(reused).toBeGreaterThan(50);
  });
});

test.each(["ftp://peer/", "peer/", "", "http://"])("%j is no address to ask", (url) => {
  expect(() => new ConnectionPool().exchange(url, text)).toThrow("is no address");
});

test.each([
  [{ maxConnections: 0 }, "maxConnections is 0"],
  [{ idleMs: Number.NaN }, "idleMs is NaN"],
  [{ idle: 1 } as object, "there is no limit"],
])("%j are no limits", (limits, message) => {
  expect(() => new ConnectionPool(limits)).toThrow(message);
});
