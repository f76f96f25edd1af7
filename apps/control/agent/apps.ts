// The apps of a kernel: which tasks were started as one, by `run` or from outside, and how they ended. Whatever else runs
// belongs to the app that it comes of.

import type { Kernel } from "../../../kernel/kernel.ts";
import type { Exit } from "../../../kernel/syscall.ts";
import type { AppRow, GaugeRecord } from "../records.ts";
import { exitRecordText } from "./exit-words.ts";
import type { Snapshot } from "./snapshot.ts";

/** An app's main task. */
export interface StartedApp {
  readonly tid: number;
  readonly name: string;
  /** Where its module is, as it was given. */
  readonly path: string;
  readonly argv: readonly string[];
  /** ms since boot. */
  readonly at: number;
  /** How many of the same name and module were started before. */
  readonly restarts: number;
}

/** Apps that are remembered, the run's own among them. */
const maxApps = 256;

export class Apps {
  readonly #apps = new Map<number, StartedApp>();
  readonly #exits = new Map<number, Exit>();

  /**
   * A task was started as an app.
   * @param tid of its main task
   * @param path where its module is, as it was given
   * @param at ms since boot; the run's own app began with it
   */
  started(tid: number, name: string, path: string, argv: readonly string[], at = 0): void {
    const restarts = this.all().filter((app) => app.name === name && app.path === path).length;
    this.#apps.set(tid, { tid, name, path, argv: [...argv], at, restarts });
    if (this.#apps.size > maxApps) this.#forget();
  }

  /** An app's main task has ended. */
  ended(tid: number, exit: Exit): void {
    if (this.#apps.has(tid)) this.#exits.set(tid, exit);
  }

  get size(): number {
    return this.#apps.size;
  }

  /** The app whose main task this is. */
  get(tid: number): StartedApp | undefined {
    return this.#apps.get(tid);
  }

  /**
   * The app that a task belongs to, be it alive or remembered: tid of the main task that is the nearest of those that it
   * comes of; 0: none.
   */
  of(tid: number, { tasks, exits }: Pick<Kernel, "tasks" | "exits">): number {
    for (let at = tid; at > 0; ) {
      if (this.#apps.has(at)) return at;
      const task = tasks.get(at);
      const parentTid = task?.parentTid ?? exits.find(at)?.parentTid ?? 0;
      const isKnown = this.#apps.has(parentTid) || (tasks.get(parentTid) ?? exits.find(parentTid)) !== undefined;
      at = isKnown ? parentTid : (task?.parent?.tid ?? 0);
    }
    return 0;
  }

  /** In the order in which they were started. */
  all(): readonly StartedApp[] {
    return [...this.#apps.values()];
  }

  /** How it ended, as far as that is known; undefined: it has not. */
  exitOf(tid: number): Exit | undefined {
    return this.#exits.get(tid);
  }

  // The oldest that is over; where none is, the oldest but the run's own.
  #forget(): void {
    const tids = [...this.#apps.keys()];
    const tid = tids.find((each) => this.#exits.has(each)) ?? tids[1] ?? 0;
    this.#apps.delete(tid);
    this.#exits.delete(tid);
  }
}

/** The apps of a kernel as rows, in the order in which they were started. */
export function appRows(snapshot: Snapshot): AppRow[] {
  const tasks = new Map<number, number>();
  const shares = new Map<number, number>();
  for (const { tid, cpu } of snapshot.live) {
    const app = snapshot.appTidOf(tid);
    tasks.set(app, (tasks.get(app) ?? 0) + 1);
    if (cpu !== null) shares.set(app, (shares.get(app) ?? 0) + cpu);
  }
  const gauges = gaugesOf(snapshot);
  return snapshot.apps.all().map(({ tid, name, path, argv, at, restarts }) => {
    const exit = snapshot.apps.exitOf(tid) ?? snapshot.kernel.exits.find(tid)?.exit;
    return {
      tid,
      name,
      path,
      argv,
      state: exit?.status ?? "running",
      exit: exit === undefined ? "" : exitRecordText(exit),
      startedAt: at,
      tasks: tasks.get(tid) ?? 0,
      restarts,
      cpu: snapshot.last === undefined ? null : (shares.get(tid) ?? 0),
      gauges: gauges.get(tid) ?? [],
    };
  });
}

/** Gauges by app. */
function gaugesOf(snapshot: Snapshot): ReadonlyMap<number, readonly GaugeRecord[]> {
  const gauges = new Map<number, GaugeRecord[]>();
  for (const gauge of snapshot.kernel.gauges) {
    const { name, value, task } = gauge;
    const app = snapshot.appTidOf(task.tid);
    const record = { name, tid: task.tid, value, history: snapshot.watch?.gaugeHistory(gauge) ?? [] };
    const own = gauges.get(app);
    if (own === undefined) gauges.set(app, [record]);
    else own.push(record);
  }
  return gauges;
}
