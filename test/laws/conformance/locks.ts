// The waits for locks and what is like them.

import { Barrier, Event, Latch, Lock, RLock, Semaphore } from "../../../apps/lib/index.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { NewTask } from "../../../syscalls/index.ts";
import type { Asked, CheckOptions } from "../../kit/index.ts";
import { held, type Table } from "./held.ts";

export const locks: Table = {
  "barrier.wait": () =>
    held((barrier) => barrier.wait(), {
      *setup() {
        return new Barrier(4);
      },
      *answer(barrier: Barrier) {
        for (let missing = barrier.parties - barrier.waiting; missing > 0; missing--) {
          yield* new NewTask(barrier.wait(), "a party");
        }
      },
      waiting: (barrier) => barrier.waiting,
      together: true,
    }),
  "event.wait": () =>
    held((event) => event.wait(), {
      *setup() {
        return new Event();
      },
      answer: (event) => event.set(),
      ready: (event) => event.set(),
    }),
  "latch.wait": () =>
    held((latch) => latch.wait(), {
      *setup() {
        return new Latch(1);
      },
      answer: (latch) => latch.countDown(),
      ready: (latch) => latch.countDown(),
      single: true,
    }),
  "lock.acquire": () =>
    held(
      (lock) => lock.acquire(),
      owned(() => new Lock()),
    ),
  "rlock.acquire": () =>
    held(
      (lock) => lock.acquire(),
      owned(() => new RLock()),
    ),
  "semaphore.acquire": () => held((semaphore) => semaphore.acquire(), permits(1)),
  "semaphore.acquire of several": () => held((semaphore) => semaphore.acquire(3), permits(3)),
};

/** A lock that the main task has, and releases once. */
function owned(make: () => Lock): CheckOptions<Lock> {
  return {
    *setup(): Program<Lock> {
      const lock = make();
      yield* lock.acquire();
      return lock;
    },
    answer: release,
    ready: release,
    waiting: ({ ownership }) => ownership.line.size,
    single: true,
  };
}

function release(lock: Lock, _: Asked): void {
  lock.release();
}

function permits(count: number): CheckOptions<Semaphore> {
  return {
    *setup(): Program<Semaphore> {
      return new Semaphore(0, { max: 30 });
    },
    answer: (semaphore) => semaphore.release(count),
    ready: (semaphore) => semaphore.release(count),
    waiting: ({ line }) => line.size,
  };
}
