// The errors a task can meet. A task's error is a value delivered to that task, with an errno-style `code` to
// branch on and a message that names the thing, the value and the way out. A KernelPanic is ours, never a task's.

/** Codes the kernel, the machines and the shipped syscalls use; a syscall of your own may bring its own. */
export type ErrorCode =
  | "E2BIG"
  | "EACCES"
  | "EADDRINUSE"
  | "EADDRNOTAVAIL"
  | "EAGAIN"
  | "EBADF"
  | "EBUSY"
  | "ECANCELED"
  | "ECERT"
  | "ECONNABORTED"
  | "ECONNREFUSED"
  | "ECONNRESET"
  | "EDEADLK"
  | "EEXIST"
  | "EHOSTUNREACH"
  | "EINVAL"
  | "EIO"
  | "EISDIR"
  | "EMFILE"
  | "EMSGSIZE"
  | "ENAMETOOLONG"
  | "ENOENT"
  | "ENOEXEC"
  | "ENOSPC"
  | "ENOTDIR"
  | "ENOTFOUND"
  | "ENOTSUP"
  | "EOVERFLOW"
  | "EOWNERDEAD"
  | "EPERM"
  | "EPIPE"
  | "EPROTO"
  | "ESPIPE"
  | "ESRCH"
  | "ESTALE"
  | "ETIMEDOUT"
  | (string & {});

/** What a syscall throws into the task that made it. */
export class SyscallError extends Error {
  readonly code: ErrorCode;

  /**
   * @param code errno-style name to branch on
   * @param message a sentence: the thing, the value, the way out
   * @param options `cause`, as for any Error
   */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  static {
    // On the prototype, so that making one costs no extra property.
    SyscallError.prototype.name = "SyscallError";
  }
}

/** Thrown once into a task that is asked to end (`CancelTask`, shutdown): catch it to tidy up, then let it go on. */
export class Cancelled extends SyscallError {
  /** The tid that asked; 0 when it came from outside the kernel. */
  readonly by: number;
  /** The reason given, already bounded. */
  readonly why: string;

  constructor(by: number, why: string) {
    super("ECANCELED", `cancelled ${by === 0 ? "from outside" : `by task ${by}`}${why === "" ? "" : `: ${why}`}`);
    this.by = by;
    this.why = why;
  }

  static {
    Cancelled.prototype.name = "Cancelled";
  }
}

/** Every live task waits, and nothing can ever wake one. The message holds the table and the cycle. */
export class DeadlockError extends Error {
  readonly code = "EDEADLK";
  /** Tids that wait for each other, in order; empty when they wait for something that nobody holds. */
  readonly cycle: readonly number[];

  constructor(report: string, cycle: readonly number[]) {
    super(report);
    this.cycle = cycle;
  }

  static {
    DeadlockError.prototype.name = "DeadlockError";
  }
}

/** A kernel invariant failed. Always a bug of the kernel or of a syscall that broke its contract: the run stops. */
export class KernelPanic extends Error {
  // Private, so that printing the error does not print a thousand lines unasked.
  readonly #dump: string;

  constructor(message: string, dump: string, options?: ErrorOptions) {
    super(message, options);
    this.#dump = dump;
  }

  /** Task table and latest trace, as text. */
  get dump(): string {
    return this.#dump;
  }

  static {
    KernelPanic.prototype.name = "KernelPanic";
  }
}
