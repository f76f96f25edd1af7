// The connections of a server: who comes when all places are taken, who leaves before it was seen, and what is left of
// them all (every test of `world` ends with the count of what is left).

import { describe, expect, test } from "vitest";
import { sendAll } from "../../../apps/lib/index.ts";
import { methodTable, serve } from "../../../apps/rpc/index.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import {
  CancelTask,
  Connect,
  GetTime,
  Join,
  KillTask,
  Listen,
  ListTasks,
  NewTask,
  Park,
  Sleep,
  Timeout,
  WaitQueue,
  WaitTask,
} from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";
import { request } from "./wire.ts";
import { type Client, Reset, type World, world } from "./world.ts";

const ok = '{"jsonrpc":"2.0","result":"ok","id":1}';
const foo = request("foo", undefined, 1);

test.each([KillTask, CancelTask])("%o of a server leaves no task, at whatever moment", (End) => {
  for (let laps = 0; laps < 60; laps++) {
    const left = run(
      function* () {
        const listener = yield* new Listen({ port: 7000 });
        yield* sendAll(yield* new Connect(listener.address), Buffer.from(`${foo}\n`));
        yield* new Sleep(10);
        const server = yield* new NewTask(serve(listener, methodTable({ foo: () => "ok" })), "server");
        for (let lap = 0; lap < laps; lap++) yield;
        yield* new End(server);
        yield* new WaitTask(server);
        yield* new Sleep(10);
        return (yield* new ListTasks()).length - 1;
      },
      { quantum: 1 },
    ).value;
    expect([laps, left]).toEqual([laps, 0]);
  }
});

describe("when every connection that there may be is open", () => {
  function* connected(world: World, count: number): Program<Client[]> {
    const clients = [];
    for (let i = 0; i < count; i++) clients.push(yield* world.connect());
    return clients;
  }

  test("the silent ones make room, oldest first, and those that have spoken stay", () => {
    const { value } = world(
      function* (world) {
        const [speaker, ...silent] = yield* connected(world, 4);
        if (speaker === undefined) throw new Error("no client");
        expect(yield* speaker.settled()).toEqual([]);
        const since = yield* new GetTime();
        const late = yield* connected(world, 2);
        for (const client of late) yield* client.send(foo);
        const answers = [];
        for (const client of late) answers.push(yield* client.next());
        const tookMs = (yield* new GetTime()) - since;
        const ended = [];
        for (const client of silent) ended.push((yield* within(client.rest())) !== undefined);
        return [answers, tookMs < 300, ended, yield* speaker.settled(), world.counters.timedOut];
      },
      { limits: { maxConnections: 4 } },
    );
    expect(value).toEqual([[ok, ok], true, [true, true, false], [], 2]);
  });

  test("the only one makes room, if it is silent", () => {
    const { value } = world(
      function* (world) {
        const silent = yield* world.connect();
        const late = yield* world.connect();
        yield* late.send(foo);
        return [yield* new Timeout(1_000, late.next()), yield* silent.rest()];
      },
      { limits: { maxConnections: 1 } },
    );
    expect(value).toEqual([ok, []]);
  });

  test("silent ones stay as long as nobody waits", () => {
    const { value } = world(
      function* (world) {
        const clients = yield* connected(world, 4);
        yield* new Sleep(9_000);
        const answers = [];
        for (const client of clients) {
          yield* client.send(foo);
          answers.push(yield* client.next());
        }
        return [answers, world.counters.timedOut];
      },
      { limits: { maxConnections: 4 } },
    );
    expect(value).toEqual([[ok, ok, ok, ok], 0]);
  });

  test("ten thousand silent ones keep nobody out", () => {
    const { value } = world(
      function* (world) {
        yield* connected(world, 10_000);
        const since = yield* new GetTime();
        const client = yield* world.connect();
        yield* client.send(foo);
        return [yield* client.next(), (yield* new GetTime()) - since < 1_000, world.counters.connections > 1_024];
      },
      { check: false },
    );
    expect(value).toEqual([ok, true, true]);
  });

  test("a crowd that speaks is served to the last, each in its turn", () => {
    const { value } = world(
      function* (world) {
        const tids = [];
        for (let i = 0; i < 50; i++) tids.push(yield* new NewTask(visit(world)));
        const answers = [];
        for (const tid of tids) answers.push(yield* new Join(tid));
        return [answers, world.counters.timedOut, world.counters.connections];
      },
      { limits: { maxConnections: 4 } },
    );
    expect(value).toEqual([Array(50).fill(ok), 0, 50]);
  });
});

const within = routine(function* within(program: Program<unknown> | ReturnType<Client["rest"]>): Program<unknown> {
  try {
    return yield* new Timeout(100, program);
  } catch {
    return undefined;
  }
});

/** A client that comes, asks a moment later, and goes. */
const visit = routine(function* visit(world: World): Program<string | undefined> {
  const client = yield* world.connect();
  yield* new Sleep(20);
  yield* client.send(foo);
  const answer = yield* client.next();
  client.connection.close();
  return answer;
});

describe("connections that end at any moment", () => {
  test.each([1, 2, 5, 9, 32])("give their places back, with %i traps a turn", (quantum) => {
    for (let seed = 1; seed <= 6; seed++) {
      const { value } = world(
        function* (world) {
          for (let i = 0; i < 24; i++) {
            const client = yield* world.connect();
            if (i % 3 !== 0) yield* client.send(foo, request("nap", [], 2));
            if (i % 4 === 0) yield* new Sleep(i / 20);
            if (i % 2 === 0) yield* new Reset(client.connection);
            else client.connection.close();
          }
          yield* new Sleep(31_000);
          const clients = [];
          for (let i = 0; i < 3; i++) clients.push(yield* world.connect());
          const answers = [];
          for (const client of clients) {
            yield* client.send(foo);
            answers.push(yield* client.next());
          }
          return [answers, world.counters.connections <= 27];
        },
        { limits: { maxConnections: 3 }, methods, quantum, seed, latencyMs: [0, 0.01] },
      );
      expect(value).toEqual([[ok, ok, ok], true]);
    }
  });

  test.each([8, 19, 32])("before they were accepted, with %i traps a turn", (quantum) => {
    const { value } = world(
      function* (world) {
        const speakers = [];
        for (let i = 0; i < 40; i++) speakers.push(yield* world.connect());
        for (const speaker of speakers) yield* speaker.settled();
        for (let i = 0; i < 60; i++) yield* new Reset((yield* world.connect()).connection);
        yield* new Sleep(10);
        for (const speaker of speakers) speaker.connection.close();
        yield* new Sleep(10);
        const late = yield* world.connect();
        yield* late.send(foo);
        return [yield* late.next(), world.counters.connections, world.counters.reset];
      },
      { limits: { maxConnections: 40 }, quantum },
    );
    expect(value).toEqual([ok, 101, 60]);
  });

  const methods = methodTable({ foo: () => "ok", nap: () => new Sleep(1) });
});

describe("a server that is killed", () => {
  const forever = new WaitQueue("wait for", "what never comes");
  let begun = 0;
  let ended = 0;
  const hang = routine(function* hang(): Program<void> {
    begun++;
    try {
      for (;;) yield* new Park(forever);
    } finally {
      ended++;
    }
  });

  test("at any moment takes its connections and their requests with it", () => {
    begun = ended = 0;
    for (let moment = 0; moment < 60; moment++) {
      world(
        function* (world) {
          for (let i = 0; i < 3; i++) yield* (yield* world.connect()).send(...Array(4).fill(request("hang", [], 1)));
          while (world.counters.connections < 1) yield;
          for (let laps = 0; laps < moment; laps++) yield;
          if (world.server !== undefined) yield* new KillTask(world.server);
          if (world.server !== undefined) yield* new WaitTask(world.server);
        },
        { methods: methodTable({ hang: () => hang() }), quantum: 1 + (moment % 4) },
      );
    }
    expect(begun).toBeGreaterThan(100);
    expect(ended).toBe(begun);
  });
});

describe("where there are too few tasks", () => {
  test("a server outlives it, and serves again when there are some", () => {
    const { value } = world(
      function* (world) {
        const clients: Client[] = [];
        for (let i = 0; i < 6; i++) clients.push(yield* world.connect());
        const answers = [];
        for (const client of clients) answers.push(yield* asked(client));
        for (const client of clients) client.connection.close();
        yield* new Sleep(1_000);
        return [answers.filter((answer) => answer === ok).length, yield* (yield* world.connect()).settled()];
      },
      // The test itself, the server, and two for each of three connections.
      { kernel: { tasks: 8 } },
    );
    expect(value).toEqual([3, []]);
  });

  test("a request is refused, and the connection goes on", () => {
    const { value } = world(
      function* (world) {
        const client = yield* world.connect();
        const nap = (id: number): string => request("nap", undefined, id);
        yield* client.send(nap(1), nap(2), nap(3));
        const answers = [yield* client.next(), yield* client.next(), yield* client.next()];
        yield* client.send(nap(4));
        return [...answers, yield* client.next()].map((answer) => JSON.parse(answer ?? "").error?.code ?? "served");
      },
      { kernel: { tasks: 6 }, methods: methodTable({ nap: () => new Sleep(10) }) },
    );
    expect(value).toEqual([-32000, "served", "served", "served"]);
  });

  /** The answer, or how the connection ended. */
  const asked = routine(function* asked(client: Client): Program<string | undefined> {
    try {
      yield* client.send(foo);
      return yield* client.next();
    } catch (error) {
      return String(error);
    }
  });
});
