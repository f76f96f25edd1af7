// The server, in simulated time: what it answers, in which order, and what it does about clients that are slow, hostile or gone.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BodyWriter,
  HttpError,
  type HttpRequest,
  type HttpResponse,
  type Routes,
  type ServerLimits,
  serve,
} from "../../../apps/lib/http/index.ts";
import { Event, recv, sendAll } from "../../../apps/lib/index.ts";
import { type Program, routine, SyscallError } from "../../../kernel/syscall.ts";
import {
  CancelTask,
  Connect,
  GetTime,
  Join,
  KillTask,
  Listen,
  ListTasks,
  MoveOn,
  NewTask,
  Sleep,
  WaitTask,
} from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";
import { asking, beside, get, hearing, last, port, sending, statuses } from "./world.ts";

const says = (body: string) =>
  routine(function* says(): Program<HttpResponse> {
    return { body };
  });

const slow = (ms: number, body: string) =>
  routine(function* slow(): Program<HttpResponse> {
    yield* new Sleep(ms);
    return { body };
  });

const echo = routine(function* echo({ body }: HttpRequest): Program<HttpResponse> {
  return { body: yield* body.text() };
});

const stream = (...pieces: readonly string[]) =>
  routine(function* stream(): Program<HttpResponse> {
    return {
      body: function* (writer: BodyWriter): Program<void> {
        for (const piece of pieces) yield* writer.write(piece);
      },
    };
  });

const routes: Routes = {
  "GET /": says("hello"),
  "GET /slow": slow(100, "slow"),
  "POST /": echo,
  "GET /stream": stream("one", "", "two"),
};

/** What is heard of a server to which pieces are sent. */
const heard = (...pieces: readonly string[]): string => beside(routes, () => asking(...pieces)).value;

describe("answers", () => {
  test("leave in the order in which the requests came, however long each takes", () => {
    const text = heard(
      `${get("/slow")}${get("/")}POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc${last("/")}`,
    );
    expect(statuses(text)).toEqual([200, 200, 200, 200]);
    expect(text.split("\r\n\r\n").map((each) => each.split("HTTP/1.1")[0])).toEqual([
      "",
      "slow",
      "hello",
      "abc",
      "hello",
    ]);
  });

  test("are the same in whatever pieces the requests come", () => {
    const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
    const whole = `${get("/")}${chunked}\r\n${get("/none")}${last("/stream")}`;
    const said = heard(whole);
    expect(statuses(said)).toEqual([200, 200, 404, 200]);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 12 }), fc.nat(1_000), (places, seed) => {
        const cuts = [...new Set(places), whole.length].sort((a, b) => a - b);
        const pieces = cuts
          .map((end, i) => whole.slice(i === 0 ? 0 : cuts[i - 1], end))
          .filter((piece) => piece !== "");
        const { value } = beside(routes, () => asking(...pieces), {}, { seed, faults: "benign", checkEvery: 20 });
        expect(value).toBe(said);
      }),
      { numRuns: 60 },
    );
  });

  test("to HEAD say as much as to GET, and have no body", () => {
    const text = heard(
      "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
      "HEAD /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    expect(text).toContain("content-length: 5\r\n\r\nHTTP/1.1 200 OK");
    expect(text.endsWith("transfer-encoding: chunked\r\nconnection: close\r\n\r\n")).toBe(true);
    const refused = heard("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n");
    expect(refused).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close\r\n\r\n$/);
  });

  test("are in chunks to HTTP/1.1, and end with the connection to HTTP/1.0", () => {
    expect(heard(last("/stream")).split("\r\n\r\n")[1]).toBe("3\r\none\r\n3\r\ntwo\r\n0");
    const old = heard("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    expect(old).toBe("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nonetwo");
  });

  test("to HTTP/1.0 close the connection, unless it asks for more", () => {
    expect(heard(`GET / HTTP/1.0\r\n\r\n${get("/")}`)).toBe(
      "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",
    );
    const kept = heard(`GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n${last("/")}`);
    expect(statuses(kept)).toEqual([200, 200]);
    expect(kept).toContain("connection: keep-alive");
  });

  test("are 404 for a path nobody has, 405 for a method it has not, and say what it has", () => {
    const text = heard(
      get("/none"),
      "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n",
      "OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n",
      last("/__proto__"),
    );
    expect(statuses(text)).toEqual([404, 405, 204, 404]);
    expect(text.split("allow: GET, POST, HEAD, OPTIONS\r\n").length).toBe(3);
  });

  test("have a path without its query, percent-encoding as it came, and take the path of a whole URL", () => {
    const seen: unknown[] = [];
    const look = routine(function* look(request: HttpRequest): Program<HttpResponse> {
      seen.push([request.path, [...request.query], request.peer !== ""]);
      return { status: 204 };
    });
    beside({ "GET /a%20b": look, "GET /": look }, () =>
      asking(get("/a%20b?x=1&y=%26"), get("http://other:1"), last("/?")),
    );
    expect(seen).toEqual([
      [
        "/a%20b",
        [
          ["x", "1"],
          ["y", "&"],
        ],
        true,
      ],
      ["/", [], true],
      ["/", [], true],
    ]);
  });

  test("may be long, and in any alphabet", () => {
    const long = "é".repeat(100_000);
    const text = beside({ "GET /": says(long), "GET /short": says("日本") }, () =>
      asking(get("/short"), last("/")),
    ).value;
    const [, short = "", all = ""] = text.split("\r\n\r\n");
    expect(Buffer.from(short, "latin1").toString()).toMatch(/^日本HTTP/);
    expect(Buffer.from(all, "latin1").toString()).toBe(long);
  });

  test("with a status that has no body have none", () => {
    const none = routine(function* none(): Program<HttpResponse> {
      return { status: 304, body: "never" };
    });
    expect(beside({ "GET /": none }, () => asking(last("/"))).value).toMatch(
      /^HTTP\/1.1 304 Not Modified\r\n[\s\S]*close\r\n\r\n$/,
    );
  });
});

describe("what is no request", () => {
  test.each([
    [
      "a length twice",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["no head", "\x16\x03\x01hello\r\n\r\n", 400],
    ["another version", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
    ["a coding that is not known", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501],
    ["another expectation", get("/", "Expect: tea\r\n"), 417],
    ["a bad chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400],
    ["a body that is too long", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", 413],
  ])("%s is told so, and nothing behind it is served", (_, text, status) => {
    const said = heard(`${get("/")}${text}${get("/")}`);
    expect(statuses(said)).toEqual([200, status]);
    expect(said).toMatch(/connection: close\r\n\r\n\d{3} [\s\S]*\n$/);
  });

  test("a head that is too long is 431, at the bound and not before", () => {
    const head = get("/", `X: ${"a".repeat(100)}\r\n`);
    const said = (maxHeadBytes: number) =>
      statuses(beside(routes, () => asking(head, last("/")), { maxHeadBytes }).value);
    expect([said(head.length), said(head.length - 1)]).toEqual([[200, 200], [431]]);
  });

  test("what is behind the last request takes its answer from nobody", () => {
    const said = heard(`${last("/")}${get("/")}`, ...Array.from({ length: 50 }, () => "x".repeat(1_000)));
    expect(statuses(said)).toEqual([200]);
    expect(said).not.toContain("…");
  });

  test("what comes behind the last request before its answer is read takes it from nobody", () => {
    const pieces = [last("/"), "\r\n", ...Array.from({ length: 50 }, () => "x")];
    const { value: said, counters } = beside({ "GET /": slow(10, "hello") }, () => asking(...pieces));
    expect(said).toMatch(/^HTTP\/1\.1 200 [^…]*hello$/);
    expect(counters.lost).toBe(0);
  });

  test("the reason reaches a client that goes on sending", () => {
    const said = heard(`BAD\r\n\r\n`, ...Array.from({ length: 50 }, () => "x".repeat(1_000)));
    expect(statuses(said)).toEqual([400]);
    expect(said).not.toContain("…");
  });
});

describe("a slow client", () => {
  test("may send byte by byte", () => {
    expect(statuses(heard(...last("/")))).toEqual([200]);
  });

  test("has headMs for a head, counted from its first byte: 408", () => {
    const drip = Array.from({ length: 1_000 }, () => "a");
    const { value, counters } = beside(routes, () => asking("GET /", ...drip), { headMs: 500 });
    expect(statuses(value)).toEqual([408]);
    expect([counters.refused, counters.open]).toEqual([1, 0]);
  });

  test("that says nothing at all, or nothing more, is closed without a word", () => {
    const ends = beside(
      routes,
      function* () {
        const silent = yield* new Connect({ port });
        const first = yield* hearing(silent);
        const after = yield* asking(get("/"));
        return [first, statuses(after)];
      },
      { headMs: 2_000, idleMs: 300 },
    );
    expect(ends.value).toEqual(["", [200]]);
  });

  test("that sends no more of its body is 408, and its handler has seen that", () => {
    const { value, logs } = beside(routes, () => asking("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"), {
      bodyMs: 300,
    });
    expect(statuses(value)).toEqual([408]);
    expect(logs).toEqual([]);
  });

  test("that takes nothing is cut off after stalledWriteMs, and its handler's finally has run", () => {
    let ended = "";
    const endless = routine(function* endless(): Program<HttpResponse> {
      return {
        body: function* (writer: BodyWriter): Program<void> {
          try {
            for (;;) yield* writer.write("x".repeat(10_000));
          } finally {
            ended = "ended";
          }
        },
      };
    });
    const { counters, logs } = beside(
      { "GET /": endless },
      function* () {
        const connection = yield* new Connect({ port });
        yield* sending(connection, [get("/")]);
        yield* new Sleep(1_500);
      },
      { stalledWriteMs: 1_000 },
    );
    expect([ended, counters.lost, counters.open, logs.length]).toEqual(["ended", 1, 0, 0]);
  });

  test("that takes a long answer bit by bit is cut off, though it always takes some", () => {
    const { counters } = beside(
      { "GET /": says("x".repeat(1_000_000)) },
      function* () {
        const connection = yield* new Connect({ port });
        yield* sending(connection, [get("/")]);
        for (let i = 0; i < 100; i++) {
          yield* new Sleep(50);
          connection.read(100);
        }
      },
      { stalledWriteMs: 200, minBytesPerSecond: 100_000 },
    );
    expect([counters.lost, counters.open]).toEqual([1, 0]);
  });

  test("delays nobody else", () => {
    const { value } = beside(routes, function* () {
      const slow = yield* new Connect({ port });
      yield* sending(slow, ["GET / HT"]);
      return yield* asking(last("/"));
    });
    expect(statuses(value)).toEqual([200]);
  });
});

describe("a handler", () => {
  const failing = routine(function* failing(): Program<HttpResponse> {
    yield* new Sleep(1);
    throw new Error("secret");
  });

  test("that throws is 500 and a line on the log, and the connection goes on", () => {
    const { value, logs, counters } = beside({ ...routes, "GET /fails": failing }, () =>
      asking(get("/fails"), last("/")),
    );
    expect(statuses(value)).toEqual([500, 200]);
    expect(value).not.toContain("secret");
    expect(logs).toEqual([expect.stringMatching(/^GET \/fails failed: Error: secret\n/)]);
    expect(counters.failed).toBe(1);
  });

  test("may throw a status", () => {
    const forbidden = routine(function* forbidden(): Program<HttpResponse> {
      throw new HttpError(403, "not for you");
    });
    const { value, logs } = beside({ "GET /": forbidden }, () => asking(last("/")));
    expect(statuses(value)).toEqual([403]);
    expect(value).toContain("not for you");
    expect(logs).toEqual([]);
  });

  test.each([
    ["a header with a line break", { headers: { a: "b\r\nSet-Cookie: c" } }],
    ["a header that frames", { headers: { "content-length": 3 } }],
    ["a status that is none", { status: 42 }],
    ["a status after which another would have to come", { status: 103 }],
    ["a length that is none", { length: Number.NaN, body: () => new Sleep(1) }],
    ["a length below nothing", { length: -1, body: () => new Sleep(1) }],
    ["a length of half a byte", { length: 0.5, body: () => new Sleep(1) }],
    ["a body that is none", { body: 42 }],
    ["a body of null", { body: null }],
    ["a body that is memory, and no bytes", { body: new ArrayBuffer(64) }],
    ["a body of wider numbers", { body: new Uint16Array(64) }],
    ["nothing", undefined],
  ])("that gives %s is 500, and none of it is sent", (_, response) => {
    const bad = routine(function* bad(): Program<HttpResponse> {
      return response as HttpResponse; // what no type lets through comes from programs without types
    });
    const { value, logs } = beside({ "GET /": bad }, () => asking(last("/")));
    expect(statuses(value)).toEqual([500]);
    expect(value).not.toContain("Cookie");
    expect(logs.length).toBe(1);
  });

  test.each([
    ["throws", undefined, ["one"]],
    ["writes less than it promised", 9, ["one"]],
    ["writes more than it promised", 2, ["one"]],
  ])("whose body %s is cut short, so that it does not look whole", (_, length, pieces) => {
    const broken = routine(function* broken(): Program<HttpResponse> {
      return {
        ...(length === undefined ? {} : { length }),
        body: function* (writer: BodyWriter): Program<void> {
          for (const piece of pieces) yield* writer.write(piece);
          if (length === undefined) throw new Error("midway");
        },
      };
    });
    const { value, logs } = beside({ "GET /": broken }, () => asking(get("/"), get("/")));
    expect(statuses(value)).toEqual([200]);
    expect(value).not.toMatch(/0\r\n\r\n$/);
    expect(logs.length).toBe(1);
  });

  test("that leaves a body unread: a short one is passed over, a long one ends the connection", () => {
    const post = (size: number) =>
      `POST /ignores HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n${"x".repeat(size)}`;
    const ignoring = { ...routes, "POST /ignores": says("ok") };
    const said = (size: number) => statuses(beside(ignoring, () => asking(post(size), last("/"))).value);
    expect([said(10), said(65_536), said(65_537)]).toEqual([[200, 200], [200, 200], [200]]);
  });

  test("that leaves a body unread which then comes wrong, or not at all: nobody is told twice", () => {
    const ignoring = { "POST /": says("ok") };
    const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const said = (text: string) => beside(ignoring, () => asking(text, get("/")), { bodyMs: 200 });
    for (const rest of ["xyz\r\n", "3\r\nab", "5\r\nhello5\r\n"]) {
      const { value, logs } = said(chunked + rest);
      expect([statuses(value), logs]).toEqual([[200], []]);
    }
  });

  test("that sends on a body which comes wrong is cut short, and that is nobody's fault here", () => {
    const passing = routine(function* passing({ body }: HttpRequest): Program<HttpResponse> {
      return {
        body: function* (writer: BodyWriter): Program<void> {
          for (let piece = yield* body.next(); !piece.done; piece = yield* body.next())
            yield* writer.write(piece.value);
        },
      };
    });
    const bad = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n";
    const { value, logs, counters } = beside({ "POST /": passing }, () => asking(bad, get("/")));
    expect(statuses(value)).toEqual([200]);
    expect(value.endsWith("3\r\nabc\r\n")).toBe(true);
    expect([logs, counters.failed]).toEqual([[], 0]);
  });

  test("may take its time, then read its body, and take its time again", () => {
    const late = routine(function* late({ body }: HttpRequest): Program<HttpResponse> {
      let text = "";
      for (let piece = yield* body.next(); !piece.done; piece = yield* body.next()) {
        text += Buffer.from(piece.value).toString();
        yield* new Sleep(200); // longer than anybody waits before somebody looks after the client
      }
      return { body: text };
    });
    const { value } = beside({ "POST /": late }, function* () {
      const connection = yield* new Connect({ port });
      yield* sending(connection, ["POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 6\r\n\r\n"]);
      for (const piece of ["ab", "cd", "ef"]) {
        yield* new Sleep(300);
        yield* sending(connection, [piece]);
      }
      return yield* hearing(connection);
    });
    expect(value).toMatch(/\r\n\r\nabcdef$/);
  });

  test("runs in the task of its connection, which says whose it is and what it waits for", () => {
    const { value } = beside(routes, function* () {
      const connection = yield* new Connect({ port });
      yield* sending(connection, [get("/slow")]);
      yield* new Sleep(10);
      const found = (yield* new ListTasks()).find(({ name }) => name.startsWith("http "));
      return [found?.name, found?.verb, connection.local];
    });
    expect(value).toEqual([`http ${value[2]}`, "sleep", value[2]]);
  });
});

describe("a client that waits to be told to go on", () => {
  const expecting = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";

  test("is told so when its body is asked for", () => {
    const { value } = beside(routes, function* () {
      const connection = yield* new Connect({ port });
      yield* sending(connection, [expecting]);
      const first = Buffer.from(yield* recv(connection, 1_000)).toString();
      yield* sending(connection, [`abc${last("/")}`]);
      return [first, statuses(yield* hearing(connection))];
    });
    expect(value).toEqual(["HTTP/1.1 100 Continue\r\n\r\n", [200, 200]]);
  });

  test("is not, when nobody asks for it, and then cannot go on", () => {
    const { value } = beside({ "POST /": says("no need") }, () => asking(expecting));
    expect(statuses(value)).toEqual([200]);
    expect(value).toContain("connection: close");
  });
});

describe("a client that leaves", () => {
  function leaving(
    leave: (connection: import("../../../kernel/machine/machine.ts").Connection) => void,
    waitMs: number,
  ) {
    const ends: string[] = [];
    const patient = routine(function* patient(): Program<HttpResponse> {
      try {
        yield* new Sleep(2_000);
        ends.push("done");
      } catch {
        ends.push("caught");
      } finally {
        ends.push("finally");
      }
      return { body: "late" };
    });
    const { counters, logs } = beside(
      { "GET /": patient },
      function* () {
        const connection = yield* new Connect({ port });
        yield* sending(connection, [get("/")]);
        yield* new Sleep(10);
        leave(connection);
        yield* new Sleep(waitMs);
        return undefined;
      },
      { graceMs: 500 },
    );
    return { ends, lost: counters.lost, open: counters.open, logs };
  }

  test("takes its handler with it: its finally runs, no catch sees it, and no line is logged", () => {
    expect(leaving((connection) => connection.close(), 600)).toEqual({ ends: ["finally"], lost: 1, open: 0, logs: [] });
  });

  test("only by half still gets its answer within graceMs", () => {
    const { value } = beside(routes, function* () {
      const connection = yield* new Connect({ port });
      yield* sending(connection, [get("/slow")]);
      connection.shutdown();
      return yield* hearing(connection);
    });
    expect(statuses(value)).toEqual([200]);
  });

  test("by half, and for long, counts as gone", () => {
    expect(leaving((connection) => connection.shutdown(), 600)).toMatchObject({ ends: ["finally"], lost: 1, open: 0 });
  });

  test("with a reset has no grace", () => {
    const { value } = beside(
      { "GET /": slow(60_000, "late"), "GET /first": says("x".repeat(10)) },
      function* ({ counters }) {
        const connection = yield* new Connect({ port });
        yield* sending(connection, [get("/first") + get("/")]);
        yield* new Sleep(10);
        connection.close(); // with bytes unread: a reset
        yield* new Sleep(100);
        return [counters.open, counters.lost];
      },
      { graceMs: 10_000 },
    );
    expect(value).toEqual([0, 1]);
  });

  test("in the middle of a head or a body is no fault of anybody's", () => {
    const { value, logs } = beside(routes, function* ({ counters }) {
      for (const text of ["GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"]) {
        const connection = yield* new Connect({ port });
        yield* sending(connection, [text]);
        yield* new Sleep(5);
        connection.close();
        yield* new Sleep(5);
      }
      return [counters.open, counters.failed];
    });
    expect([value, logs]).toEqual([[0, 0], []]);
  });

  test("is seen while it pipelines, and reads ahead no further than a bound", () => {
    const { value } = beside(
      { "GET /": slow(500, "late") },
      function* () {
        const connection = yield* new Connect({ port });
        yield* new NewTask(sendAll(connection, Buffer.from(get("/") + "x".repeat(1_000_000))), "flood");
        yield* new Sleep(100);
        return connection.bytesWritten < 400_000;
      },
      {},
      { capacityBytes: 65_536 },
    );
    expect(value).toBe(true);
  });
});

describe("bounds", () => {
  test("one connection more than maxConnections waits until another ends, and those that are there are not kept", () => {
    const { value, counters } = beside(
      routes,
      function* () {
        const first = yield* new Connect({ port });
        yield* sending(first, [get("/slow")]);
        const second = yield* new NewTask(asking(get("/")), "second");
        return [statuses(yield* hearing(first)), statuses(yield* new Join(second))];
      },
      { maxConnections: 1 },
    );
    expect(value).toEqual([[200], [200]]);
    expect(counters.full).toBeGreaterThan(0);
  });

  test("those who say nothing keep nobody out, and who is being served is not put out", () => {
    const { value, counters } = beside(
      { ...routes, "GET /long": slow(3_000, "long") },
      function* () {
        const busy = yield* new NewTask(asking(get("/long")), "busy");
        yield* new Sleep(10);
        const silent = yield* new Connect({ port });
        yield* new Sleep(10);
        const before = yield* new GetTime();
        const third = statuses(yield* asking(get("/")));
        const took = (yield* new GetTime()) - before;
        const fourth = yield* new NewTask(asking(get("/")), "fourth");
        return [
          third,
          took < 1_000,
          yield* hearing(silent),
          statuses(yield* new Join(busy)),
          statuses(yield* new Join(fourth)),
        ];
      },
      { maxConnections: 2 },
    );
    expect(value).toEqual([[200], true, "", [200], [200]]);
    expect(counters.open).toBe(0);
  });

  test("who has come and gone before it is served takes nobody's place, wherever the server's turn is cut", () => {
    for (let quantum = 4; quantum <= 40; quantum++) {
      const { value } = run(
        function* () {
          const listener = yield* new Listen({ port });
          for (let n = 0; n < 50; n++) (yield* new Connect({ port })).close();
          yield* new Sleep(100);
          const server = yield* new NewTask(serve(listener, routes, { limits: { maxConnections: 3 } }), "server");
          const said = yield* new MoveOn(5_000, asking(last("/")));
          yield* new KillTask(server);
          return said.done ? statuses(said.value) : "nothing";
        },
        { quantum },
      );
      expect([quantum, value]).toEqual([quantum, [200]]);
    }
  });

  test("the last of maxRequests says so, and what is behind it is not served", () => {
    const { value } = beside(routes, () => asking(get("/") + get("/") + get("/")), { maxRequests: 2 });
    expect(statuses(value)).toEqual([200, 200]);
    expect(value.split("connection: close").length).toBe(2);
  });

  test.each([
    [{ maxHeadBytes: 0 }, {}],
    [{ maxHeaders: 1.5 }, {}],
    [{ headMs: Number.NaN }, {}],
    [{ nonsense: 1 }, {}],
    [{}, { "/": says("") }],
    [{}, { "GET nowhere": says("") }],
    [{}, { "GET /a b": says("") }],
  ])("limits %j and routes %j are EINVAL", (limits, bad) => {
    const code = run(function* () {
      const listener = yield* new Listen({ port });
      try {
        yield* serve(listener, bad, { limits: limits as Partial<ServerLimits> }); // what no type lets through
      } catch (error) {
        return error instanceof SyscallError && error.code;
      }
      return "served";
    }).value;
    expect(code).toBe("EINVAL");
  });
});

describe("a server that is to end", () => {
  test("by a kill, leaves no connection and no task, at whatever moment", () => {
    for (let laps = 0; laps < 60; laps++) {
      const left = run(
        function* () {
          const listener = yield* new Listen({ port });
          const client = yield* new NewTask(asking(get("/slow"), get("/slow")), "client");
          yield* new Sleep(10);
          const server = yield* new NewTask(serve(listener, routes), "server");
          for (let lap = 0; lap < laps; lap++) yield;
          yield* new KillTask(server);
          yield* new WaitTask(server);
          yield* new Sleep(10);
          const names = (yield* new ListTasks()).map(({ name }) => name);
          yield* new KillTask(client); // it may never have been let in
          return names.filter((name) => name.startsWith("http"));
        },
        { quantum: 1 },
      ).value;
      expect([laps, left]).toEqual([laps, []]);
    }
  });

  test("closes what is idle at once, finishes what runs, and takes nobody new", () => {
    const { value } = beside(routes, function* ({ server }) {
      const idle = yield* new Connect({ port });
      const busy = yield* new NewTask(asking(get("/slow")), "busy");
      yield* new Sleep(20);
      yield* new CancelTask(server, "enough");
      const heardIdle = yield* hearing(idle);
      let refused: unknown;
      try {
        yield* new Connect({ port });
      } catch (error) {
        refused = error instanceof SyscallError && error.code;
      }
      const text = yield* new Join(busy);
      return [
        heardIdle,
        refused,
        statuses(text),
        text.includes("connection: close"),
        (yield* new WaitTask(server)).status,
      ];
    });
    expect(value).toEqual(["", "ECONNREFUSED", [200], true, "killed"]);
  });

  test("tells responses that have no end, and does not wait for more of their clients", () => {
    const ending = new Event();
    const open = routine(function* open(): Program<HttpResponse> {
      return { body: () => ending.wait() };
    });
    const { value } = run(function* () {
      const listener = yield* new Listen({ port });
      const server = yield* new NewTask(serve(listener, { "GET /": open }, { ending }), "server");
      const client = yield* new NewTask(asking(get("/")), "client");
      yield* new Sleep(20);
      const before = yield* new GetTime();
      yield* new CancelTask(server, "enough");
      yield* new WaitTask(server);
      return [(yield* new GetTime()) - before < 100, (yield* new Join(client)).endsWith("0\r\n\r\n")];
    });
    expect(value).toEqual([true, true]);
  });

  test("does not wait longer than drainMs", () => {
    const { value } = beside(
      { "GET /": slow(60_000, "late") },
      function* ({ server, counters }) {
        const late = yield* new NewTask(asking(get("/")), "late");
        yield* new Sleep(20);
        yield* new CancelTask(server, "enough");
        yield* new WaitTask(server);
        const text = yield* new Join(late);
        return [text, counters.open];
      },
      { drainMs: 500 },
    );
    expect(value).toEqual(["", 0]);
  });
});

test("whatever goes wrong on the way, nothing is left, and the server goes on", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { value, counters } = beside(
      routes,
      function* () {
        for (let n = 0; n < 5; n++) {
          try {
            yield* asking(get("/slow"), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", last("/stream"));
          } catch (error) {
            if (!(error instanceof SyscallError)) throw error;
          }
        }
        yield* new Sleep(20_000);
        return "done";
      },
      {},
      { seed, faults: "all", checkEvery: 5 },
    );
    expect([value, counters.open, counters.failed]).toEqual(["done", 0, 0]);
  }
});
