// The main thread as another thread of the process sees it, and can stop it: through an inspector session, which works
// even while the main thread is in a loop without end. For a worker that watches over a kernel.

import type { Heartbeat } from "../heartbeat.ts";

/** One JavaScript frame of a turn. */
export interface StuckFrame {
  readonly name: string;
  /** "file:line:column", of the source where its map is known. */
  readonly at: string;
}

/** A turn that does not end, as it was seen. */
export interface StuckStack {
  /** Of the task whose turn it is; 0: what runs is no task's turn. */
  readonly tid: number;
  readonly name: string;
  /** What the task has on its JavaScript stack, innermost first. */
  readonly frames: readonly StuckFrame[];
  /** Names of the task's own frames, innermost first: these are routines and scopes. */
  readonly logical: readonly string[];
}

/** What became of the attempt to end a turn. */
export type EndOutcome =
  | { readonly outcome: "ended"; readonly stack: StuckStack }
  /** It ended by itself, or another turn is under way. */
  | { readonly outcome: "over" }
  /** It cannot be ended there, and why. */
  | { readonly outcome: "refused"; readonly reason: string; readonly stack: StuckStack };

export interface MainThreadOptions {
  /** The heartbeat of the kernel that is watched. */
  readonly heartbeat: Heartbeat;
  /** Called when a turn was ended: has the main thread call `kernel.kick()`, by a message to it. */
  readonly kick: () => void;
  /** How long the main thread may take to answer, ms. Default 2,000. */
  readonly patienceMs?: number;
}

/** What to end, and on whose behalf. */
export interface EndOrder {
  readonly tid: number;
  readonly by: number;
  readonly why: string;
  /** How long the turn has taken, ms. */
  readonly forMs: number;
}

export class MainThread {
  constructor(_options: MainThreadOptions) {}

  /**
   * The stack of what the main thread does now, which then goes on.
   * @throws ETIMEDOUT when it does not answer in time: it runs no JavaScript
   */
  async stack(): Promise<StuckStack> {
    throw new Error("not yet");
  }

  /** Ends the turn under way, if it is this task's. @throws ETIMEDOUT as `stack` */
  async end(_order: EndOrder): Promise<EndOutcome> {
    throw new Error("not yet");
  }

  close(): void {}
}
