// G: a mailbox that has grown for five seconds and more, to sixteen messages at least, and was never smaller at a look than
// at the one before. One that its owner keeps up with goes up and down.

import { mailboxSize } from "../../../syscalls/tell.ts";
import { type Found, who } from "./finders.ts";
import type { Finder } from "./findings.ts";
import type { Snapshot } from "./snapshot.ts";

const leastMessages = 16;
const leastMs = 5_000;

interface Growth {
  readonly since: number;
  /** How many messages there were at its beginning. */
  readonly from: number;
  readonly size: number;
}

export class GrowingMailboxes implements Finder {
  #growths: ReadonlyMap<number, Growth> = new Map();

  look({ live, uptimeMs }: Snapshot): Found[] {
    const growths = new Map<number, Growth>();
    const found: Found[] = [];
    for (const { task } of live) {
      const size = mailboxSize(task);
      if (size === 0) continue;
      const before = this.#growths.get(task.tid);
      const isSmaller = before !== undefined && size < before.size;
      const { since, from } = before === undefined || isSmaller ? { since: uptimeMs, from: size } : before;
      growths.set(task.tid, { since, from, size });
      if (uptimeMs - since < leastMs || size < leastMessages || size === from) continue;
      const text = `${who(task.tid, task.name)} has ${size} messages that it has not received, and they only become more`;
      found.push({ letter: "G", tids: [task.tid], text, since });
    }
    this.#growths = growths;
    return found;
  }
}
