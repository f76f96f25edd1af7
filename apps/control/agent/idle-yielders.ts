// Y: a task that has had turn after turn for a whole second, and made no syscall in any of them: it only gives up the CPU,
// and takes a turn of everybody else each time. Known only while somebody watches.

import { type Found, who } from "./finders.ts";
import type { Finder } from "./findings.ts";
import type { Snapshot } from "./snapshot.ts";

/** Turns in a second; fewer hurt nobody. */
const leastTurns = 100;

export class IdleYielders implements Finder {
  #since: ReadonlyMap<number, number> = new Map();

  look({ live, last, states, uptimeMs }: Snapshot): Found[] {
    const since = new Map<number, number>();
    const found: Found[] = [];
    // One that yields is ready whenever somebody looks.
    if (last !== undefined && last.ms > 0 && (states.r ?? 0) + (states.R ?? 0) > 0) {
      for (const { state, tid, name, watched } of live) {
        if ((state !== "r" && state !== "R") || watched === undefined) continue;
        const { turns, traps } = watched.window;
        if (traps > 0 || (1_000 * turns) / last.ms < leastTurns) continue;
        const at = this.#since.get(tid) ?? Math.max(0, Math.floor(uptimeMs - last.ms));
        since.set(tid, at);
        found.push({
          letter: "Y",
          tids: [tid],
          text: `${who(tid, name)} gives up the CPU and does nothing else`,
          since: at,
        });
      }
    }
    this.#since = since;
    return found;
  }
}
