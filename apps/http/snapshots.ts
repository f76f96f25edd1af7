// The tasks of the kernel, seen twice a second while anybody watches: made once for all who do. Who is slow misses what
// was between, and gets the latest: nothing is kept for anybody.

import { Buffer } from "node:buffer";
import type { TaskRecord } from "../../kernel/observer.ts";
import { type Call, type Program, routine } from "../../kernel/syscall.ts";
import { ListTasks, Park, Select, Sleep, WaitQueue } from "../../syscalls/index.ts";
import { type Event, until } from "../lib/index.ts";

/** Tasks that a snapshot has at most; it says how many there are. */
const mostRows = 1_000;

export class Snapshots {
  readonly #everyMs: number;
  readonly #entered = new WaitQueue("wait for", "somebody to look");
  readonly #made = new WaitQueue("wait for", "the next snapshot");
  #viewers = 0;
  #version = 0;
  #event: Uint8Array = new Uint8Array(0);

  /** @param everyMs how often one is made, milliseconds */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Makes them, while somebody watches. One task's whole work. */
  run(): Call<void> {
    return Snapshots.#run(this);
  }

  /**
   * Hands on the latest, and each newer one once the one before has been taken, until the end.
   * @param take gets each as an event of a stream, one line of JSON
   */
  watch(take: (event: Uint8Array) => Call<void>, end: Event): Call<void> {
    return Snapshots.#watch(this, take, end);
  }

  static readonly #run = routine(function* makeSnapshots(it: Snapshots): Program<void> {
    for (;;) {
      yield* until(it.#entered, () => it.#viewers > 0);
      const line = JSON.stringify(snapshotOf(yield* new ListTasks()));
      it.#event = Buffer.from(`data: ${line}\n\n`); // made once, whoever takes it
      it.#version++;
      it.#made.wake(Number.POSITIVE_INFINITY);
      yield* new Sleep(it.#everyMs);
    }
  });

  static readonly #watch = routine(function* watchTasks(
    it: Snapshots,
    take: (event: Uint8Array) => Call<void>,
    end: Event,
  ): Program<void> {
    it.#viewers++;
    it.#entered.wake();
    try {
      // The one from before is as old as the last look of somebody else.
      for (let seen = it.#version; ; ) {
        while (seen === it.#version) {
          const { key } = yield* new Select({ made: new Park(it.#made), end: end.wait() });
          if (key === "end") return;
        }
        seen = it.#version;
        yield* take(it.#event);
      }
    } finally {
      it.#viewers--;
    }
  });
}

/** What the page shows of a task. */
interface Row {
  readonly tid: number;
  readonly name: string;
  readonly state: string;
  readonly waits: string;
  readonly forMs: number;
}

function snapshotOf(tasks: readonly TaskRecord[]): { readonly total: number; readonly tasks: readonly Row[] } {
  return { total: tasks.length, tasks: tasks.slice(0, mostRows).map(rowOf) };
}

function rowOf({ tid, name, state, stopped, verb, object, forMs }: TaskRecord): Row {
  return { tid, name, state: stopped ? "stopped" : state, waits: `${verb} ${object}`.trim(), forMs };
}
