// N: a task whose turn did not end until somebody ended it, or after very long. It cannot be seen from here, where it is
// over: the guard, which saw it, tells.

import type { Stuck } from "../records.ts";
import { type Found, who } from "./finders.ts";
import type { Snapshot } from "./snapshot.ts";

/** Shown for so long after it was over, ms; at most so many. */
const shownMs = 60_000;
const most = 16;

interface Over {
  readonly stuck: Stuck;
  /** When it was over, whole ms since boot. */
  readonly at: number;
}

export class StuckTurns {
  #latest: readonly Over[] = [];

  /** A turn that had not ended is over. @param at whole ms since boot */
  over(stuck: Stuck, at: number): void {
    this.#latest = [...this.#latest.filter(({ stuck: { tid } }) => tid !== stuck.tid), { stuck, at }].slice(-most);
  }

  find({ uptimeMs }: Snapshot): Found[] {
    this.#latest = this.#latest.filter(({ at }) => uptimeMs - at <= shownMs);
    return this.#latest.map(({ stuck: { tid, name, forMs, stack }, at }) => {
      const where = stack[0] === undefined ? "" : ` at ${stack[0]}`;
      const text = `${who(tid, name)} did not yield for ${Math.round(forMs)} ms${where}`;
      return { letter: "N", tids: [tid], text, since: Math.max(0, Math.floor(at - forMs)) };
    });
  }
}
