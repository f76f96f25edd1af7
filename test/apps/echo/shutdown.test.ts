// A server that is asked to end, on simulated time: it accepts nobody, lets what runs come to its end for a while, and
// is over by then, whatever its clients do.

import { describe, expect, test } from "vitest";
import { type Methods, methodTable, RpcCounters } from "../../../apps/rpc/index.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import { CancelTask, GetTime, KillTask, NewTask, Sleep, WaitTask } from "../../../syscalls/index.ts";
import { request } from "./wire.ts";
import { type Client, Reset, type World, world } from "./world.ts";

const foo = request("foo", undefined, 1);
const ok = '{"jsonrpc":"2.0","result":"ok","id":1}';

const goesOnAsking = routine(function* goesOnAsking(client: Client): Program<never> {
  for (;;) {
    yield* new Sleep(1);
    yield* client.send(foo);
  }
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

  test("waits for what a client asked that has ended its side", () => {
    const [texts, ms] = ending(function* (client) {
      yield* client.send(request("nap", [2_900], 1));
      client.connection.shutdown();
    });
    expect([texts, ended]).toEqual([[ok], 1]);
    expect(ms).toBeLessThan(2_900);
  });

  test("answers whole a client that goes on asking", () => {
    const { value, counters } = goingOn(methods);
    expect(value).toEqual([ok]);
    expect(counters.reset).toBe(0);
  });

  test("accepts nobody any more", () => {
    const { value } = world(
      function* (world) {
        const client = yield* world.connect();
        yield* client.send(request("nap", [1_000], 1));
        yield* new Sleep(10);
        if (world.server === undefined) throw new Error("no server");
        yield* new CancelTask(world.server, "shutdown");
        yield;
        let refused: unknown;
        try {
          yield* world.connect();
        } catch (error) {
          refused = error;
        }
        return [refused, yield* client.rest()];
      },
      { methods },
    );
    expect(value).toEqual([expect.objectContaining({ code: "ECONNREFUSED" }), [ok]]);
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

  /** What a client hears that sends a request each millisecond while a shutdown waits for its first. */
  function goingOn(methods: Methods): { value: string[]; counters: RpcCounters } {
    let counters = new RpcCounters();
    const { value } = world(
      function* (world) {
        counters = world.counters;
        const client = yield* world.connect();
        yield* client.send(request("nap", [100], 1));
        yield* new Sleep(10);
        const asking = yield* new NewTask(goesOnAsking(client));
        const [texts] = yield* shutdownNow(world, client);
        yield* new KillTask(asking);
        client.connection.close();
        return texts;
      },
      { methods },
    );
    return { value, counters };
  }

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
