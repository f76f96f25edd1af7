// Every limit of a JSON-RPC connection, met by a client: at N it is served, at N + 1 it gets the code that the limit
// names, and the counter that belongs to it moves. Those that are times are in timers.test.ts and shutdown.test.ts.

import { describe, expect, test } from "vitest";
import { methodTable } from "../../../apps/rpc/index.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import { GetTime, Join, NewTask, Sleep, Timeout } from "../../../syscalls/index.ts";
import { errorText, framings, invalidRequest, request } from "./wire.ts";
import { world } from "./world.ts";

/** A request to `echo` of exactly so many bytes, and its answer. */
function sized(bytes: number): { text: string; answer: string } {
  const rest = bytes - Buffer.byteLength(request("echo", [""], 1));
  const text = request("echo", ["x".repeat(rest)], 1);
  expect(Buffer.byteLength(text)).toBe(bytes);
  return { text, answer: `{"jsonrpc":"2.0","result":["${"x".repeat(rest)}"],"id":1}` };
}

/** An id of exactly so many bytes in the text, quotes included. */
const idOf = (bytes: number): string => `"${"i".repeat(bytes - 2)}"`;
const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

describe("a frame", () => {
  const maxFrameBytes = 300;

  test.each(framings)(
    "over %s has at most maxFrameBytes; a larger one is refused and ends the connection",
    (framing) => {
      const { value } = world(
        function* (world) {
          const client = yield* world.connect(framing);
          yield* client.send(sized(maxFrameBytes).text);
          const before = [...(yield* client.settled()), world.counters.refused];
          yield* client.send(sized(maxFrameBytes + 1).text, request("echo", [], 2));
          return [before, yield* client.rest(), world.counters.refused, world.counters.errors];
        },
        { limits: { maxFrameBytes } },
      );
      expect(value).toEqual([[sized(maxFrameBytes).answer, 0], [invalidRequest], 1, 1]);
    },
  );

  test("is refused by the length it claims, before its bytes come", () => {
    for (const head of [Uint8Array.of(0, 0, 1, 45), "Content-Length: 301\r\n\r\n"]) {
      const { value } = world(
        function* (world) {
          const client = yield* world.connect(typeof head === "string" ? "headers" : "length");
          yield* client.sendRaw(head);
          return yield* new Timeout(100, client.rest());
        },
        { limits: { maxFrameBytes } },
      );
      expect(value).toEqual([invalidRequest]);
    }
  });

  test("that is far too large: who is still sending it is told", () => {
    const { value } = world(
      function* (world) {
        const client = yield* world.connect("length");
        const sending = yield* new NewTask(client.sendRaw(new Uint8Array(1_000_000).fill(1)));
        const texts = yield* client.rest();
        yield* new Join(sending);
        client.connection.close();
        return texts;
      },
      { limits: { maxFrameBytes } },
    );
    expect(value).toEqual([invalidRequest]);
  });

  test("that is an answer has at most maxFrameBytes; a larger result is an internal error", () => {
    const methods = methodTable({ long: (params) => "x".repeat((params as [number])[0]) }); // as it is called below
    const fitting = maxFrameBytes - '{"jsonrpc":"2.0","result":"","id":1}'.length;
    const { value } = world(
      function* (world) {
        const client = yield* world.connect();
        yield* client.send(request("long", [fitting], 1), request("long", [fitting + 1], 2));
        return [yield* client.next(), yield* client.next(), world.counters.errors];
      },
      { limits: { maxFrameBytes }, methods },
    );
    const fits = `{"jsonrpc":"2.0","result":"${"x".repeat(fitting)}","id":1}`;
    expect(value).toEqual([fits, errorText(-32603, "Internal error", "2"), 1]);
  });
});

describe("a text", () => {
  /** What is answered to texts, one connection for all, and how many of them counted as refused. */
  function replies(texts: readonly string[], limits: object): unknown[] {
    return world(
      function* (world): Program<unknown[]> {
        const client = yield* world.connect();
        yield* client.send(...texts);
        return [...(yield* client.settled()), world.counters.refused, world.counters.errors];
      },
      { limits },
    ).value;
  }

  test("nests at most maxDepth levels deep; a deeper one is refused and the next is served", () => {
    // The envelope is one level.
    const asked = [127, 128, 127].map(
      (levels) => `{"jsonrpc":"2.0","method":"echo","params":${nested(levels)},"id":1}`,
    );
    const fits = `{"jsonrpc":"2.0","result":${nested(127)},"id":1}`;
    expect(replies(asked, {})).toEqual([fits, invalidRequest, fits, 1, 1]);
  });

  test("of a batch has at most maxBatch elements; of a larger one none is run", () => {
    const batch = (elements: number): string =>
      `[${Array.from({ length: elements }, (_, id) => request("sum", [id, 1], id)).join()}]`;
    const [served, refused, ...counts] = replies([batch(1000), batch(1001)], {});
    const results: { id: number; result: number }[] = JSON.parse(String(served));
    expect(results.length).toBe(1000);
    expect(results.every(({ id, result }) => result === id + 1)).toBe(true);
    expect([refused, counts]).toEqual([invalidRequest, [1, 1]]);
  });

  test("that has one element too many is refused whatever its elements are", () => {
    const notifications = (count: number): string => `[${Array(count).fill(request("update")).join()}]`;
    expect(replies([notifications(3), notifications(4)], { maxBatch: 3 })).toEqual([invalidRequest, 1, 1]);
  });

  test("names a method of at most maxMethodBytes; of a longer one the id comes back", () => {
    const named = (bytes: number): string => request("é".repeat(bytes / 2), undefined, 7);
    const notFound = errorText(-32601, "Method not found", "7");
    const invalid = errorText(-32600, "Invalid Request", "7");
    expect(replies([named(256), named(258)], {})).toEqual([notFound, invalid, 1, 2]);
    expect(replies([request("update", undefined, 7), request("updates", undefined, 7)], { maxMethodBytes: 6 })).toEqual(
      ['{"jsonrpc":"2.0","result":null,"id":7}', invalid, 1, 1],
    );
  });

  test("has an id of at most maxIdBytes; with a longer one it is refused without it", () => {
    const asked = [256, 257].map((bytes) => `{"jsonrpc":"2.0","method":"foo","id":${idOf(bytes)}}`);
    const fits = `{"jsonrpc":"2.0","result":"ok","id":${idOf(256)}}`;
    expect(replies(asked, {})).toEqual([fits, invalidRequest, 1, 1]);
    const digits = ["1".repeat(256), "1".repeat(257)].map((id) => `{"jsonrpc":"2.0","method":"foo","id":${id}}`);
    expect(replies(digits, {})).toEqual([
      `{"jsonrpc":"2.0","result":"ok","id":${"1".repeat(256)}}`,
      invalidRequest,
      1,
      1,
    ]);
  });
});

test("a block of headers has at most maxHeaderBytes with its empty line", () => {
  const body = request("foo", undefined, 1);
  const block = (bytes: number): string => {
    const rest = `Content-Length: ${body.length}\r\nX: \r\n\r\n`.length;
    return `Content-Length: ${body.length}\r\nX: ${"x".repeat(bytes - rest)}\r\n\r\n`;
  };
  const { value } = world(function* (world) {
    const client = yield* world.connect("headers");
    yield* client.sendRaw(block(8192) + body);
    const before = yield* client.settled();
    yield* client.sendRaw(block(8193) + body);
    return [before, yield* client.rest(), world.counters.refused];
  });
  expect(value).toEqual([['{"jsonrpc":"2.0","result":"ok","id":1}'], [invalidRequest], 1]);
});

describe("requests in flight", () => {
  let running = 0;
  let most = 0;
  const nap = routine(function* nap(): Program<string> {
    most = Math.max(most, ++running);
    try {
      yield* new Sleep(1_000);
      return "rested";
    } finally {
      running--;
    }
  });
  const methods = methodTable({ nap, foo: () => "ok" });

  test.each([
    ["requests", 1, 256],
    ["notifications", undefined, 256],
    ["requests", 1, 3],
  ])("%s run at most maxInFlight at once on a connection, the others wait", (_, id, maxInFlight) => {
    most = 0;
    const { value } = world(
      function* (world) {
        const [client, other] = [yield* world.connect(), yield* world.connect()];
        const started = yield* new GetTime();
        yield* client.send(...Array(maxInFlight + 1).fill(request("nap", undefined, id)), request("foo", undefined, 2));
        yield* new Sleep(500);
        const beside = yield* other.settled();
        for (let left = id === undefined ? 0 : maxInFlight; left > 0; left--) yield* client.next();
        const answer = yield* client.next();
        return [beside, answer, Math.floor(((yield* new GetTime()) - started) / 100)];
      },
      { methods: new Map([...methods, ["sum", () => 42]]), limits: { maxInFlight } },
    );
    expect(value).toEqual([[], '{"jsonrpc":"2.0","result":"ok","id":2}', 10]); // when one has ended
    expect([most, running]).toEqual([maxInFlight, 0]);
  });
});

describe("connections", () => {
  test.each([
    ["maxConnections", { limits: { maxConnections: 3 } }, 3],
    ["64 below the machine's descriptors", { maxEndpoints: 70 }, 6],
  ])("%s are served at once, and the next one when one of them leaves", (_, options, most) => {
    const { value } = world(function* (world) {
      const clients = [];
      for (let i = 0; i < most; i++) clients.push(yield* world.connect());
      for (const client of clients) expect(yield* client.settled()).toEqual([]);
      expect(world.counters.full).toBe(1);
      const late = yield* world.connect();
      yield* late.send(request("foo", undefined, 1));
      const wait = new Timeout(60_000, late.next());
      let answer: unknown;
      try {
        answer = yield* wait;
      } catch (error) {
        answer = error;
      }
      expect(answer).toMatchObject({ code: "ETIMEDOUT" });
      for (const client of clients) expect(yield* client.settled()).toEqual([]);
      clients[1]?.connection.close();
      return [yield* late.next(), world.counters.connections];
    }, options);
    expect(value).toEqual(['{"jsonrpc":"2.0","result":"ok","id":1}', most + 1]);
  });
});
