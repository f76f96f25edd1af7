// W1 to W9, those of the known weaknesses of the original that lie in how tasks end and wait: each is shown on a
// scheduler of its kind first, then not to be ours.

import { expect, test } from "vitest";
import { type Program, routine } from "../../kernel/syscall.ts";
import { GetTid, Join, KillTask, NewTask, ReadWait, Sleep, WaitTask } from "../../syscalls/index.ts";
import { run, runExit } from "../kit/index.ts";
import { codeOf, sleeper, socketPair } from "./programs.ts";
import {
  type Descriptor,
  OldGetTid,
  OldKillTask,
  OldReadWait,
  OldScheduler,
  OldWaitTask,
  old,
  type Target,
} from "./pyos8.ts";

const silent: Descriptor = { fd: 3, readable: false, closed: false };

test("W1: one raising task does not end the system", () => {
  const seen: string[] = [];
  function* raises(): Target {
    throw new Error("one task's own trouble");
  }
  function* works(): Target {
    yield undefined;
    seen.push("old");
  }
  expect(() => old(raises(), works()).run()).toThrow("one task's own trouble");
  expect(seen).toEqual([]);

  const { counters, value } = run(function* () {
    yield* new NewTask(
      (function* () {
        throw new Error("one task's own trouble");
      })(),
    );
    yield* new Sleep(1);
    return "works";
  });
  expect(value).toBe("works");
  expect(counters.crashes).toBe(1);
});

test("W2: the caller of a subroutine can catch its error", () => {
  let caught = false;
  function* oldCaller(): Target {
    try {
      yield oldSub();
    } catch {
      caught = true;
    }
  }
  function* oldSub(): Target {
    throw new Error("from the subroutine");
  }
  expect(() => old(oldCaller()).run()).toThrow("from the subroutine");
  expect(caught).toBe(false);

  const sub = routine(function* sub(): Program<void> {
    throw new Error("from the subroutine");
  });
  const { value } = run(function* () {
    try {
      yield* sub();
      return "not thrown";
    } catch (error) {
      return (error as Error).message; // whatever it is, the test says
    }
  });
  expect(value).toBe("from the subroutine");
});

test("W3: a kill inside a subroutine ends the caller too", () => {
  const seen: string[] = [];
  function* oldVictim(): Target {
    yield (function* (): Target {
      yield new OldReadWait({ ...silent });
    })();
    seen.push("old caller went on");
  }
  // Ready and not waiting, or W5 would hide this.
  function* oldBusy(): Target {
    yield (function* (): Target {
      for (;;) yield new OldGetTid();
    })();
    seen.push("old caller went on");
  }
  function* oldKiller(tid: number): Target {
    yield new OldKillTask(tid);
  }
  const scheduler = old(oldVictim());
  const tid = scheduler.spawn(oldBusy());
  scheduler.spawn(oldKiller(tid));
  scheduler.run();
  expect(seen).toEqual(["old caller went on"]);

  const inner = routine(function* inner(): Program<void> {
    yield* new Sleep(Number.POSITIVE_INFINITY);
  });
  const { value } = run(function* () {
    const log: string[] = [];
    const victim = yield* new NewTask(
      (function* () {
        try {
          yield* inner();
          log.push("caller went on");
        } catch {
          log.push("caught");
        } finally {
          log.push("finally");
        }
      })(),
    );
    yield* new Sleep(1);
    yield* new KillTask(victim, "no longer wanted");
    const exit = yield* new WaitTask(victim);
    return { log, exit };
  });
  expect(value.log).toEqual(["finally"]);
  expect(value.exit).toEqual({ status: "killed", by: 1, why: "no longer wanted", clean: true });
});

test("W4: a task whose finally yields can be killed", () => {
  function* oldVictim(): Target {
    try {
      for (;;) yield undefined;
    } finally {
      yield undefined;
    }
  }
  const scheduler = new OldScheduler();
  const tid = scheduler.spawn(oldVictim());
  scheduler.spawn(
    (function* (): Target {
      yield undefined;
      yield new OldKillTask(tid);
    })(),
  );
  expect(() => scheduler.run()).toThrow("ignored its closing");

  const { value, now } = run(function* () {
    let over = false;
    const victim = yield* new NewTask(
      (function* () {
        try {
          for (;;) yield;
        } finally {
          yield* new Sleep(50);
          over = true;
        }
      })(),
    );
    yield;
    yield* new KillTask(victim);
    const exit = yield* new WaitTask(victim);
    return { exit, over };
  });
  expect(value).toEqual({ exit: { status: "killed", by: 1, why: "", clean: true }, over: true });
  expect(now).toBeGreaterThanOrEqual(50);
});

test("W5: a task killed in ReadWait is gone, from the descriptor too", () => {
  const scheduler = new OldScheduler();
  const reader = scheduler.spawn(
    (function* (): Target {
      yield new OldReadWait(silent);
    })(),
  );
  let told = false;
  scheduler.spawn(
    (function* (): Target {
      yield undefined;
      yield new OldKillTask(reader);
      yield new OldWaitTask(reader);
      told = true;
    })(),
  );
  expect(scheduler.run()).toBe("sleeps for ever");
  expect({ told, waits: scheduler.readers.size }).toEqual({ told: false, waits: 1 });

  const { value } = run(function* () {
    const { client, server } = yield* socketPair();
    const victim = yield* new NewTask(new ReadWait(server));
    yield* new Sleep(1);
    yield* new KillTask(victim);
    const exit = yield* new WaitTask(victim);
    client.write(Uint8Array.of(7));
    yield* new ReadWait(server); // EBUSY, if the dead one still waited
    return { exit, bytes: server.read(10) };
  });
  expect(value).toEqual({ exit: { status: "killed", by: 1, why: "", clean: true }, bytes: Uint8Array.of(7) });
});

test("W6: a task killed in WaitTask does not live until its target ends", () => {
  const scheduler = new OldScheduler();
  function* forEver(): Target {
    for (;;) yield undefined;
  }
  const target = scheduler.spawn(forEver());
  const waiter = scheduler.spawn(
    (function* (): Target {
      yield new OldWaitTask(target);
    })(),
  );
  scheduler.spawn(
    (function* (): Target {
      yield undefined;
      yield new OldKillTask(waiter);
    })(),
  );
  expect(scheduler.run()).toBe("spins");
  expect(scheduler.tasks.has(waiter)).toBe(true);

  const { value } = run(function* () {
    const target = yield* new NewTask(sleeper([]));
    const waiter = yield* new NewTask(new WaitTask(target));
    yield* new Sleep(1);
    yield* new KillTask(waiter);
    return (yield* new WaitTask(waiter)).status;
  });
  expect(value).toBe("killed");
});

test("W7: waiting for oneself, or for each other, is an error and no busy hang", () => {
  const alone = new OldScheduler();
  function* waitsFor(tid: () => number): Target {
    yield new OldWaitTask(tid());
  }
  const tid = alone.spawn(waitsFor(() => tid));
  expect(alone.run()).toBe("spins");
  const pair = new OldScheduler();
  const first: number = pair.spawn(waitsFor(() => second));
  const second = pair.spawn(waitsFor(() => first));
  expect(pair.run()).toBe("spins");

  const self = run(function* () {
    const me = yield* new GetTid();
    return yield* codeOf(wait(me));
  });
  expect(self.value).toBe("EDEADLK");
  const { outcome } = runExit(function* () {
    const me = yield* new GetTid();
    const child = yield* new NewTask(new Join(me));
    yield* new Join(child);
  });
  expect(outcome).toMatchObject({ status: "threw", error: { code: "EDEADLK", cycle: [1, 2] } });
});

function* wait(tid: number): Program<void> {
  yield* new WaitTask(tid);
}

test("W8: a second waiter on one descriptor is refused, the first is untouched", () => {
  const woken: string[] = [];
  const descriptor: Descriptor = { ...silent };
  function* oldReader(name: string): Target {
    yield new OldReadWait(descriptor);
    woken.push(name);
  }
  const scheduler = old(oldReader("first"), oldReader("second"));
  scheduler.spawn(
    (function* (): Target {
      yield undefined;
      descriptor.readable = true;
    })(),
  );
  scheduler.run();
  expect(woken).toEqual(["second"]);

  const { value } = run(function* () {
    const { client, server } = yield* socketPair();
    const first = yield* new NewTask(codeOf(reading(server)));
    yield;
    const second = yield* codeOf(reading(server));
    client.write(Uint8Array.of(1));
    return { first: yield* new Join(first), second };
  });
  expect(value).toEqual({ first: "", second: "EBUSY" });
});

function* reading(pollable: ConstructorParameters<typeof ReadWait>[0]): Program<void> {
  yield* new ReadWait(pollable);
}

test("W9: closing a descriptor wakes its waiter with EBADF, and nobody else is hurt", () => {
  const descriptor: Descriptor = { ...silent };
  const scheduler = old(
    (function* (): Target {
      yield new OldReadWait(descriptor);
    })(),
    (function* (): Target {
      yield undefined;
      descriptor.closed = true;
      for (;;) yield undefined;
    })(),
  );
  expect(() => scheduler.run()).toThrow("bad file descriptor");

  const { value } = run(function* () {
    const { server } = yield* socketPair();
    const reader = yield* new NewTask(codeOf(reading(server)));
    yield* new Sleep(1);
    server.close();
    return yield* new Join(reader);
  });
  expect(value).toBe("EBADF");
});
