// A kernel at one moment: every task once, and what has to be counted over all of them. What no part of a frame asks for is
// not counted.

import type { Kernel } from "../../../kernel/kernel.ts";
import type { Task } from "../../../kernel/task.ts";
import type { FindingLetter, StateLetter } from "../records.ts";
import type { Apps } from "./apps.ts";
import { EndedEntry, LiveEntry, type Moment } from "./entry.ts";

export class Snapshot implements Moment {
  readonly kernel: Kernel;
  readonly uptimeMs: number;
  readonly live: readonly LiveEntry[];
  readonly states: Readonly<Partial<Record<StateLetter, number>>>;
  readonly #apps: Apps;
  readonly #appNames = new Map<number, string>();
  #children: Map<number, number> | undefined = undefined;
  #places: Map<Task, number> | undefined = undefined;

  constructor(kernel: Kernel, apps: Apps) {
    this.kernel = kernel;
    this.#apps = apps;
    this.uptimeMs = Math.floor(kernel.clock() - kernel.bootedAt);
    const live: LiveEntry[] = [];
    const states: Partial<Record<StateLetter, number>> = {};
    for (const task of kernel.tasks) {
      const entry = new LiveEntry(task, this);
      live.push(entry);
      states[entry.state] = (states[entry.state] ?? 0) + 1;
    }
    this.live = live;
    this.states = states;
  }

  /** Those that have ended and are remembered, oldest first. */
  ended(): readonly EndedEntry[] {
    return this.kernel.exits
      .latest()
      .reverse()
      .map((record) => new EndedEntry(record, this));
  }

  /** By who started it: the nearest of its ancestors that is an app. */
  appOf(tid: number): string {
    const trail: number[] = [];
    let name: string | undefined;
    for (let at = tid; name === undefined; ) {
      name = this.#appNames.get(at) ?? this.#apps.get(at)?.name;
      trail.push(at);
      if (name !== undefined) break;
      const task = this.kernel.tasks.get(at);
      // One whose parent has ended may still come of an app that has: its tid is remembered.
      const next = task === undefined ? 0 : this.#apps.get(task.parentTid) ? task.parentTid : (task.parent?.tid ?? 0);
      if (next === 0) name = "";
      at = next;
    }
    for (const each of trail) this.#appNames.set(each, name);
    return name;
  }

  childrenOf(tid: number): number {
    if (this.#children === undefined) {
      this.#children = new Map();
      for (const { parent } of this.live) this.#children.set(parent, (this.#children.get(parent) ?? 0) + 1);
    }
    return this.#children.get(tid) ?? 0;
  }

  placeOf(task: Task): number {
    if (this.#places === undefined) {
      this.#places = new Map();
      for (const ready of this.kernel.readyTasks()) {
        if (!ready.isOver) this.#places.set(ready, this.#places.size + 1);
      }
    }
    return this.#places.get(task) ?? 0;
  }

  findingOf(_tid: number): FindingLetter | "" {
    return "";
  }

  isInCycle(_tid: number): boolean {
    return false;
  }
}
