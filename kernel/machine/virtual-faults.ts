// What can go wrong on the virtual machine, how likely each kind is, and how often it really did. A fault is counted
// when it takes effect, not when it is drawn, so that a kind that was never hit shows as 0.

import { SyscallError } from "../errors.ts";
import type { Random } from "./random.ts";

/**
 * The probability, 0 to 1, of each kind each time it could happen. The first seven change when things happen and in
 * what portions, never what a correct program computes; the others end something or move the clock.
 */
export interface FaultPlan {
  /** A read gives a part of what is there. */
  readonly shortRead: number;
  /** A write takes a part of what there is room for. */
  readonly shortWrite: number;
  /** A read, write or accept would block though it was ready; readiness comes back by itself. */
  readonly wouldBlock: number;
  /** A watcher is told late. */
  readonly delayedReadiness: number;
  /** A watcher is told, and whoever watches that direction some time later is told again, ready or not. */
  readonly duplicatedReadiness: number;
  /** What is due in one poll happens in another order. */
  readonly reorderedReadiness: number;
  /** A watcher is told though nothing happened: the next read or write would block. */
  readonly spuriousReadiness: number;
  /** Both ends of a connection get ECONNRESET. */
  readonly reset: number;
  /** A write throws EPIPE: the connection is gone, and the other end gets ECONNRESET. */
  readonly brokenPipe: number;
  /** The peer's sending side is shut down, as by another holder of its descriptor: its writes then throw EPIPE. */
  readonly halfClose: number;
  /** A connect is refused though somebody listens. */
  readonly refusedConnect: number;
  /** An accept throws EMFILE; the connection stays in the backlog. */
  readonly outOfDescriptors: number;
  /** The clock jumps ahead in a poll, by up to an hour, as after a suspend. */
  readonly clockJump: number;
}

export type FaultKind = keyof FaultPlan;

/** No faults: everything there is, in order, after the latency alone. */
export const noFaults: FaultPlan = {
  shortRead: 0,
  shortWrite: 0,
  wouldBlock: 0,
  delayedReadiness: 0,
  duplicatedReadiness: 0,
  reorderedReadiness: 0,
  spuriousReadiness: 0,
  reset: 0,
  brokenPipe: 0,
  halfClose: 0,
  refusedConnect: 0,
  outOfDescriptors: 0,
  clockJump: 0,
};

/** Only what a correct program cannot tell from a slow, busy network: fragments, delays, false alarms. */
export const benignFaults: FaultPlan = {
  ...noFaults,
  shortRead: 0.2,
  shortWrite: 0.2,
  wouldBlock: 0.05,
  delayedReadiness: 0.05,
  duplicatedReadiness: 0.05,
  reorderedReadiness: 0.2,
  spuriousReadiness: 0.05,
};

/** Every kind, at rates that let most conversations of a few dozen operations end well. */
export const allFaults: FaultPlan = {
  ...benignFaults,
  reset: 0.003,
  brokenPipe: 0.003,
  halfClose: 0.003,
  refusedConnect: 0.03,
  outOfDescriptors: 0.05,
  clockJump: 0.003,
};

/** The order in which kinds are listed. */
export const faultKinds: readonly FaultKind[] = Object.keys(noFaults) as FaultKind[]; // the keys of the literal above

/** Draws and counts the faults of one machine. */
export class Faults {
  /** How often each kind took effect. */
  readonly counts: Record<FaultKind, number> = { ...noFaults };
  readonly #random: Random;
  #plan: FaultPlan;

  constructor(plan: Partial<FaultPlan>, random: Random) {
    for (const [kind, p] of Object.entries(plan)) {
      if (!Object.hasOwn(noFaults, kind)) {
        throw new SyscallError("EINVAL", `no fault is called "${kind}": the kinds are ${faultKinds.join(", ")}`);
      }
      if (!(p >= 0 && p <= 1)) {
        throw new SyscallError("EINVAL", `the probability of ${kind} is from 0 to 1, not ${p}`);
      }
    }
    this.#plan = { ...noFaults, ...plan };
    this.#random = random;
  }

  /** True when this kind is to happen now or later; `hit` counts it once it did. */
  draws(kind: FaultKind): boolean {
    const p = this.#plan[kind];
    return p > 0 && this.#random.chance(p);
  }

  /** Counts one effect; false when the machine was healed since the draw, and it must not happen. */
  hit(kind: FaultKind): boolean {
    if (this.#plan[kind] === 0) return false;
    this.counts[kind] += 1;
    return true;
  }

  /** Draws, and counts at once. */
  strikes(kind: FaultKind): boolean {
    return this.draws(kind) && this.hit(kind);
  }

  /** No more faults from here on. */
  heal(): void {
    this.#plan = noFaults;
  }
}
