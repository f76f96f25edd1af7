// Ended in whatever waits, at any depth of routines: each frame runs its finally, innermost first, none goes on, and nothing
// of the wait is left. The kernel's own waits are in cases-kill; here is the rest of what needs no outside.

import { describe, expect, test } from "vitest";
import {
  All,
  Any,
  Barrier,
  Broadcast,
  Channel,
  Condition,
  Event,
  Every,
  Group,
  Latch,
  Lock,
  type Members,
  Monitor,
  MoveOn,
  NewTask,
  PriorityQueue,
  type Program,
  Queue,
  Race,
  Receive,
  RLock,
  type Runnable,
  routine,
  Select,
  Semaphore,
  Shield,
  Sleep,
  SleepUntil,
  Supervise,
  Timeout,
  WaitSignal,
} from "../../apps/index.ts";
import type { Call } from "../../kernel/index.ts";
import { run } from "../kit/index.ts";
import { body, never } from "./members.ts";
import { Custom, endOf, sleeper } from "./programs.ts";

/** Something to wait in for ever, with what is left of the wait when it is over. */
interface Place {
  readonly wait: () => Runnable<unknown>;
  readonly left?: () => unknown;
}

const places: Record<string, () => Place> = {
  SleepUntil: () => ({ wait: () => new SleepUntil(never) }),
  "a tick": () => {
    const every = new Every(1_000);
    return { wait: () => every.next() };
  },
  WaitSignal: () => ({ wait: () => new WaitSignal("HUP") }),
  "a message": () => ({ wait: () => new Receive() }),
  "a monitored end": () => ({ wait: () => monitoring(new Monitor()) }),
  "an event": () => {
    const event = new Event();
    return { wait: () => event.wait() };
  },
  "a latch": () => {
    const latch = new Latch(1);
    return { wait: () => latch.wait() };
  },
  "a barrier": () => {
    const barrier = new Barrier(2);
    return { wait: () => barrier.wait(), left: () => barrier.waiting };
  },
  "a semaphore": () => {
    const semaphore = new Semaphore(2, { max: 3 });
    return { wait: () => semaphore.acquire(3), left: () => semaphore.line.size + semaphore.free - 2 };
  },
  "a hold of a semaphore": () => {
    const semaphore = new Semaphore(1);
    return { wait: () => semaphore.hold(new Sleep(never)), left: () => 1 - semaphore.free };
  },
  "a hold of a lock": () => {
    const lock = new Lock();
    return { wait: () => lock.hold(new Sleep(never)), left: () => lock.owner ?? 0 };
  },
  "a hold of an rlock, twice": () => {
    const lock = new RLock();
    return { wait: () => lock.hold(lock.hold(new Sleep(never))), left: () => lock.owner ?? 0 };
  },
  "a condition": () => {
    const condition = new Condition();
    const left = (): number => condition.line.size + (condition.lock.owner ?? 0);
    return { wait: () => condition.lock.hold(condition.wait()), left };
  },
  "a condition, for a time": () => {
    const condition = new Condition();
    const left = (): number => condition.line.size + (condition.lock.owner ?? 0);
    return { wait: () => condition.lock.hold(condition.waitFor(() => false, 9_999)), left };
  },
  "a send": () => {
    const channel = new Channel<number>();
    return { wait: () => channel.send(1), left: () => channel.senders.size };
  },
  "a receive": () => {
    const channel = new Channel<number>({ capacity: 1 });
    return { wait: () => channel.receive(), left: () => channel.receivers.size };
  },
  "a next": () => {
    const channel = new PriorityQueue<number>({ rank: Number });
    return { wait: () => channel.next(), left: () => channel.receivers.size };
  },
  "a join of a queue": () => {
    const queue = new Queue<number>();
    queue.trySend(1);
    return { wait: () => queue.join() };
  },
  "a broadcast": () => {
    const broadcast = new Broadcast<number>();
    return { wait: () => reading(broadcast), left: () => broadcast.size };
  },
  "a select of many": () => {
    const channel = new Channel<number>();
    const wait = (): Runnable<unknown> =>
      new Select({
        send: channel.send(1),
        receive: channel.receive(),
        letter: new Receive(),
        tick: new Every(99).next(),
      });
    return { wait, left: () => channel.senders.size + channel.receivers.size };
  },
  "a MoveOn in a Timeout": () => ({ wait: () => new Timeout(9_999, new MoveOn(999, new Sleep(never))) }),
  "a group, in its body": () => ({ wait: () => body(() => waitingWith()) }),
  "a group, for its members": () => ({ wait: () => body((members) => leaving(members)) }),
  "a group, for a place": () => ({ wait: () => new Group((members) => crowding(members), { limit: 1 }) }),
  "a group, for a start": () => ({ wait: () => body((members) => starting(members)) }),
  All: () => ({ wait: () => new All([new Sleep(never), new Sleep(never)]) }),
  Any: () => ({ wait: () => new Any([new Sleep(never), new Sleep(never)]) }),
  Race: () => ({ wait: () => new Race([new Sleep(never), new Sleep(never)]) }),
  Supervise: () => ({ wait: () => new Supervise({ one: () => new Sleep(never), other: () => new Sleep(never) }) }),
};

function* monitoring(monitor: Monitor): Program<void> {
  yield* monitor.add(yield* new NewTask(sleeper([])));
  yield* monitor.next();
}

function* reading(broadcast: Broadcast<number>): Program<void> {
  const subscription = yield* broadcast.subscribe();
  yield* subscription.next();
}

function* waitingWith(): Program<void> {
  yield* new Sleep(never);
}

function* leaving(members: Members): Program<void> {
  yield* members.spawn(new Sleep(never));
}

function* crowding(members: Members): Program<void> {
  yield* members.spawn(new Sleep(never));
  yield* members.spawn(new Sleep(never));
}

function* starting(members: Members): Program<void> {
  yield* members.start(() => new Sleep(never));
}

/** A routine that calls itself, and waits at the bottom. */
const nest: (depth: number, log: string[], wait: () => Runnable<unknown>) => Call<void> = routine(
  function* nestTo(depth, log, wait): Program<void> {
    try {
      yield* (depth === 0 ? wait() : nest(depth - 1, log, wait)) as Call<void>; // its value is nobody's
      log.push(`${depth} goes on`);
    } finally {
      log.push(`finally ${depth}`);
    }
  },
);

const depths = [0, 1, 2, 3, 4, 5];

describe.each(Object.entries(places))("in %s", (_name, make) => {
  test.each(["kill", "cancel"] as const)("by a %s, at depths 0 to 5", (how) => {
    for (const depth of depths) {
      const place = make();
      const log: string[] = [];
      const { value } = run(function* () {
        const exit = yield* endOf(nest(depth, log, place.wait), how);
        return { status: exit.status, timers: yield* new Custom(({ kernel }) => kernel.timers.size) };
      });
      expect({ depth, ...value, left: place.left?.() ?? 0, log }).toEqual({
        depth,
        status: "killed", // a cancel that nobody catches ends a task as one that was killed
        timers: 0,
        left: 0,
        log: Array.from({ length: depth + 1 }, (_, level) => `finally ${level}`),
      });
    }
  });

  test("by a deadline, in a shield whose own it is, at depths 0 to 5", () => {
    for (const depth of depths) {
      const place = make();
      const log: string[] = [];
      const { value } = run(function* () {
        const { done } = yield* new Shield(new MoveOn(1, nest(depth, log, place.wait)));
        return { done, timers: yield* new Custom(({ kernel }) => kernel.timers.size) };
      });
      expect({ depth, ...value, left: place.left?.() ?? 0, log }).toEqual({
        depth,
        done: false,
        timers: 0,
        left: 0,
        log: Array.from({ length: depth + 1 }, (_, level) => `finally ${level}`),
      });
    }
  });
});
