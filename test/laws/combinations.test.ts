// Two or three pieces of vocabulary at once: each has its own laws elsewhere, and keeps them inside the others.

import { describe, expect, test } from "vitest";
import {
  All,
  CancelTask,
  Channel,
  Condition,
  GetTid,
  Group,
  Join,
  KillTask,
  Limit,
  Link,
  ListTasks,
  Lock,
  type Members,
  MoveOn,
  NewTask,
  Pledge,
  type Program,
  Receive,
  type Routine,
  type Runnable,
  routine,
  Select,
  Semaphore,
  SendSignal,
  SetPriority,
  Shield,
  Sleep,
  Supervise,
  type SyscallError,
  Tell,
  type Tid,
  Timeout,
  WaitSignal,
  WaitTask,
} from "../../apps/index.ts";
import type { Syscall } from "../../kernel/index.ts";
import { run } from "../kit/index.ts";
import { body, deaf, failing, never, slow, thrownBy } from "./members.ts";
import { codeOf, codeText, endOf } from "./programs.ts";

const ends = ["kill", "cancel"] as const;

/** Holds a lock for some time, and says when. */
const holding: Routine<[lock: Lock, ms: number, log?: string[], name?: string], void> = routine(function* holdFor(
  lock,
  ms,
  log = [],
  name = "holder",
) {
  try {
    yield* lock.hold(new Sleep(ms));
    log.push(`${name} held`);
  } finally {
    log.push(`${name} over, lock ${lock.owner === undefined ? "free" : `of ${lock.owner}`}`);
  }
});

describe("a lock", () => {
  test("whose hold is in a deadline: waited for in vain it is not held; held in vain it is released first", () => {
    const { value } = run(function* () {
      const lock = new Lock();
      const log: string[] = [];
      yield* new NewTask(holding(lock, 10));
      yield* new Sleep(1);
      const inVain = yield* codeOf(new Timeout(5, lock.hold(new Sleep(1))));
      const [owner, waiting] = [lock.owner, lock.ownership.line.size];
      yield* new Sleep(5);
      const tooLong = yield* codeOf(new Timeout(5, holding(lock, 50, log, "late")));
      return { inVain, owner, waiting, tooLong, log, after: lock.owner };
    });
    expect(value).toEqual({
      inVain: "ETIMEDOUT",
      owner: 2,
      waiting: 0,
      tooLong: "ETIMEDOUT",
      log: ["late over, lock free"],
      after: undefined,
    });
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "granted in the lap of a deadline, it is held or free, never both (seed %i)",
    (seed) => {
      const { value } = run(
        function* () {
          const lock = new Lock();
          const holder = yield* new NewTask(holding(lock, 5));
          yield; // so that it has it
          yield;
          const code = yield* codeOf(new Timeout(5, lock.hold(new Sleep(0))));
          yield* new WaitTask(holder);
          return [["", "ETIMEDOUT"].includes(code), lock.owner, lock.isBroken];
        },
        { seed, schedule: "shuffle", quantum: 1 + (seed % 2) },
      );
      expect(value).toEqual([true, undefined, false]);
    },
  );

  test.each(["one-for-one", "all-for-one", "rest-for-one"] as const)(
    "held by a child of a supervisor is free before it is started again (%s)",
    (strategy) => {
      const lock = new Lock({ name: "shared" });
      const seen: string[] = [];
      let starts = 0;
      function* holder(): Program<void> {
        starts++;
        seen.push(lock.isBroken ? "broken" : "whole");
        yield* lock.hold(starts < 3 ? failing(2) : new Sleep(1));
      }
      const { value } = run(function* () {
        const children = {
          holder: { run: holder, restart: "transient" },
          user: { run: () => lock.hold(new Sleep(20)), restart: "transient" },
        } as const;
        yield* new Supervise(children, { strategy, restarts: 5 });
        return [lock.owner, lock.isBroken, lock.ownership.line.size];
      });
      expect(value).toEqual([undefined, false, 0]);
      expect(starts).toBe(3);
      expect(seen).toEqual(["whole", "whole", "whole"]);
    },
  );

  test("whose owner is stopped keeps its line waiting, in order; a kill of the owner lets them in", () => {
    const { value } = run(function* () {
      const lock = new Lock();
      const log: string[] = [];
      const owner = yield* new NewTask(holding(lock, 5, log, "owner"));
      yield* new Sleep(1);
      yield* new SendSignal(owner, "STOP");
      for (const name of ["first", "second"]) yield* new NewTask(holding(lock, 1, log, name));
      yield* new Sleep(50);
      const stopped = [lock.owner, lock.ownership.line.size, [...log]];
      yield* new KillTask(owner);
      yield* new Sleep(50);
      return { stopped, log, left: [lock.owner, lock.ownership.line.size] };
    });
    expect(value).toEqual({
      stopped: [2, 2, []],
      log: ["owner over, lock of 3", "first held", "first over, lock of 4", "second held", "second over, lock free"],
      left: [undefined, 0],
    });
  });

  test("granted to a stopped task waits with it, and goes on when that is killed", () => {
    const { value } = run(function* () {
      const lock = new Lock();
      yield* lock.acquire();
      const stopped = yield* new NewTask(lock.hold(new Sleep(1)));
      const next = yield* new NewTask(lock.hold(new GetTid()));
      yield* new Sleep(1);
      yield* new SendSignal(stopped, "STOP");
      lock.release();
      yield* new Sleep(5);
      const owner = lock.owner;
      yield* new KillTask(stopped);
      return [owner, yield* new Join(next), lock.owner];
    });
    expect(value).toEqual([2, 3, undefined]);
  });

  test("of a member is free before the group's failure is thrown", () => {
    const { value } = run(function* () {
      const lock = new Lock();
      const group = body(function* (members: Members): Program<void> {
        yield* members.spawn(lock.hold(slow([], "member", 20)));
        yield* members.spawn(lock.hold(new Sleep(never)));
        yield* members.spawn(failing(3));
        yield* lock.hold(new Sleep(never));
      });
      const errors = yield* thrownBy(group);
      return [errors, lock.owner, lock.isBroken, lock.ownership.line.size];
    });
    expect(value).toEqual([[new Error("failed after 3 ms")], undefined, false, 0]);
  });
});

describe("a wait on a condition, in a group, in a shield", () => {
  const waiting: Routine<[lock: Lock, filled: Condition, log: string[]], void> = routine(
    function* waitInside(lock, filled, log) {
      try {
        yield* lock.hold(filled.wait());
        log.push("notified");
      } finally {
        log.push(`mine: ${lock.isMine}`);
      }
    },
  );

  test.each(ends)("a %s of its task: the lock is free, nobody waits, and nobody is left", (how) => {
    const { value } = run(function* () {
      const lock = new Lock();
      const filled = new Condition(lock);
      const log: string[] = [];
      const inGroup = body(function* (members: Members): Program<void> {
        yield* members.spawn(waiting(lock, filled, log), "member");
        yield* waiting(lock, filled, log);
      });
      const tid = yield* new NewTask(new Shield(inGroup), "shielded");
      yield* new Sleep(1);
      const before = filled.line.size;
      yield* how === "kill" ? new KillTask(tid) : new CancelTask(tid);
      yield* new Sleep(1);
      const during = filled.line.size;
      // A shield holds a cancel back until both have been notified.
      yield* lock.hold(
        (function* (): Program<void> {
          filled.notifyAll();
        })(),
      );
      const { status } = yield* new WaitTask(tid);
      return { before, during, status, log, left: [lock.owner, lock.isBroken, filled.line.size] };
    });
    const log =
      how === "kill" ? ["mine: false", "mine: false"] : ["notified", "mine: false", "notified", "mine: false"];
    expect(value).toEqual({
      before: 2,
      during: how === "kill" ? 0 : 2,
      status: how === "kill" ? "killed" : "returned",
      log,
      left: [undefined, false, 0],
    });
  });

  test("a kill of the member alone, whenever: the group goes on, and the lock is free", () => {
    for (let laps = 0; laps < 25; laps++) {
      const { value } = run(
        function* () {
          const lock = new Lock();
          const filled = new Condition(lock);
          let member: Tid = 0;
          const inGroup = body(function* (members: Members): Program<string> {
            member = yield* members.spawn(waiting(lock, filled, []));
            for (let n = 0; n < 4; n++) yield* lock.hold(notifying(filled));
            for (let lap = 0; lap < laps; lap++) yield;
            yield* new KillTask(member);
            return "body";
          });
          const notifier = yield* new NewTask(lock.hold(notifying(filled)));
          const result = yield* new Shield(inGroup);
          yield* new WaitTask(notifier);
          return [result, lock.owner, lock.isBroken, filled.line.size];
        },
        { quantum: 1, seed: laps, schedule: "shuffle" },
      );
      expect([laps, value]).toEqual([laps, ["body", undefined, false, 0]]);
    }
  });
});

function* notifying(condition: Condition): Program<void> {
  yield;
  condition.notify();
}

describe("a channel", () => {
  test("sent to inside a MoveOn, in a group that fails: the item is sent once or not at all", () => {
    let given = 0;
    for (let seed = 0; seed < 60; seed++) {
      const channel = new Channel<string>();
      const received: string[] = [];
      let sent = "unknown";
      const { value } = run(
        function* () {
          const group = body(function* (members: Members): Program<void> {
            yield* members.spawn(failing(5, "failed"));
            const moved = yield* new MoveOn(seed % 2 === 0 ? 5 : 9, channel.send("item"));
            sent = moved.done ? "sent" : "unsent";
          });
          const receiver = yield* new NewTask(receivingAt(5, channel, received));
          const errors = yield* thrownBy(group);
          yield* new CancelTask(receiver);
          yield* new WaitTask(receiver);
          return [errors, channel.senders.size, channel.receivers.size];
        },
        { seed, schedule: "shuffle", quantum: 1 + (seed % 3) },
      );
      expect([seed, value]).toEqual([seed, [["failed"], 0, 0]]);
      if (sent === "sent") expect([seed, received]).toEqual([seed, ["item"]]);
      if (sent === "unsent") expect([seed, received]).toEqual([seed, []]);
      given += received.length;
    }
    expect(given).toBeGreaterThan(0);
    expect(given).toBeLessThan(60);
  });

  test("received from by the body of a group that fails in that lap: the item is had, or there for the next", () => {
    const ways = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const channel = new Channel<string>({ capacity: 1 });
      const had: string[] = [];
      const { value } = run(
        function* () {
          yield* new NewTask(sendingAt(5, channel));
          const group = body(function* (members: Members): Program<void> {
            yield* members.spawn(failing(5, "failed"));
            had.push(yield* channel.receive());
            yield* new Sleep(never);
          });
          const errors = yield* thrownBy(group);
          yield* new Sleep(1);
          return [errors, [...had, ...channel.drain()]];
        },
        { seed, schedule: "shuffle", quantum: 1 + (seed % 3) },
      );
      expect([seed, value]).toEqual([seed, [["failed"], ["item"]]]);
      ways.add(had.length === 1 ? "had" : "left");
    }
    expect([...ways].sort()).toEqual(["had", "left"]);
  });

  test("is a branch of a select in a race in a group: the losers' items stay", () => {
    const { value } = run(function* () {
      const channels = [new Channel<number>({ capacity: 1 }), new Channel<number>({ capacity: 1 })] as const;
      const taking = (place: 0 | 1, ms: number): Runnable<unknown> =>
        new Select({ item: channels[place].receive(), idle: new Sleep(ms) });
      yield* new NewTask(sendingAt(5, channels[0], 1));
      yield* new NewTask(sendingAt(5, channels[1], 2));
      const values = yield* new Group(() => new All([taking(0, 9), taking(1, 3)]));
      return [
        values,
        channels.map((channel) => channel.drain()),
        yield* new Sleep(5),
        channels.map((one) => one.drain()),
      ];
    });
    expect(value).toEqual([
      [
        { key: "item", value: 1 },
        { key: "idle", value: undefined },
      ],
      [[], [2]],
      undefined,
      [[], []],
    ]);
  });
});

function* receivingAt(ms: number, channel: Channel<string>, into: string[]): Program<void> {
  yield* new Sleep(ms);
  into.push(yield* channel.receive());
}

function* sendingAt<T>(ms: number, channel: Channel<T>, item: T = "item" as T): Program<void> {
  yield* new Sleep(ms);
  yield* channel.send(item);
}

test.each([1, 2, 3, 4, 32])(
  "a deadline of 0 that comes before the first request is served has taken nothing (quantum %i)",
  (quantum) => {
    for (const deadline of [0, 1e-9]) {
      const { value } = run(
        function* () {
          const channel = new Channel<string>({ capacity: 1 });
          yield* channel.send("item");
          yield* new Tell(yield* new GetTid(), "letter");
          const item = yield* new MoveOn(deadline, channel.receive());
          const letter = yield* new MoveOn(deadline, new Receive());
          const left = yield* new Select({ letter: new Receive(), none: new GetTid() });
          return [item.done !== (channel.drain().length === 1), letter.done !== (left.key === "letter")];
        },
        { quantum },
      );
      expect(value).toEqual([true, true]);
    }
  },
);

describe("a select", () => {
  const scopes: Record<string, () => Runnable<unknown>> = {
    Group: () => body(() => new Sleep(1) as unknown as Program<void>),
    Timeout: () => new Timeout(1, new Sleep(1)),
    Shield: () => new Shield(new Sleep(1)),
    Supervise: () => new Supervise({}),
    hold: () => new Lock().hold(new Sleep(1)),
    "wait of a condition": () => new Condition().wait(),
  };

  test.each(Object.entries(scopes))(
    "takes no %s: it is a call and no syscall, and the error says what to use",
    (_name, make) => {
      expect(() => new Select({ branch: make() as unknown as Syscall<void> })).toThrow(
        /branch branch is no syscall: for a program use Race, or a task and its Join/,
      );
    },
  );

  test("has members as branches: the loser that has started is cancelled, the one that waits for a place leaves", () => {
    const { value } = run(function* () {
      const log: string[] = [];
      return [yield* new Group((members) => limited(members, log), { limit: 1 }), log];
    });
    expect(value).toEqual([
      ["idle", 1],
      ["started ends", "started over"],
    ]);
  });
});

function* limited(members: Members, log: string[]): Program<unknown> {
  const first = yield* new Select({
    start: members.start(() => slow(log, "started")),
    place: members.start(() => slow(log, "never")),
    idle: new Sleep(3),
  });
  return [first.key, members.size];
}

describe("bounds", () => {
  test("a pledge holds for a member that got its place after the pledge, and was asked for before by nobody", () => {
    const { value } = run(function* () {
      yield* new Pledge(["task"]);
      const codes: string[] = [];
      const signalling = routine(function* waitASignal(): Program<void> {
        codes.push(yield* codeOf(new Channel().receive()));
      });
      const group = new Group(
        function* (members: Members): Program<void> {
          yield* members.spawn(new Sleep(3));
          yield* members.spawn(signalling()); // waits for a place
          yield* members.spawnDaemon(signalling());
          yield* members.start(function* (started: (value: number) => void): Program<void> {
            started(1);
            yield* signalling();
          });
        },
        { limit: 1 },
      );
      yield* group;
      return codes;
    });
    expect(value).toEqual(["EPERM", "EPERM", "EPERM"]);
  });

  test("a limit on children is the spawner's: one member too many fails the group, a supervisor's restart is none", () => {
    const { value } = run(function* () {
      yield* new Limit({ children: 2 });
      const log: string[] = [];
      const tooMany = yield* thrownBy(
        body(function* (members: Members): Program<void> {
          for (let n = 0; n < 3; n++) yield* members.spawn(slow(log, `member ${n}`));
        }),
      );
      let starts = 0;
      function* crashing(): Program<void> {
        if (++starts < 4) yield* failing(1);
      }
      const children = {
        crashing: { run: crashing, restart: "transient" },
        other: { run: () => new Sleep(9), restart: "transient" },
      } as const;
      yield* new Supervise(children, { restarts: 5, strategy: "all-for-one" });
      const three = yield* codeOf(
        new Supervise({ a: () => new Sleep(1), b: () => new Sleep(1), c: () => new Sleep(1) }),
      );
      return {
        tooMany: (tooMany as SyscallError[]).map(codeText),
        log,
        starts,
        three,
        live: (yield* new ListTasks()).length,
      };
    });
    expect(value).toEqual({
      tooMany: ["EAGAIN"],
      log: ["member 0 ends", "member 1 ends", "member 0 over", "member 1 over"], // they had not begun when it failed
      starts: 4,
      three: "EAGAIN",
      live: 1,
    });
  });

  test("members have the nice value of who spawned them, as it was then, and their share of turns", () => {
    const { value } = run(
      function* () {
        const counts = { quick: 0, slow: 0 };
        const working = (name: "quick" | "slow"): Program<void> => counting(counts, name);
        yield* body(function* (members: Members): Program<void> {
          yield* new SetPriority(0);
          const slowOne = yield* members.spawn(working("slow"));
          yield* new SetPriority(10, slowOne);
          yield* members.spawn(working("quick"));
          for (let lap = 0; lap < 200; lap++) yield;
          yield* members.cancel();
        });
        return counts.quick / counts.slow;
      },
      { quantum: 100 },
    );
    // A nice value of 10 weighs a ninth: 1.25 to the power of 10.
    expect(value).toBeGreaterThan(7);
    expect(value).toBeLessThan(12);
  });
});

function* counting(counts: Record<string, number>, name: string): Program<never> {
  for (;;) {
    yield* new GetTid();
    counts[name] = (counts[name] ?? 0) + 1;
  }
}

describe("signals and links, and a group", () => {
  test.each(["TERM", "INT", "HUP"] as const)(
    "%s to a group's task ends it as a cancel does, with its members",
    (signal) => {
      const { value } = run(function* () {
        const log: string[] = [];
        const tid = yield* new NewTask(body((members) => two(members, log)));
        yield* new Sleep(1);
        yield* new SendSignal(tid, signal);
        const exit = yield* new WaitTask(tid);
        return [exit.status === "killed" && exit.why, log, (yield* new ListTasks()).length];
      });
      expect(value).toEqual([signal, ["second ends", "first ends", "second over", "first over"], 1]);
    },
  );

  test("a body that waits for a signal gets it, and its group goes on; a member has no part in it", () => {
    const { value } = run(function* () {
      const log: string[] = [];
      const group = body(function* (members: Members): Program<unknown> {
        const member = yield* members.spawn(slow(log, "member"));
        const signal = yield* new WaitSignal("TERM");
        const wasAlive = yield* new SendSignal(member, "TERM");
        return [signal, wasAlive];
      });
      const tid = yield* new NewTask(group);
      yield* new Sleep(1);
      yield* new SendSignal(tid, "TERM");
      return [yield* new Join(tid), log];
    });
    expect(value).toEqual([
      ["TERM", true],
      ["member ends", "member over"],
    ]);
  });

  test("stopped while its members end, it is told when it goes on; a failure of theirs does not thaw it", () => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(thrownBy(body((members) => failingMember(members))));
      yield* new Sleep(1);
      yield* new SendSignal(tid, "STOP");
      yield* new Sleep(20);
      const during = (yield* new ListTasks()).map((task) => [task.tid, task.stopped]);
      yield* new SendSignal(tid, "CONT");
      return [during, yield* new Join(tid)];
    });
    expect(value).toEqual([
      [
        [1, false],
        [2, true],
      ],
      ["failed"],
    ]);
  });

  test("a member dies of its link to a stranger: that is a cancel, and no failure of the group", () => {
    const { value } = run(function* () {
      const stranger = yield* new NewTask(deaf([]));
      const group = body(function* (members: Members): Program<unknown> {
        const member = yield* members.spawn(linked(stranger));
        const other = yield* members.spawn(new Sleep(20));
        yield* new Sleep(1);
        yield* new KillTask(stranger, "the test");
        const exit = yield* new WaitTask(member);
        return [exit.status === "killed" && exit.why, (yield* new WaitTask(other)).status];
      });
      return yield* group;
    });
    expect(value).toEqual([expect.stringMatching(/^linked to task 2 .*was killed by task 1: the test/), "returned"]);
  });

  test("who is linked to a group's task is told when the group has failed, after the members are over", () => {
    const { value } = run(function* () {
      const log: string[] = [];
      const tid = yield* new NewTask(body((members) => failingBeside(members, log)));
      const linkedOne = yield* new NewTask(linked(tid));
      yield* new WaitTask(tid);
      const exit = yield* new WaitTask(linkedOne);
      return [log, exit.status === "killed" && exit.why];
    });
    expect(value).toEqual([
      ["member ends", "member over"],
      expect.stringMatching(/^linked to task 2 .*which threw the group of task 2 failed: thrown: "?failed|which threw/),
    ]);
  });

  test("a link between two members: one fails, and the group has that failure once", () => {
    const { value } = run(function* () {
      return yield* thrownBy(
        body(function* (members: Members): Program<void> {
          const failingOne = yield* members.spawn(failing(3, "failed"));
          yield* members.spawn(linked(failingOne));
        }),
      );
    });
    expect(value).toEqual(["failed"]);
  });
});

function* two(members: Members, log: string[]): Program<void> {
  yield* members.spawn(slow(log, "first"));
  yield* members.spawn(slow(log, "second"));
  yield* new Sleep(never);
}

function* failingMember(members: Members): Program<void> {
  yield* members.spawn(failing(5, "failed"));
  yield* members.spawn(slow([], "sibling"));
}

function* failingBeside(members: Members, log: string[]): Program<void> {
  yield* members.spawn(slow(log, "member"));
  yield* members.spawn(failing(5, "failed"));
}

function* linked(to: Tid): Program<void> {
  yield* new Link(to);
  yield* new Sleep(never);
}

test.each(ends)(
  "a %s of a task inside everything at once leaves nothing: lock, permits, group, shield, deadline",
  (how) => {
    const { value, kernel } = run(function* () {
      const lock = new Lock();
      const pool = new Semaphore(2);
      const log: string[] = [];
      const inside = new Timeout(99, new Shield(new Timeout(50, new Group((members) => two(members, log)))));
      const exit = yield* endOf(lock.hold(pool.hold(inside, 2)), how);
      return [exit.status, lock.owner, pool.free, log.length];
    });
    expect(value).toEqual([how === "kill" ? "killed" : "threw", undefined, 2, 4]);
    expect(kernel.timers.size).toBe(0);
  },
);
