// The clocks of a connection, on simulated time: each ends it when it has run out, not a moment before, counts it, and
// ends nobody else's.

import { describe, expect, test } from "vitest";
import { methodTable } from "../../../apps/rpc/index.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { GetTime, KillTask, NewTask, Sleep } from "../../../syscalls/index.ts";
import { frame, request } from "./wire.ts";
import { type Client, world } from "./world.ts";

const foo = request("foo", undefined, 1);
const ok = '{"jsonrpc":"2.0","result":"ok","id":1}';
const half = Buffer.from(foo.slice(0, 20));

/** Sends pieces with a pause after each; then what is answered until the server ends, and how long that takes, ms. */
function* dripped(
  client: Client,
  pieces: readonly (Uint8Array | string)[],
  pauseMs: number,
): Program<[string[], number]> {
  for (const piece of pieces) {
    yield* client.sendRaw(piece);
    yield* new Sleep(pauseMs);
  }
  const since = yield* new GetTime();
  const texts = yield* client.rest();
  return [texts, Math.round((yield* new GetTime()) - since)];
}

describe("the first byte", () => {
  test.each([
    [undefined, 10_000],
    [500, 500],
  ])("with a limit of %s ms has to come within %i ms", (firstByteMs, ms) => {
    const { value } = world(
      function* (world) {
        const [texts, tookMs] = yield* dripped(yield* world.connect(), [], 0);
        const soon = yield* world.connect();
        yield* new Sleep(ms - 5);
        yield* soon.send(foo);
        return [texts, Math.round(tookMs / 10) * 10, yield* soon.next(), world.counters.timedOut];
      },
      { limits: firstByteMs === undefined ? {} : { firstByteMs } },
    );
    expect(value).toEqual([[], ms, ok, 1]);
  });

  test("once it has come, a client may be silent for as long as it likes between its frames", () => {
    const { value } = world(function* (world) {
      const client = yield* world.connect();
      yield* client.sendRaw("\n");
      const replies = [];
      for (let day = 0; day < 3; day++) {
        yield* new Sleep(86_400_000);
        yield* client.send(foo);
        replies.push(yield* client.next());
      }
      return [replies, world.counters.timedOut];
    });
    expect(value).toEqual([[ok, ok, ok], 0]);
  });
});

describe("a frame that has begun", () => {
  const begun: readonly (readonly [what: string, bytes: Uint8Array])[] = [
    ["one of four bytes of a length", Uint8Array.of(0)],
    ["three of four bytes of a length", Uint8Array.of(0, 0, 0)],
    ["a length and no byte of it", frame("length", foo).subarray(0, 4)],
    ["half a frame by its length", frame("length", foo).subarray(0, 20)],
    ["half a text", half],
    ["a number that may go on", Buffer.from("\n12")],
    ["a broken text whose line does not end", Buffer.from("{]")],
    ["a part of a first header's name", Buffer.from("Conte")],
    ["a block of headers without an end", Buffer.from("Content-Length: 5\r\nA: b\r\n")],
    ["headers and half a body", frame("headers", foo).subarray(0, 30)],
    ["a whole frame and half of the next", Buffer.concat([frame("lines", foo), half])],
  ];

  test.each(begun)("and stays %s is given up after partialFrameMs", (_, bytes) => {
    const { value } = world(
      function* (world) {
        const [, ms] = yield* dripped(yield* world.connect(bytes[0] === 0 ? "length" : "lines"), [bytes], 0);
        return [ms, world.counters.timedOut, yield* (yield* world.connect()).settled()];
      },
      { limits: { partialFrameMs: 3_000 } },
    );
    expect(value).toEqual([3_000, 1, []]);
  });

  test("is given ten seconds in all, however its bytes drip in", () => {
    const { value } = world(function* (world) {
      const client = yield* world.connect();
      const since = yield* new GetTime();
      try {
        for (const byte of half) {
          yield* client.sendRaw(Uint8Array.of(byte));
          yield* new Sleep(1_000);
        }
      } catch {
        // Closed.
      }
      return [Math.floor(((yield* new GetTime()) - since) / 1_000), world.counters.timedOut];
    });
    expect(value).toEqual([11, 1]); // at ten it is closed, at eleven that is seen
  });

  test("and is completed in time is served, each with its own ten seconds", () => {
    const { value } = world(function* (world) {
      const client = yield* world.connect();
      const replies = [];
      for (let i = 0; i < 5; i++) {
        yield* client.sendRaw(half);
        yield* new Sleep(9_000);
        yield* client.sendRaw(`${foo.slice(20)}\n`);
        replies.push(yield* client.next());
      }
      return [replies, world.counters.timedOut];
    });
    expect(value).toEqual([Array(5).fill(ok), 0]);
  });

  test("after a broken line has its own ten seconds", () => {
    const { value } = world(function* (world) {
      const client = yield* world.connect();
      yield* client.sendRaw("{]");
      yield* client.next();
      yield* new Sleep(5_000);
      yield* client.sendRaw(" }\n");
      yield* new Sleep(60_000);
      yield* client.sendRaw(half);
      yield* new Sleep(9_000);
      yield* client.sendRaw(`${foo.slice(20)}\n`);
      return [yield* client.next(), world.counters.timedOut];
    });
    expect(value).toEqual([ok, 0]);
  });
});

describe("a client that does not read", () => {
  const big = request("big", undefined, 1);
  const methods = methodTable({ big: () => "x".repeat(900_000), foo: () => "ok", sum: () => 42 });

  test.each([
    [undefined, 30_000],
    [700, 700],
  ])("with a limit of %s ms is cut off after %i ms", (stalledWriteMs, ms) => {
    const { value } = world(
      function* (world) {
        const [client, other] = [yield* world.connect(), yield* world.connect()];
        yield* client.send(big);
        yield* other.send(foo);
        yield* new Sleep(ms - 5);
        const before = world.counters.timedOut;
        yield* new Sleep(10);
        return [before, world.counters.timedOut, world.counters.reset, yield* other.next()];
      },
      { methods, limits: stalledWriteMs === undefined ? {} : { stalledWriteMs } },
    );
    expect(value).toEqual([0, 1, 0, ok]);
  });

  test("and asks on, but takes some now and then, is not cut off", () => {
    const { value } = world(
      function* (world) {
        const client = yield* world.connect();
        const asking = yield* new NewTask(client.send(...Array(400).fill(request("echo", ["x".repeat(9_000)], 1))));
        let bytes = 0;
        for (let i = 0; i < 100; i++) {
          yield* new Sleep(29_000);
          bytes += client.connection.read(10_000)?.length ?? 0;
        }
        const open = [bytes, world.counters.timedOut, world.counters.reset];
        yield* new KillTask(asking);
        client.connection.close();
        return open;
      },
      { methods: new Map([...methods, ["echo", (params) => params]]) },
    );
    expect(value).toEqual([1_000_000, 0, 0]);
  });

  test("fast but takes some now and then gets everything", () => {
    const { value } = world(
      function* (world) {
        const client = yield* world.connect();
        yield* client.send(big);
        let bytes = 0;
        while (bytes < 900_000) {
          yield* new Sleep(29_000);
          bytes += client.connection.read(65_536)?.length ?? 0;
        }
        return [bytes >= 900_000, world.counters.timedOut];
      },
      { methods },
    );
    expect(value).toEqual([true, 0]);
  });
});
