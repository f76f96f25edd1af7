// Several things at once: at most one branch of a select takes effect, and the others are as if they had never waited.

import { describe, expect, test } from "vitest";
import {
  CancelTask,
  Connect,
  GetTid,
  Join,
  KillTask,
  Listen,
  ListTasks,
  NewTask,
  Park,
  type Program,
  ReadWait,
  routine,
  Select,
  Sleep,
  Timeout,
  WaitQueue,
  WaitTask,
} from "../../apps/index.ts";
import {
  type Answer,
  type Kernel,
  Syscall,
  SyscallError,
  type Task,
  type Wait,
  type Waiter,
} from "../../kernel/index.ts";
import { run, runExit } from "../kit/index.ts";

/** A shelf of items: who takes one waits until there is one. The smallest thing that can be lost or taken twice. */
class Shelf {
  readonly items: string[] = [];
  readonly waiting = new Set<Waiter<string>>();

  put(item: string): void {
    for (const waiter of this.waiting) {
      this.waiting.delete(waiter);
      if (waiter.wake(item)) return;
    }
    this.items.push(item);
  }
}

class Take extends Syscall<string> implements Wait<string> {
  readonly verb = "take";
  readonly object = "an item";
  readonly shelf: Shelf;

  constructor(shelf: Shelf) {
    super();
    this.shelf = shelf;
  }

  override handle(task: Task, _kernel: Kernel): Answer<string> {
    const item = this.shelf.items.shift();
    if (item !== undefined) return item;
    return task.block<string>(this, (waiter) => {
      this.shelf.waiting.add(waiter);
      return () => this.shelf.waiting.delete(waiter);
    });
  }

  giveBack(item: string): void {
    this.shelf.put(item);
  }
}

function* putLater(shelf: Shelf, item: string, ms: number): Program<void> {
  yield* new Sleep(ms);
  shelf.put(item);
}

describe("the first to answer wins", () => {
  test("later: its name and its answer; the others are undone", () => {
    const { value, kernel } = run(function* () {
      const [left, right] = [new Shelf(), new Shelf()];
      yield* new NewTask(putLater(right, "apple", 5));
      const first = yield* new Select({ left: new Take(left), right: new Take(right), idle: new Sleep(100) });
      return { first, waiting: [left.waiting.size, right.waiting.size] };
    });
    expect(value).toEqual({ first: { key: "right", value: "apple" }, waiting: [0, 0] });
    expect(kernel.timers.size).toBe(0);
  });

  test("at once: the first in order, and those after it are not even asked", () => {
    const { value } = run(function* () {
      const [left, right] = [new Shelf(), new Shelf()];
      left.put("pear");
      right.put("apple");
      const unused = new Take(right);
      const first = yield* new Select({ idle: new Sleep(9), left: new Take(left), right: unused });
      return { first, rest: [left.items, right.items], again: yield* unused };
    });
    expect(value).toEqual({ first: { key: "left", value: "pear" }, rest: [[], []], again: "apple" });
  });

  test("a deadline, an end, a queue and a socket are branches like any other", () => {
    const { value } = run(function* () {
      const queue = new WaitQueue("wait for", "nothing");
      const listener = yield* new Listen({ port: 7000 });
      const child = yield* new NewTask(new Sleep(20));
      const branches = () => ({ parked: new Park(queue), exit: new WaitTask(child), read: new ReadWait(listener) });
      const idle = yield* new Select({ ...branches(), idle: new Sleep(10) });
      const exit = yield* new Select(branches());
      yield* new NewTask(new Connect(listener.address));
      const read = yield* new Select({ parked: new Park(queue), read: new ReadWait(listener) });
      queue.wake();
      return { keys: [idle.key, exit.key, read.key], waiting: queue.size };
    });
    expect(value).toEqual({ keys: ["idle", "exit", "read"], waiting: 0 });
  });

  test("the error of a branch is thrown, and the others are undone", () => {
    const { value } = run(function* () {
      const shelf = new Shelf();
      const child = yield* new NewTask(
        (function* (): Program<void> {
          yield* new Sleep(3);
          throw new Error("broke");
        })(),
      );
      try {
        return yield* new Select({ take: new Take(shelf), join: new Join(child) });
      } catch (error) {
        return [(error as Error).message, shelf.waiting.size]; // thrown above
      }
    });
    expect(value).toEqual(["broke", 0]);
  });

  test("a select in a select", () => {
    const { value } = run(function* () {
      const shelf = new Shelf();
      yield* new NewTask(putLater(shelf, "plum", 2));
      return yield* new Select({
        inner: new Select({ take: new Take(shelf), slow: new Sleep(50) }),
        outer: new Sleep(20),
      });
    });
    expect(value).toEqual({ key: "inner", value: { key: "take", value: "plum" } });
  });
});

describe("at most one branch takes effect", () => {
  test.each([1, 2, 3, 4, 5])("items put on two shelves are each taken once, whoever is killed (seed %i)", (seed) => {
    const { value } = run(
      function* () {
        const shelves = [new Shelf(), new Shelf()] as const;
        const taken: string[] = [];
        const takers: number[] = [];
        const take = routine(function* take(): Program<void> {
          for (let n = 0; n < 20; n++) {
            const first = yield* new Select({ a: new Take(shelves[0]), b: new Take(shelves[1]), idle: new Sleep(7) });
            if (first.key !== "idle") taken.push(first.value);
          }
        });
        for (let n = 0; n < 5; n++) takers.push(yield* new NewTask(take()));
        for (let n = 0; n < 40; n++) {
          shelves[n % 2]?.put(`item ${n}`);
          if (n % 8 === 3) yield* new KillTask(takers[n % 5] as number);
          if (n % 8 === 5) yield* new CancelTask(takers[n % 5] as number);
          if (n % 3 === 0) yield* new Sleep(1);
        }
        yield* new Sleep(1_000);
        return [...taken, ...shelves[0].items, ...shelves[1].items].sort();
      },
      { seed, quantum: seed % 2 === 0 ? 1 : 32 },
    );
    expect(value).toEqual(Array.from({ length: 40 }, (_, n) => `item ${n}`).sort());
  });

  test("what a task was granted just before it was killed goes back to where it came from", () => {
    const { value } = run(function* () {
      const shelf = new Shelf();
      const taker = yield* new NewTask(new Select({ take: new Take(shelf), idle: new Sleep(50) }));
      yield* new Sleep(1);
      shelf.put("fig");
      yield* new KillTask(taker);
      yield* new WaitTask(taker);
      return shelf.items;
    });
    expect(value).toEqual(["fig"]);
  });

  test("what it was granted at once goes back as well", () => {
    const { value } = run(
      function* () {
        const shelf = new Shelf();
        shelf.put("fig");
        const taker = yield* new NewTask(new Select({ idle: new Sleep(50), take: new Take(shelf) }));
        const untaken = shelf.items.length;
        yield* new KillTask(taker);
        yield* new WaitTask(taker);
        return [untaken, shelf.items];
      },
      { quantum: 1 },
    );
    expect(value).toEqual([0, ["fig"]]);
  });

  test.each(["kill", "cancel", "deadline"])("a %s ends the wait of every branch", (how) => {
    const { value, kernel } = run(function* () {
      const shelves = [new Shelf(), new Shelf()] as const;
      const select = new Select({ a: new Take(shelves[0]), b: new Take(shelves[1]), idle: new Sleep(50) });
      const taker = yield* new NewTask(how === "deadline" ? new Timeout(1, select) : select);
      yield* new Sleep(1);
      if (how === "kill") yield* new KillTask(taker);
      if (how === "cancel") yield* new CancelTask(taker);
      yield* new WaitTask(taker);
      return shelves.map(({ waiting }) => waiting.size);
    });
    expect(value).toEqual([0, 0]);
    expect(kernel.timers.size).toBe(0);
  });

  test("a branch that answers while it is being armed ends the arming, and is taken back", () => {
    const steps: string[] = [];
    class Eager extends Syscall<string> {
      override handle(task: Task): Answer<string> {
        return task.block<string>({ verb: "hope", object: "" }, (waiter) => {
          steps.push(`woken ${waiter.wake("now")}, again ${waiter.wake("twice")}`);
          return () => steps.push("undone");
        });
      }
    }
    class Never extends Syscall<void> {
      override handle(task: Task): Answer<void> {
        return task.block<void>({ verb: "wait for", object: "Godot" }, () => {
          steps.push("armed");
          return () => steps.push("disarmed");
        });
      }
    }
    const { value } = run(new Select({ first: new Never(), eager: new Eager(), last: new Never() }));
    expect(value).toEqual({ key: "eager", value: "now" });
    expect(steps).toEqual(["armed", "disarmed", "woken true, again false", "undone"]);
  });

  test("a branch that cannot be armed takes the others back", () => {
    const { value } = run(function* () {
      const shelf = new Shelf();
      const listener = yield* new Listen({ port: 7000 });
      const reader = yield* new NewTask(new ReadWait(listener));
      yield* new Sleep(1);
      try {
        return yield* new Select({ take: new Take(shelf), read: new ReadWait(listener) });
      } catch (error) {
        return [(error as SyscallError).code, shelf.waiting.size, yield* new KillTask(reader)]; // thrown by the second
      }
    });
    expect(value).toEqual(["EBUSY", 0, true]);
  });

  test("a late wake of a branch that has lost is refused, and counted", () => {
    const { value, counters } = run(function* () {
      let late: Waiter<string> | undefined;
      class Leaky extends Syscall<string> {
        override handle(task: Task): Answer<string> {
          return task.block<string>({ verb: "leak", object: "" }, (waiter) => {
            late = waiter;
            return () => {};
          });
        }
      }
      const first = yield* new Select({ leaky: new Leaky(), idle: new Sleep(1) });
      return [first.key, late?.wake("late"), yield* new GetTid()];
    });
    expect(value).toEqual(["idle", false, 1]);
    expect(counters.refusedWakes).toBe(1);
  });
});

describe("what cannot be selected is refused", () => {
  test("no branch, a program, a branch that was used, a handler that throws", () => {
    const nap = (): Program<void> => routine(function* nap(): Program<void> {})() as unknown as Program<void>;
    expect(() => new Select({})).toThrow(expect.objectContaining({ code: "EINVAL" }));
    expect(() => new Select({ nap: nap() as unknown as Syscall<void> })).toThrow(/branch nap is no syscall/);
    const { value } = run(function* () {
      const messages: string[] = [];
      const used = new GetTid();
      yield* used;
      class Fails extends Syscall<never> {
        override handle(): never {
          throw new SyscallError("ENOENT", "nothing here");
        }
      }
      for (const branch of [used, new Fails()]) {
        try {
          yield* new Select({ idle: new Sleep(1), branch });
        } catch (error) {
          messages.push((error as Error).message); // an Error, of either kind
        }
      }
      return messages;
    });
    expect(value).toEqual([expect.stringMatching(/GetTid object was yielded twice/), "nothing here"]);
  });

  test("a branch that breaks the rules of blocking is a TypeError of the caller", () => {
    class Forgets extends Syscall<number> {
      override handle(task: Task): Answer<number> {
        task.block({ verb: "wait", object: "" }, () => () => {});
        return 1;
      }
    }
    const { outcome } = runExit(() => new Select({ idle: new Sleep(1), forgets: new Forgets() }));
    expect(outcome).toEqual({ status: "threw", error: expect.objectContaining({ name: "TypeError" }) });
  });
});

test("a record says what each branch waits for, and who holds it", () => {
  const { value } = run(function* () {
    const child = yield* new NewTask(new Sleep(20));
    const waiter = yield* new NewTask(new Select({ end: new WaitTask(child), idle: new Sleep(5) }));
    yield* new Sleep(1);
    const record = (yield* new ListTasks()).find(({ tid }) => tid === waiter);
    return [record?.verb, record?.object, record?.holders];
  });
  expect(value).toEqual(["select", "end: exit of 2, idle: sleep 5 ms", [2]]);
});
