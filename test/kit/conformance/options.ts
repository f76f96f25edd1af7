// What whoever checks a syscall says of it: how to make one, and how what it waits for comes about.

import type { Kernel, Syscall, Tid } from "../../../kernel/syscall.ts";
import type { RunOptions } from "../run.ts";

/** Who asks, for a syscall whose making depends on it. */
export interface Asker {
  readonly kernel: Kernel;
  readonly tid: Tid;
}

/** What `answer` and `ready` may want to know. */
export interface Asked {
  readonly kernel: Kernel;
  /** The tasks that wait for it now, oldest first; before anybody waits, those that are about to ask. */
  readonly askers: readonly Tid[];
}

/**
 * Makes a new syscall each time.
 * @param context what `setup` returned in this run
 */
export type Make<T, C> = (context: C, asker: Asker) => Syscall<T>;

/**
 * Does something in a run. Called in a task's turn; a generator, a routine's call or a syscall that it returns is run by a
 * task of its own, and anything else is ignored.
 */
export type Act<C> = (context: C, asked: Asked) => unknown;

export interface CheckOptions<C> {
  /**
   * Makes what the syscall works on: a queue, a socket, a task. A program, run anew at the beginning of each run; what it
   * returns is the context of all the others. Its tasks should wait, and not come and go.
   */
  readonly setup?: () => Generator<unknown, C, unknown>;
  /**
   * Brings about, once, what the syscall waits for; more than three never wait for it at a time. Left out: it is never to
   * wait. A sleep answers itself: `() => {}`; up to `patienceMs` pass after it.
   */
  readonly answer?: Act<C>;
  /** The same before anybody asks, where it can be: then it is to answer at once, and what is given back is to be kept. */
  readonly ready?: Act<C>;
  /** One whose handler is to throw. */
  readonly refused?: Make<unknown, C>;
  /** How many wait, as far as what they wait in knows: `(queue) => queue.size`. Finds what else only a memory leak shows. */
  readonly waiting?: (context: C) => number;
  /**
   * True: an answer is for one task and no other, as a signal is, or no more than the news that something is done, as a
   * sender's: when its task is killed, nobody else has less. Default false.
   */
  readonly personal?: boolean;
  /** True: `answer` can be called once in a run, as who has a lock can release it once. Default false. */
  readonly single?: boolean;
  /**
   * True: one that leaves changes it for the others, as at a barrier, or where what it works on ends with its task; so
   * nobody is asked to be served after it. Default false.
   */
  readonly together?: boolean;
  /** True: who came first need not be served first, as where some have priority. Default false. */
  readonly anyOrder?: boolean;
  /** True: an answer cannot be called off, and may come to a waiter that is gone, as a promise's does. Default false. */
  readonly late?: boolean;
  /** Simulated ms that are given for an answer to arrive, and for all to settle. Default 100. */
  readonly patienceMs?: number;
  /** Of each run, as for `run`: a seed, a host, bounds. No faults: they may keep an `answer` from having its effect. */
  readonly run?: Omit<RunOptions, "faults" | "observers" | "quantum" | "schedule">;
}
