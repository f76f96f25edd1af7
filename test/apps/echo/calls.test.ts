// The client side of a peer: what its calls give, what they throw, and what goes over the wire when they are given up.

import { describe, expect, test } from "vitest";
import { methods as echoMethods } from "../../../apps/echo.ts";
import { methodTable, RpcError } from "../../../apps/rpc/index.ts";
import type { SyscallError } from "../../../kernel/errors.ts";
import { type Program, type Runnable, routine } from "../../../kernel/syscall.ts";
import { GetTime, Join, KillTask, NewTask, Sleep, Timeout } from "../../../syscalls/index.ts";
import { thrownBy } from "./thrown-by.ts";
import { framings } from "./wire.ts";
import { world } from "./world.ts";

describe("a call", () => {
  test.each(framings)("over %s gives the result, or throws the other end's error", (framing) => {
    const fails = methodTable({
      fails: () => {
        throw new RpcError(7, "seven", ["data"]);
      },
    });
    const { value } = world(
      function* (world) {
        const client = yield* world.peer(framing);
        const got = [
          yield* client.call("subtract", [42, 23]),
          yield* client.call("get_data"),
          yield* client.call("update", {}),
        ];
        const errors = [yield* thrownBy(client.call("fails")), yield* thrownBy(client.call("foobar", []))];
        yield* client.close();
        return { got, errors };
      },
      { methods: new Map([...echoMethods, ...fails]) },
    );
    expect(value.got).toEqual([19, ["hello", 5], null]);
    expect(value.errors).toEqual([new RpcError(7, "seven", ["data"]), new RpcError(-32601)]);
    expect(value.errors).toMatchObject([
      { code: 7, data: ["data"] },
      { code: -32601, data: undefined },
    ]);
  });

  test("with params that cannot be sent throws and sends nothing", () => {
    const { value } = world(function* (world) {
      const client = yield* world.peer("lines");
      const errors = [];
      for (const params of [null, 7, "text", true, [1n]]) errors.push(yield* thrownBy(client.call("echo", params)));
      errors.push(yield* thrownBy(client.peer.notify("echo", "text")));
      errors.push(yield* thrownBy(client.peer.batch([{ method: "echo", params: 7 }])));
      const sum = yield* client.call("sum", [1, 2]);
      yield* client.close();
      return { errors, sum, requests: world.counters.requests };
    });
    expect(value.errors.every((error) => error instanceof TypeError)).toBe(true);
    expect([value.sum, value.requests]).toEqual([3, 1]);
  });

  test("of maxFrameBytes is sent; a larger one throws EMSGSIZE and the connection goes on", () => {
    const maxFrameBytes = 300;
    const envelope = Buffer.byteLength('{"jsonrpc":"2.0","method":"sum","params":[""],"id":1}');
    const { value } = world(
      function* (world) {
        const client = yield* world.peer("headers", { maxFrameBytes });
        const params = (bytes: number): string[] => ["x".repeat(bytes - envelope)];
        const thrown = [yield* thrownBy(client.call("sum", params(300)))];
        thrown.push(yield* thrownBy(client.call("sum", params(301))));
        thrown.push(yield* thrownBy(client.peer.notify("sum", params(500))));
        thrown.push(yield* thrownBy(client.peer.batch([{ method: "sum", params: params(500) }])));
        const foo = yield* client.call("foo");
        yield* client.close();
        return [thrown.map((error) => (error as SyscallError).code), foo, world.counters.requests]; // all are errors
      },
      { limits: { maxFrameBytes } },
    );
    expect(value).toEqual([[-32602, "EMSGSIZE", "EMSGSIZE", "EMSGSIZE"], "ok", 2]);
  });

  test("waits while as many as maxInFlight are not answered", () => {
    let most = 0;
    let running = 0;
    const nap = routine(function* nap(): Program<void> {
      most = Math.max(most, ++running);
      yield* new Sleep(100);
      running--;
    });
    const { value } = world(
      function* (world) {
        const client = yield* world.peer("lines", { maxInFlight: 3 });
        const since = yield* new GetTime();
        const tids = [];
        for (let i = 0; i < 7; i++) tids.push(yield* new NewTask(client.call("nap")));
        tids.push(yield* new NewTask(client.peer.batch([{ method: "nap" }, { method: "nap" }])));
        for (const tid of tids) yield* new Join<unknown>(tid);
        const tookMs = (yield* new GetTime()) - since;
        yield* client.close();
        return Math.floor(tookMs / 100);
      },
      { methods: methodTable({ nap: () => nap() }) },
    );
    expect([value, most]).toEqual([3, 3]);
  });

  test.each([
    ["a deadline", (call: Runnable<unknown>) => new Timeout(100, call), { code: "ETIMEDOUT" }],
    ["a kill", (call: Runnable<unknown>) => killed(call), { code: "ECANCELED" }],
  ])("given up by %s ends the request at the other end", (_, giveUp, error) => {
    let ended = 0;
    const work = routine(function* work(): Program<void> {
      try {
        yield* new Sleep(60_000);
      } finally {
        ended++;
      }
    });
    const { value } = world(
      function* (world) {
        const client = yield* world.peer("length");
        const thrown = yield* thrownBy(giveUp(client.call("work")));
        yield* new Sleep(10);
        const foo = yield* client.call("foo");
        const { cancelled, notifications } = world.counters;
        yield* client.close();
        return [thrown, foo, ended, cancelled, notifications, client.counters.strayResponses];
      },
      { methods: methodTable({ work: () => work(), foo: () => "ok" }) },
    );
    // The other end still says that it was cancelled.
    expect(value).toEqual([expect.objectContaining(error), "ok", 1, 1, 1, 1]);
  });

  const killed = routine(function* killed(call: Runnable<unknown>): Program<unknown> {
    const tid = yield* new NewTask(call);
    yield* new Sleep(100);
    yield* new KillTask(tid);
    return yield* new Join(tid);
  });
});

test("a notification reaches its method and has no answer", () => {
  const seen: unknown[] = [];
  const { value } = world(
    function* (world) {
      const client = yield* world.peer("lines");
      yield* client.peer.notify("tell", [1]);
      yield* client.peer.notify("tell");
      yield* client.peer.notify("nobody");
      yield* client.call("foo");
      yield* client.close();
      return [client.counters.strayResponses, world.counters.notifications];
    },
    { methods: methodTable({ tell: (params) => seen.push(params), foo: () => "ok" }) },
  );
  expect([seen, value]).toEqual([
    [[1], undefined],
    [0, 3],
  ]);
});

describe("a batch", () => {
  test("gives an outcome for each call, in their order", () => {
    const { value } = world(function* (world) {
      const client = yield* world.peer("length");
      const calls = [{ method: "sum", params: [1, 2] }, { method: "foobar" }, { method: "heartbeat" }];
      const outcomes = yield* client.peer.batch(calls);
      yield* client.close();
      return [outcomes, world.counters.batches];
    });
    expect(value).toEqual([[{ result: 3 }, { error: new RpcError(-32601) }, { result: "ok" }], 1]);
  });

  test("has one call at least, and as many as may be in flight at most", () => {
    const { value } = world(function* (world) {
      const client = yield* world.peer("length");
      const of = (calls: number): Runnable<unknown> => client.peer.batch(Array(calls).fill({ method: "foo" }));
      const thrown = [yield* thrownBy(of(0)), yield* thrownBy(of(256)), yield* thrownBy(of(257))];
      yield* client.close();
      return thrown;
    });
    expect(value).toEqual([expect.any(RangeError), undefined, expect.any(RangeError)]);
  });

  test("with more in its answer than a frame may hold has errors where there is no room", () => {
    const { value } = world(
      function* (world) {
        const client = yield* world.peer("length");
        const calls = Array.from({ length: 20 }, (_, i) => ({ method: "big", params: [i] }));
        const outcomes = yield* client.peer.batch(calls);
        const foo = yield* client.call("foo");
        yield* client.close();
        return [
          outcomes.map((outcome) => ("error" in outcome ? outcome.error.message : String(outcome.result).length)),
          foo,
        ];
      },
      { methods: methodTable({ big: () => "x".repeat(100_000), foo: () => "ok" }) },
    );
    expect(value).toEqual([[...Array(10).fill(100_000), ...Array(10).fill("Internal error")], "ok"]);
  });
});
