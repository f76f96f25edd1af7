// Offload: work for the processor, in another thread, so that it does not hold up every task.

import type { Job, Transferable } from "../kernel/machine/workers.ts";
import { type Kernel, needed, SyscallError, shown, truncated } from "../kernel/syscall.ts";
import { type Asking, Outside } from "./outside.ts";

/** What is called in the thread, and what is handed over to it. */
export interface OffloadOptions {
  /** The name under which the module exports the function. Default "default". */
  readonly export?: string;
  /** Buffers in the data that are handed over instead of copied, and are empty here afterwards. */
  readonly transfer?: readonly Transferable[];
}

const maxNameLength = 256;

/**
 * Calls an exported function of a module in a worker thread and answers with what it returns, or what its promise comes to.
 * Data and result are copied, by structured clone. A job whose task is killed or cancelled, or out of time, is ended with
 * its thread. There is one thread less than the processor has, at least one; 1,024 jobs may wait for one.
 * @throws what the function throws, with its message, stack and code, and what Node says of a module that cannot be loaded;
 * EINVAL when there is no such function, or data cannot be copied; EPIPE when the thread ended without an answer, or that
 * cannot be copied; EAGAIN when too many jobs wait; ENOTSUP on a machine without threads
 *
 * ```ts
 * const total = yield* new Offload<number>(new URL("./sum.ts", import.meta.url), [1, 2, 3], { export: "sum" });
 * ```
 */
export class Offload<T = unknown> extends Outside<T> {
  readonly verb = "offload";
  readonly job: Job;

  /**
   * @param module its URL, or its absolute path: .js, or .ts as Node or tsx takes it
   * @param data what the function is called with
   */
  constructor(module: string | { readonly href: string }, data?: unknown, options: OffloadOptions = {}) {
    super();
    const { export: name = "default", transfer = [] } = options;
    const place = typeof module === "object" && module !== null ? module.href : module;
    if (typeof place !== "string" || !/^([a-z]+:|\/)/i.test(place)) {
      throw new SyscallError(
        "EINVAL",
        `Offload: module ${shown(place)}, give a URL or an absolute path: new URL("./job.ts", import.meta.url)`,
      );
    }
    if (typeof name !== "string" || name === "" || name.length > maxNameLength) {
      throw new SyscallError("EINVAL", `Offload: export ${shown(name)}, give the name of an exported function`);
    }
    this.job = { module: place, export: name, data, transfer };
  }

  get object(): string {
    return `${this.job.export} of ${truncated(this.job.module, 256)}`;
  }

  override get family(): string {
    return "exec";
  }

  protected override begin(kernel: Kernel, asking: Asking): Promise<T> {
    const run = needed(kernel, "workers").run(this.job, asking.signal);
    return run as Promise<T>; // whoever offloads says what the function returns
  }
}
