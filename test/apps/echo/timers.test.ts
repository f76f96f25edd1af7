// The clocks of a connection, on simulated time: each ends it when it has run out, not a moment before, counts it, and
// ends nobody else's.

import { describe, expect, test } from "vitest";
import { methodTable } from "../../../apps/rpc/index.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import { CancelTask, GetTime, Sleep, WaitTask } from "../../../syscalls/index.ts";
import { frame, request } from "./wire.ts";
import { type Client, Reset, type World, world } from "./world.ts";

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

describe("a shutdown", () => {
  let ended = 0;
  const nap = routine(function* nap(ms: number): Program<string> {
    try {
      yield* new Sleep(ms);
      return "ok";
    } finally {
      ended++;
    }
  });
  const methods = methodTable({
    nap: (params) => nap((params as [number])[0]), // as it is called here
    big: () => "x".repeat(900_000),
    foo: () => "ok",
    sum: () => 42,
  });

  /** How long a shutdown takes that begins 10 ms after a client has done something. */
  function* shutdown(world: World, client: Client, act: Program<void>): Program<[string[], number]> {
    yield* act;
    yield* new Sleep(10);
    const since = yield* new GetTime();
    if (world.server === undefined) throw new Error("no server");
    yield* new CancelTask(world.server, "shutdown");
    const texts = client.connection.closed ? [] : yield* client.rest();
    yield* new WaitTask(world.server);
    return [texts, (yield* new GetTime()) - since];
  }

  function ending(act: (client: Client) => Program<void>, limits: object = {}): [string[], number] {
    ended = 0;
    return world(
      function* (world) {
        const client = yield* world.connect();
        return yield* shutdown(world, client, act(client));
      },
      { methods, limits },
    ).value;
  }

  test("waits for what runs, answers it whole, and ends its connections", () => {
    const [texts, ms] = ending(function* (client) {
      yield* client.send(request("nap", [2_900], 1), request("nap", [500], 1));
    });
    expect([texts, ended]).toEqual([[ok, ok], 2]);
    expect(ms).toBeLessThan(2_900);
  });

  test.each([
    [undefined, 3_000],
    [200, 200],
  ])("with a limit of %s ms ends what still runs after %i ms", (drainMs, most) => {
    const [texts, ms] = ending(
      function* (client) {
        yield* client.send(request("nap", [60_000], 1), foo);
      },
      drainMs === undefined ? {} : { drainMs },
    );
    expect([texts, ended]).toEqual([[ok], 1]);
    expect(ms).toBeGreaterThan(most - 1);
    expect(ms).toBeLessThan(most + 250);
  });

  test("with nothing to do takes no time", () => {
    const [texts, ms] = ending(function* (client) {
      yield* client.send(foo);
    });
    expect(texts).toEqual([ok]);
    expect(ms).toBeLessThan(5);
  });

  test("completes a batch of which a part is still to be begun", () => {
    for (const quantum of [1, 2, 3, 32]) {
      const { value } = world(
        function* (world) {
          const client = yield* world.connect();
          const elements = Array.from({ length: 60 }, (_, id) => request(id % 2 === 0 ? "foo" : "nap", [50], id));
          yield* client.send(`[${elements.join()}]`);
          while (world.counters.requests < 20) yield; // the 60 take some turns
          const [texts] = yield* shutdownNow(world, client);
          return texts;
        },
        { methods, limits: { maxInFlight: 20 }, quantum },
      );
      expect(value.length).toBe(1);
      const answers: { id: number; result?: string; error?: { code: number } }[] = JSON.parse(value[0] ?? "");
      expect(answers.map(({ id }) => id)).toEqual(Array.from({ length: 60 }, (_, id) => id));
      expect(answers.filter(({ result, error }) => result !== "ok" && error?.code !== -32800)).toEqual([]);
    }
  });

  function* shutdownNow(world: World, client: Client): Program<[string[]]> {
    if (world.server === undefined) throw new Error("no server");
    yield* new CancelTask(world.server, "shutdown");
    return [yield* client.rest()];
  }

  test("cuts off clients that do not read, and says nothing of it", () => {
    const { value } = world(
      function* (world) {
        const clients = [yield* world.connect(), yield* world.connect()];
        for (const client of clients) yield* client.send(request("big", undefined, 1), request("nap", [60_000], 2));
        yield* new Sleep(10);
        const since = yield* new GetTime();
        if (world.server === undefined) throw new Error("no server");
        yield* new CancelTask(world.server, "shutdown");
        const exit = yield* new WaitTask(world.server);
        return [exit.status, (yield* new GetTime()) - since < 3_250];
      },
      { methods },
    );
    // Cancelled, and not anything else that went wrong on the way.
    expect(value).toEqual(["killed", true]);
  });

  test("at any moment of a busy server ends it within its time", () => {
    for (let seed = 1; seed <= 15; seed++) {
      const { value } = world(
        function* (world) {
          const clients = [];
          for (let i = 0; i < 6; i++) clients.push(yield* world.connect());
          for (const client of clients) {
            yield* client.send(...Array(10).fill(request("nap", [seed * 7], 1)), request("big", undefined, 2), foo);
          }
          if (clients[5] !== undefined) yield* new Reset(clients[5].connection);
          yield* new Sleep(seed / 10);
          const since = yield* new GetTime();
          if (world.server === undefined) throw new Error("no server");
          yield* new CancelTask(world.server, "shutdown");
          const { status } = yield* new WaitTask(world.server);
          return [status, (yield* new GetTime()) - since <= 3_250];
        },
        { methods, seed, quantum: 1 + (seed % 5) },
      );
      expect(value).toEqual(["killed", true]);
    }
  });
});
