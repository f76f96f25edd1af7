// Channels under everything that can end a task or a part of it, at whichever turn and in any order of turns; and beside
// a model of what a channel is.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CancelTask,
  Channel,
  GetRandom,
  KillTask,
  NewTask,
  type Program,
  routine,
  Select,
  Sleep,
  type Tid,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import { run } from "../kit/index.ts";
import { receiving, sending, shuffled } from "./channels.ts";

describe("no item is lost, none is received twice", () => {
  // What was sent is what was received and what is left. An item whose sender or receiver was ended is in one of the two.
  const patient = routine(function* patient(
    channel: Channel<number>,
    items: readonly number[],
    sent: Set<number>,
  ): Program<void> {
    for (const item of items) {
      yield* channel.send(item);
      sent.add(item);
    }
  });
  const hasty = routine(function* hasty(
    channel: Channel<number>,
    items: readonly number[],
    sent: Set<number>,
  ): Program<void> {
    for (const item of items) {
      const { key } = yield* new Select({ sent: channel.send(item), idle: new Sleep(yield* new GetRandom()) });
      if (key === "sent") sent.add(item);
    }
  });
  const taker = routine(function* taker(
    channel: Channel<number>,
    other: Channel<number>,
    got: number[],
  ): Program<void> {
    for (;;) {
      try {
        got.push(yield* new Timeout(yield* new GetRandom(), channel.receive()));
      } catch {
        const first = yield* new Select({ item: channel.next(), other: other.next(), idle: new Sleep(1) });
        if (first.key === "item" && !first.value.done) got.push(first.value.value);
      }
    }
  });

  function* fight(capacity: number): Program<{ sent: number[]; got: number[] }> {
    const [channel, other] = [new Channel<number>({ capacity }), new Channel<number>()];
    const sent = new Set<number>();
    const [got, tids]: [number[], Tid[]] = [[], []];
    const items = (n: number): number[] => Array.from({ length: 12 }, (_, i) => 100 * n + i);
    for (let n = 1; n <= 6; n++) {
      tids.push(yield* new NewTask(n % 2 === 0 ? patient(channel, items(n), sent) : hasty(channel, items(n), sent)));
      tids.push(yield* new NewTask(taker(channel, other, got)));
    }
    for (let n = 0; n < 9; n++) {
      const laps = Math.floor(12 * (yield* new GetRandom()));
      for (let lap = 0; lap < laps; lap++) yield;
      const tid = tids[Math.floor(tids.length * (yield* new GetRandom()))] as Tid; // inside
      yield* n % 3 === 0 ? new CancelTask(tid) : new KillTask(tid);
    }
    yield* new Sleep(40);
    for (const tid of tids) yield* new KillTask(tid);
    for (const tid of tids) yield* new WaitTask(tid);
    return { sent: [...sent], got: [...got, ...channel.drain()] };
  }

  test.each([0, 1, 4])(
    "under kills, cancels, deadlines and lost selects, in any order of turns (capacity %i)",
    (capacity) => {
      for (let seed = 1; seed <= 30; seed++) {
        const { sent, got } = shuffled(seed, seed % 3 === 0 ? 32 : 1, () => fight(capacity));
        expect(new Set(got).size, `seed ${seed}: received twice`).toBe(got.length);
        // A sender that is killed just as its send is answered never notes it.
        expect(
          sent.filter((item) => !got.includes(item)),
          `seed ${seed}: lost`,
        ).toEqual([]);
        for (let n = 1; n <= 6; n++)
          expect(got.filter((item) => Math.floor(item / 100) === n).length).toBeLessThanOrEqual(12);
      }
    },
  );

  test.each(["sender", "receiver"])("a %s killed at whichever turn takes nothing with it that was sent", (who) => {
    for (const capacity of [0, 1, 2]) {
      for (let laps = 0; laps < 24; laps++) {
        const sent: number[] = [];
        const { value } = run(
          function* () {
            const channel = new Channel<number>({ capacity });
            const got: number[] = [];
            const sender = yield* new NewTask(sending(channel, [1, 2, 3, 4, 5], sent));
            const receiver = yield* new NewTask(receiving(channel, got));
            for (let lap = 0; lap < laps; lap++) yield;
            yield* new KillTask(who === "sender" ? sender : receiver);
            yield* new WaitTask(who === "sender" ? sender : receiver);
            const heir = yield* new NewTask(receiving(channel, got));
            yield* new Sleep(1);
            channel.close();
            yield* new WaitTask(heir);
            return got;
          },
          { quantum: 1 },
        );
        expect(value, `capacity ${capacity}, after ${laps} laps`).toEqual([1, 2, 3, 4, 5].slice(0, value.length));
        expect(value.length).toBeGreaterThanOrEqual(who === "sender" ? sent.length : 5);
      }
    }
  });
});

describe("a channel beside a model of it", () => {
  type Step = { do: "send" } | { do: "receive" } | { do: "close" } | { do: "drain" } | { do: "kill"; nth: number };
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom<Step>({ do: "send" }, { do: "receive" }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("kill" as const), nth: fc.nat({ max: 9 }) }) },
      { weight: 1, arbitrary: fc.constantFrom<Step>({ do: "close" }, { do: "drain" }) },
    ),
    { maxLength: 40 },
  );

  /** What each request comes to, by its number; those that wait, and those killed while they did, come to nothing. */
  function expected(script: readonly Step[], capacity: number): Map<number, unknown> {
    const ends = new Map<number, unknown>();
    const [items, senders, receivers]: [number[], number[], number[]] = [[], [], []];
    let closed = false;
    for (const [n, step] of script.entries()) {
      if (step.do === "send") {
        const receiver = receivers.shift();
        if (closed) ends.set(n, "EPIPE");
        else if (receiver !== undefined) ends.set(receiver, n).set(n, "sent");
        else if (items.length < capacity) ends.set(n, "sent") && items.push(n);
        else senders.push(n);
      } else if (step.do === "receive" || step.do === "drain") {
        for (let again = true; again; again = step.do === "drain") {
          if (items.length === 0 && senders.length === 0) {
            if (step.do === "receive") closed ? ends.set(n, "end") : receivers.push(n);
            break;
          }
          const sender = senders.shift();
          if (sender !== undefined) ends.set(sender, "sent") && items.push(sender);
          const item = items.shift();
          if (step.do === "receive") ends.set(n, item);
        }
      } else if (step.do === "close") {
        closed = true;
        for (const sender of senders.splice(0)) ends.set(sender, "EPIPE");
        for (const receiver of receivers.splice(0)) ends.set(receiver, "end");
      } else {
        for (const waiting of [senders, receivers])
          if (waiting.includes(step.nth)) waiting.splice(waiting.indexOf(step.nth), 1);
      }
    }
    return ends;
  }

  function* played(script: readonly Step[], capacity: number): Program<Map<number, unknown>> {
    const channel = new Channel<number>({ capacity });
    const ends = new Map<number, unknown>();
    const tids = new Map<number, Tid>();
    function* request(n: number, what: "send" | "receive"): Program<void> {
      try {
        const next = what === "send" ? yield* channel.send(n) : yield* channel.next();
        ends.set(n, next === undefined ? "sent" : next.done ? "end" : next.value);
      } catch (error) {
        ends.set(n, (error as { code: string }).code); // a SyscallError
      }
    }
    for (const [n, step] of script.entries()) {
      if (step.do === "send" || step.do === "receive") tids.set(n, yield* new NewTask(request(n, step.do)));
      else if (step.do === "close") channel.close();
      else if (step.do === "drain") channel.drain();
      else if (tids.has(step.nth)) yield* new KillTask(tids.get(step.nth) as Tid); // it has
      yield* new Sleep(1);
    }
    for (const tid of tids.values()) yield* new KillTask(tid);
    return ends;
  }

  test.each([0, 1, 3])("comes to the same (capacity %i)", (capacity) => {
    fc.assert(
      fc.property(steps, fc.constantFrom(1, 32), (script, quantum) => {
        const { value } = run(played(script, capacity), { quantum });
        expect([...value].sort()).toEqual([...expected(script, capacity)].sort());
      }),
      { numRuns: 300 },
    );
  });
});
