// Back-pressure and its dangers: whoever sends more than is answered is held back, and nobody else is; two peers that
// hold each other back still get on; and a client that is held back can still cancel, answer, and go.

import { describe, expect, test } from "vitest";
import { methods as echoMethods } from "../../../apps/echo.ts";
import { type Methods, methodTable, type Peer, type RpcCounters } from "../../../apps/rpc/index.ts";
import { type Program, routine, type Tid } from "../../../kernel/syscall.ts";
import { GetTime, Join, ListTasks, NewTask, Park, Sleep, WaitQueue } from "../../../syscalls/index.ts";
import { errorText, request } from "./wire.ts";
import { type Client, Reset, world } from "./world.ts";

const forever = new WaitQueue("wait for", "what never comes");
const hang = routine(function* hang(): Program<void> {
  for (;;) yield* new Park(forever);
});

/** Calls `echo` so many times at once; gives how many bytes came back. */
const callAll = routine(function* callAll(peer: Peer, count: number, size: number): Program<number> {
  const tids: Tid<unknown>[] = [];
  for (let i = 0; i < count; i++) tids.push(yield* new NewTask(peer.call("echo", ["x".repeat(size)])));
  let bytes = 0;
  for (const tid of tids) bytes += (yield* new Join(tid as Tid<[string]>))[0].length; // echo gives params back
  return bytes;
});

describe("two peers that call each other with all they have", () => {
  test.each([
    [50, 100_000],
    [256, 3_000],
    [6, 1_000_000],
    [600, 10],
  ])("%i calls each way, of %i bytes, are all answered", (count, size) => {
    const callBack = methodTable({ callBack: (_, { peer }) => callAll(peer, count, size) });
    const { value, now } = world(
      function* (world) {
        const client = yield* world.peer("length", {}, echoMethods);
        const mine = yield* new NewTask(callAll(client.peer, count, size));
        const bytes = [yield* client.call("callBack"), yield* new Join(mine)];
        yield* client.close();
        return [...bytes, world.counters.timedOut, client.counters.timedOut];
      },
      { methods: new Map([...echoMethods, ...callBack]), checkEvery: 1_000 },
    );
    expect(value).toEqual([count * size, count * size, 0, 0]);
    expect(now).toBeLessThan(20_000); // no clock had to part them
  });
});

describe("a client that never reads", () => {
  /** Sends one thing over and over until the server has not taken any more of it for ten simulated seconds. */
  const flood = routine(function* flood(client: Client, bytes: Buffer, mostBytes: number): Program<number> {
    let sent = 0;
    for (let stalledMs = 0; stalledMs < 10_000 && sent < mostBytes; ) {
      const taken = client.connection.write(bytes);
      sent += taken;
      stalledMs = taken === 0 ? stalledMs + 1_000 : 0;
      if (taken === 0) yield* new Sleep(1_000);
    }
    return sent;
  });

  test.each([
    ["requests", `${request("echo", ["x".repeat(1000)], 1)}\n`],
    ["requests for what there is not", `${request("foobar", undefined, 1)}\n`],
    ["invalid messages", "{}\n"],
    ["broken texts", "{]\n"],
    ["batches of nothing", "[]\n"],
    ["batches of what is invalid", `[${Array(1000).fill("1").join()}]\n`],
    ["requests that it cancels", `${request("hang", undefined, 7)}\n${request("$/cancelRequest", { id: 7 })}\n`],
  ])("is not read from any more after some MiB of %s, and cut off in the end", (_, text) => {
    const { value } = world(
      function* (world) {
        const client = yield* world.connect();
        const sent = yield* flood(client, Buffer.from(text.repeat(Math.ceil(50_000 / text.length))), 30 * 1_048_576);
        const other = yield* world.connect();
        const beside = yield* other.settled();
        yield* new Sleep(40_000);
        const { timedOut, reset } = world.counters;
        return { heldBack: sent < 5 * 1_048_576, beside, timedOut, reset };
      },
      { methods: new Map([...echoMethods, ["hang", hang]]), checkEvery: 1_000 },
    );
    expect(value).toEqual({ heldBack: true, beside: [], timedOut: 1, reset: 0 });
  });
});

describe("a client that has filled its places with requests that never end", () => {
  const methods: Methods = new Map([...echoMethods, ["hang", hang]]);
  const limits = { maxInFlight: 4 };
  const hangs = (count: number): string[] => Array.from({ length: count }, (_, id) => request("hang", undefined, id));
  const hanging = routine(function* hanging(): Program<number> {
    return (yield* new ListTasks()).filter(({ name }) => name === "hang").length;
  });

  /** How many run before the client goes and after; how long that took, ms; and what was counted. */
  function afterwards(
    texts: readonly string[],
    leave: (client: Client) => Program<void>,
  ): [number[], number, RpcCounters] {
    const { value } = world(
      function* (world): Program<[number[], number, RpcCounters]> {
        const client = yield* world.connect();
        yield* client.send(...texts);
        yield* new Sleep(100);
        const before = yield* hanging();
        const since = yield* new GetTime();
        yield* leave(client);
        let left = yield* hanging();
        while (left > 0 && (yield* new GetTime()) - since < 120_000) {
          yield* new Sleep(100);
          left = yield* hanging();
        }
        return [[before, left], (yield* new GetTime()) - since, world.counters];
      },
      { methods, limits },
    );
    return value;
  }

  test.each([4, 5, 40])("and breaks off, takes all %i with it at once", (count) => {
    const [running, ms, { reset, cancelled }] = afterwards(hangs(count), function* (client) {
      yield* new Reset(client.connection);
    });
    expect(running).toEqual([4, 0]);
    expect(ms).toBeLessThan(1_000);
    expect([reset, cancelled]).toEqual([1, 4]);
  });

  test.each([4, 5, 40])("and ends, takes all %i with it when it does not read for thirty seconds", (count) => {
    const [running, ms] = afterwards(hangs(count), function* (client) {
      client.connection.close();
    });
    expect(running).toEqual([4, 0]);
    expect(ms).toBeLessThan(31_000);
  });

  test("and has sent more than is kept for it, is cut off in the end", () => {
    const more = Array.from({ length: 22 }, (_, id) => request("hang", ["x".repeat(50_000)], id));
    const [running, ms, { timedOut }] = afterwards([...hangs(4), ...more], function* (client) {
      yield* new Reset(client.connection);
    });
    expect(running).toEqual([4, 0]);
    expect(ms).toBeLessThan(31_000);
    expect(timedOut).toBe(1);
  });

  test("can cancel those that run and those that wait", () => {
    const { value } = world(
      function* (world) {
        const client = yield* world.connect();
        const cancels = [6, 2].map((id) => request("$/cancelRequest", { id }));
        yield* client.send(...hangs(7), request("foo", undefined, "last"), ...cancels);
        const first = yield* client.next();
        yield* client.send(...[0, 1, 3].map((id) => request("$/cancelRequest", { id })));
        const others = [];
        for (let left = 5; left > 0; left--) others.push(yield* client.next());
        return [first, others, yield* hanging(), world.counters.cancelled];
      },
      { methods, limits },
    );
    const cancelled = (id: number): string => errorText(-32800, "Request cancelled", String(id));
    expect(value).toEqual([
      cancelled(2),
      [cancelled(0), cancelled(1), cancelled(3), cancelled(6), '{"jsonrpc":"2.0","result":"ok","id":"last"}'],
      2,
      5,
    ]);
  });
});
