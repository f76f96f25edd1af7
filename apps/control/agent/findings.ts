// What is wrong, and with whom. Each kind of finding has a small class or function here or beside: what it takes to be one is
// said there, and is chosen so that a healthy task is none. What is found by comparing two moments is looked for once
// a second. To add one: a letter in records.ts and columns.ts, a finder in the list below, a line in the help, and two
// tests: that it is found, and that its healthy neighbour is not.

import { findingOrder } from "../columns.ts";
import type { Finding, FindingLetter } from "../records.ts";
import { crashes, cycles, deadlock, type Found, orphans, slowTurns, starving } from "./finders.ts";
import { GrowingMailboxes } from "./growing-mailboxes.ts";
import { IdleEndpoints } from "./idle-endpoints.ts";
import { IdleYielders } from "./idle-yielders.ts";
import type { Snapshot } from "./snapshot.ts";
import { StuckTurns } from "./stuck-turns.ts";

/** Findings in a frame, and tids that one names, at most; letters beside tasks are given all the same. */
const maxFindings = 256;
const maxTids = 64;

/** A finder that remembers. */
export interface Finder {
  /** Once a second. */
  look(snapshot: Snapshot): readonly Found[];
}

export class Findings {
  /** Turns that did not end by themselves; the guard tells. */
  readonly stuckTurns: StuckTurns = new StuckTurns();
  readonly endpoints: IdleEndpoints = new IdleEndpoints();
  readonly #finders: readonly Finder[] = [this.endpoints, new GrowingMailboxes(), new IdleYielders()];
  #looked: readonly Found[] = [];
  #latest: readonly Found[] = [];
  #latestAt = 0;

  /** Compares this moment with the one a second before. */
  look(snapshot: Snapshot): void {
    this.#looked = this.#finders.flatMap((finder) => finder.look(snapshot));
  }

  /** What is found at this moment, the worst first; the snapshot is told. */
  find(snapshot: Snapshot): Finding[] {
    const found = [
      ...deadlock(snapshot),
      ...cycles(snapshot),
      ...this.stuckTurns.find(snapshot),
      ...starving(snapshot),
      ...slowTurns(snapshot),
      ...crashes(snapshot),
      ...orphans(snapshot),
      ...this.#looked,
    ];
    const sorted = found.sort((one, other) => severity(one) - severity(other));
    snapshot.findings = letters(sorted);
    this.#latest = sorted;
    this.#latestAt = snapshot.uptimeMs;
    return sorted.slice(0, maxFindings).map((each) => asFinding(each, snapshot.uptimeMs));
  }

  /** Of what was found last, what is about a task. */
  about(tid: number): Finding[] {
    const about = this.#latest.filter(({ tids }) => tids.includes(tid));
    return about.slice(0, maxFindings).map((each) => asFinding(each, this.#latestAt));
  }
}

function severity({ letter }: Found): number {
  return findingOrder.indexOf(letter);
}

function letters(sorted: readonly Found[]): ReadonlyMap<number, FindingLetter> {
  const worst = new Map<number, FindingLetter>();
  for (const { letter, tids } of sorted) for (const tid of tids) if (!worst.has(tid)) worst.set(tid, letter);
  return worst;
}

function asFinding({ letter, tids, ring, text, since }: Found, uptimeMs: number): Finding {
  const known = ring === undefined ? {} : { ring: ring.slice(0, maxTids) };
  return { letter, tids: tids.slice(0, maxTids), ...known, text, forMs: Math.max(0, uptimeMs - since) };
}
