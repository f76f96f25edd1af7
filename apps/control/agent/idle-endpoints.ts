// L: a socket that is open and that nobody has waited for, read or written for half a minute, while its owner waits for
// something else. It may be meant so, as in a pool: the finding says no more than that nobody waits.

import { State } from "../../../kernel/task.ts";
import { type Found, who } from "./finders.ts";
import type { Finder } from "./findings.ts";
import { type Open, openEndpoints } from "./polls.ts";
import type { Snapshot } from "./snapshot.ts";

const leastMs = 30_000;

interface Idle {
  readonly since: number;
  readonly bytes: number;
}

export class IdleEndpoints implements Finder {
  #idle: ReadonlyMap<object, Idle> = new Map();

  look(snapshot: Snapshot): Found[] {
    const { uptimeMs } = snapshot;
    const idle = new Map<object, Idle>();
    const found: Found[] = [];
    for (const open of openEndpoints(snapshot)) {
      if (!open.isSocket || open.isWaitedFor) continue;
      const bytes = open.bytesRead + open.bytesWritten;
      const before = this.#idle.get(open.endpoint);
      const since = before?.bytes === bytes ? before.since : uptimeMs;
      idle.set(open.endpoint, { since, bytes });
      const leak = this.#leak(open, since, uptimeMs);
      if (leak !== undefined) found.push(leak);
    }
    this.#idle = idle;
    return found;
  }

  /** Since when nobody has waited for it, as far as was seen; undefined where somebody has. */
  since(endpoint: object): number | undefined {
    return this.#idle.get(endpoint)?.since;
  }

  /** Whether it is a finding. */
  isLeak(open: Open, uptimeMs: number): boolean {
    const since = this.since(open.endpoint);
    return since !== undefined && !open.isWaitedFor && this.#leak(open, since, uptimeMs) !== undefined;
  }

  #leak({ owner, label }: Open, since: number, uptimeMs: number): Found | undefined {
    if (owner === undefined || owner.state !== State.blocked || uptimeMs - since < leastMs) return undefined;
    const text = `nobody waits for ${label}, which ${who(owner.tid, owner.name)} holds open`;
    return { letter: "L", tids: [owner.tid], text, since };
  }
}
