// The checker is checked: bugs are planted in a kernel, and each must be found within 2,000 seeds, by the law that it
// breaks. Without them, the same program on the same seeds breaks none.

import { expect, test } from "vitest";
import type { Kernel } from "../../kernel/kernel.ts";
import { Random } from "../../kernel/machine/random.ts";
import type { Observer } from "../../kernel/observer.ts";
import type { Program } from "../../kernel/syscall.ts";
import { Parked, State, type Task } from "../../kernel/task.ts";
import { Children } from "../../syscalls/children.ts";
import { Group, ReadWait, Sleep } from "../../syscalls/index.ts";
import { allFaults, InvariantError, type RunOptions, run } from "../kit/index.ts";
import { Custom, socketPair, waitFor } from "./programs.ts";
import { type WorkloadOptions, WrongAnswer, workload } from "./workload.ts";

const maxSeeds = 2_000;

interface Plant {
  readonly law: string;
  /** Breaks a kernel that is about to run. */
  readonly plant?: (kernel: Kernel, random: Random) => void;
  readonly workload?: WorkloadOptions;
  /** Breaks all kernels; returns how to mend them. */
  readonly plantAll?: () => () => void;
}

const rare = 0.02;

const plants: Record<string, Plant> = {
  "a lost wake": {
    law: "K2",
    plant: (kernel, random) => {
      const makeReady = kernel.makeReady.bind(kernel);
      kernel.makeReady = (task) => {
        if (task.state === State.blocked && random.chance(rare)) task.state = State.ready;
        else makeReady(task);
      };
    },
  },
  "a double wake": {
    law: "K2",
    plant: (kernel, random) => {
      const makeReady = kernel.makeReady.bind(kernel);
      kernel.makeReady = (task) => {
        makeReady(task);
        if (random.chance(rare)) makeReady(task);
      };
    },
  },
  "a leaked interest": {
    law: "K12",
    workload: { readWait: (connection) => new LeakyReadWait(connection) },
  },
  "a leaked timer": {
    law: "K12",
    plant: (kernel, random) => {
      const cancel = kernel.timers.cancel.bind(kernel.timers);
      kernel.timers.cancel = (who) => {
        const isUndone = who instanceof Parked && who.task.wait !== who; // not when it is due
        if (!isUndone || !random.chance(rare)) cancel(who);
      };
    },
  },
  "a stale answer": {
    law: "WrongAnswer",
    plantAll: () => {
      const { wake } = Parked.prototype;
      Parked.prototype.wake = function (answer) {
        const { task } = this;
        return wake.call(task.state === State.blocked && task.wait !== undefined ? task.wait : this, answer);
      };
      return () => {
        Parked.prototype.wake = wake;
      };
    },
  },
  "a stale answer of a bare yield": {
    law: "K5",
    plant: (kernel, random) => {
      const makeReady = kernel.makeReady.bind(kernel);
      kernel.makeReady = (task) => {
        if (kernel.current === task && task.answer === undefined && random.chance(rare)) task.answer = "stale";
        makeReady(task);
      };
    },
  },
  "an early timer": {
    law: "K20",
    plant: (kernel, random) => {
      const set = kernel.timers.set.bind(kernel.timers);
      kernel.timers.set = (at, who) => set(random.chance(rare) ? at - 0.7 : at, who);
    },
  },
  "a forgotten waiter": {
    law: "K15",
    plant: (kernel, random) => {
      eachTask(kernel, (task) => {
        const watchExit = task.watchExit.bind(task);
        task.watchExit = (watcher) => {
          if (!random.chance(0.2)) watchExit(watcher);
        };
      });
    },
  },
  "a waiter that is never forgotten": {
    law: "K12",
    plant: (kernel, random) => {
      eachTask(kernel, (task) => {
        const unwatchExit = task.unwatchExit.bind(task);
        task.unwatchExit = (watcher) => {
          if (!random.chance(0.5)) unwatchExit(watcher);
        };
      });
    },
  },
  "an end that is told wrong": {
    law: "K3",
    plant: (kernel, random) => {
      eachTask(kernel, (task) => {
        const watchExit = task.watchExit.bind(task);
        task.watchExit = (watcher) => {
          const { exited } = watcher;
          watcher.exited = (exit) => exited.call(watcher, random.chance(0.2) ? { ...exit } : exit);
          watchExit(watcher);
        };
      });
    },
  },
  "a task that ends twice": {
    law: "K1",
    plant: (kernel, random) => {
      const observe = kernel.observe.bind(kernel);
      kernel.observe = (event, first, second) => {
        observe(event, first, second);
        if (event === "exit" && random.chance(rare)) observe(event, first, second);
      };
    },
  },
  "an orphan": {
    law: "K22",
    plant: (kernel, random) => {
      eachTask(kernel, (task) => {
        if (task.tid > 2 && random.chance(rare)) task.parentTid = task.tid;
      });
    },
  },
};

class LeakyReadWait extends ReadWait {
  override handle(...[task, kernel]: Parameters<ReadWait["handle"]>): ReturnType<ReadWait["handle"]> {
    const parked = super.handle(task, kernel);
    const { wait } = task;
    if (wait !== undefined) {
      const arm = wait.action;
      wait.action = (waiter: Parameters<typeof arm>[0]) => {
        arm(waiter);
        return () => undefined; // the undo that was forgotten
      };
    }
    return parked;
  }
}

function eachTask(kernel: Kernel, plant: (task: Task) => void): void {
  kernel.addObserver({ spawn: plant });
}

/** Plugged in like any observer, it breaks the kernel at its first task. */
function sabotage(plant: Plant["plant"], random: Random): Observer {
  let isPlanted = false;
  return {
    spawn(task) {
      if (isPlanted) return;
      isPlanted = true;
      plant?.(task.kernel, random);
    },
  };
}

const program: RunOptions = { quantum: 2, latencyMs: [0.1, 2], maxTurns: 100_000 };

test.each(Object.entries(plants))("the checker finds %s", (_name, { law, plant, plantAll, workload: options }) => {
  const mend = plantAll?.();
  let found: string | undefined;
  let seed = 0;
  try {
    while (found === undefined && seed < maxSeeds) {
      seed++;
      const observers = [sabotage(plant, new Random(seed, 7))];
      try {
        run(() => workload(options), { ...program, seed, observers });
      } catch (error) {
        if (error instanceof InvariantError) found = error.law;
        else if (error instanceof WrongAnswer) found = "WrongAnswer";
        else throw error;
      }
    }
  } finally {
    mend?.();
  }
  expect({ found, seed: seed < maxSeeds }).toEqual({ found: law, seed: true });
});

test("the checker finds a scope that leaves its children behind", () => {
  const whole = Object.getOwnPropertyDescriptor(Children.prototype, "size") as PropertyDescriptor; // it has one
  Object.defineProperty(Children.prototype, "size", { configurable: true, get: () => 0 });
  try {
    const hasty = (): Group<void> =>
      new Group(function* (members) {
        yield* members.spawn(new Sleep(5));
      });
    expect(() => run(hasty)).toThrow(/^K22 does not hold .*: task 2 has outlived the scope of task 1/);
  } finally {
    Object.defineProperty(Children.prototype, "size", whole);
  }
});

test("the checker finds nothing in a kernel that is whole", () => {
  const hits = new Map<string, number>();
  const ends = { returned: 0, threw: 0, killed: 0, refusedWakes: 0 };
  for (let seed = 1; seed <= 200; seed++) {
    const { counters, machine } = run(() => workload(), {
      ...program,
      seed,
      faults: seed % 2 === 0 ? { ...allFaults, reset: 0.02, brokenPipe: 0.02 } : "none",
      latencyMs: seed % 4 === 0 ? [1, 1] : [0.1, 2], // the same for all: much is due at once, and can be reordered
    });
    for (const [kind, count] of Object.entries(machine.faultCounts)) hits.set(kind, (hits.get(kind) ?? 0) + count);
    for (const end of Object.keys(ends) as (keyof typeof ends)[]) ends[end] += counters[end]; // the literal's own
  }
  // It was worth looking at: every kind of fault and of end was there.
  expect([...hits].filter(([, count]) => count === 0)).toEqual([]);
  expect(Object.values(ends).every((count) => count > 50)).toBe(true);
});

test("the checker finds a wait on an endpoint, of whatever kind, that the endpoint does not know of", () => {
  const deaf = function* (): Program<void> {
    const { server } = yield* socketPair();
    const wait = { ...waitFor<void>("hang-up of"), pollable: server };
    yield* new Custom((task) => task.block(wait, () => () => {}));
  };
  expect(() => run(deaf)).toThrow(/^K15 .*which does not know/);
});
