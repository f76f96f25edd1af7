// A pool of worker threads for work that would hold up every task, by piscina. Its package is loaded with the first job, and
// threads are started as jobs come; those that have nothing to do end, and none keeps the process alive. A job that is given
// up is ended with its thread: there is no other way to stop JavaScript that is busy.
//
// Jobs wait here and not in piscina's queue: that one is looked at when a thread becomes free, and a thread that was ended
// does not.

import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import * as nodeProcess from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Piscina } from "piscina";
import { SyscallError } from "../errors.ts";
import { printable } from "../text.ts";
import { type Outcome, revived } from "./worker-error.ts";

/** What can be handed over instead of copied. */
export type Transferable = ArrayBuffer;

/** A function to be called in another thread. */
export interface Job {
  /** A module's URL, or its absolute path. */
  readonly module: string;
  /** The name under which the module exports it. */
  readonly export: string;
  /** What it is called with: anything that structured clone copies. */
  readonly data: unknown;
  readonly transfer: readonly Transferable[];
}

/** Of an AbortSignal what is needed, for compilers that know none (neither DOM nor Node types). */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(name: "abort", listener: () => void, options?: { once: boolean }): void;
  removeEventListener(name: "abort", listener: () => void): void;
}

/** The worker threads of a host. */
export interface Workers {
  /**
   * Calls a job's function, and gives what it returns.
   * @param signal ends the job, and its thread
   */
  run(job: Job, signal: StopSignal): Promise<unknown>;
}

export interface WorkerPoolOptions {
  /** Threads at once. Default: one less than the processor has, at least one. */
  readonly threads?: number;
  /** Jobs that may wait for a thread. Default 1,024. */
  readonly waiting?: number;
  /** How long a thread stays without a job, ms. Default 10,000. */
  readonly idleMs?: number;
}

export class WorkerPool implements Workers {
  readonly #options: Required<WorkerPoolOptions>;
  readonly #free: Turns;
  #pool: Promise<Piscina> | undefined = undefined;
  #closed = false;

  constructor(options: WorkerPoolOptions = {}) {
    const threads = Math.max(1, availableParallelism() - 1);
    this.#options = { threads, waiting: 1_024, idleMs: 10_000, ...options };
    this.#free = new Turns(this.#options.threads, this.#options.waiting);
  }

  /** How many threads there are. */
  async threads(): Promise<number> {
    return (await this.#pool)?.threads.length ?? 0;
  }

  async run(job: Job, signal: StopSignal): Promise<unknown> {
    await this.#free.take(signal);
    let outcome: Outcome;
    try {
      if (this.#closed) throw new SyscallError("ECANCELED", "the machine is closed: no job can be started");
      this.#pool ??= started(this.#options);
      const pool = await this.#pool;
      const order = { url: urlOf(job.module), name: job.export, data: job.data };
      const transferList = [...job.transfer] as never; // its own list of what can be is of a newer Node
      outcome = await pool.run(order, { name: "default", signal, transferList });
    } catch (error) {
      throw failure(error, job);
    } finally {
      this.#free.give();
    }
    if ("value" in outcome) return outcome.value;
    throw revived(outcome.thrown);
  }

  /** Ends every thread. */
  close(): void {
    this.#closed = true;
    this.#pool?.then((pool) => pool.destroy()).catch(ignore); // it could not be started: whoever asked was told
    this.#pool = undefined;
  }
}

function ignore(): void {}

const isSource = import.meta.url.endsWith(".ts");

async function started({ threads, idleMs }: Required<WorkerPoolOptions>): Promise<Piscina> {
  const { Piscina } = await import("piscina");
  const pool = new Piscina({
    filename: fileURLToPath(new URL(`./worker-job.${isSource ? "ts" : "js"}`, import.meta.url)),
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: idleMs,
    ...loader(),
  });
  // A thread that breaks between two jobs: the next one gets another.
  pool.on("error", ignore);
  return pool;
}

// How a thread loads this very source, where Node cannot: piscina first requires it. A job's module is another matter, see
// worker-job.ts. Of the process's own options a thread gets none: with `-e` it would run that program, too.
function loader(): { execArgv: string[] } {
  const isStripping = "typescript" in nodeProcess.features && Boolean(nodeProcess.features.typescript);
  if (!isSource || isStripping) return { execArgv: [] };
  return { execArgv: ["--require", createRequire(import.meta.url).resolve("tsx/cjs")] };
}

function urlOf(module: string): string {
  return URL.canParse(module) && !/^[a-z]:\\/i.test(module) ? module : pathToFileURL(module).href;
}

/** What became of the thread, or of the message to it. What the job threw is no matter of this. */
function failure(error: unknown, job: Job): unknown {
  if (error instanceof SyscallError) return error;
  const what = `${job.export} of ${printable(job.module, 256)}`;
  if (error instanceof Error && error.name === "DataCloneError") {
    const message = `${what}: its data cannot be copied to another thread: ${error.message}`;
    return new SyscallError("EINVAL", message, { cause: error });
  }
  const message = `${what}: its thread broke, or its result cannot be copied to another one`;
  return new SyscallError("EPIPE", message, { cause: error });
}

/** So many at once; the others wait in line, and leave it when they are given up. */
class Turns {
  #free: number;
  readonly #most: number;
  readonly #line = new Set<() => void>();

  constructor(free: number, most: number) {
    this.#free = free;
    this.#most = most;
  }

  /** @throws EAGAIN when too many wait; the signal's reason when that fires */
  take(signal: StopSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    if (this.#line.size >= this.#most) {
      const message = `${this.#line.size} jobs wait for a worker thread, at most ${this.#most}: wait for some to end`;
      return Promise.reject(new SyscallError("EAGAIN", message));
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        if (this.#line.delete(resolve)) reject(signal.reason);
      };
      this.#line.add(resolve);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  give(): void {
    const [next] = this.#line;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#line.delete(next);
    next();
  }
}
