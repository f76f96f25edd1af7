// Log: a line on the kernel log, which knows the task and the time.

import type { LogLevel } from "../kernel/observer.ts";
import { type Kernel, Syscall, SyscallError, type Task } from "../kernel/syscall.ts";

const levels: ReadonlySet<string> = new Set(["debug", "info", "warn", "error"]);

/** What a line says beside its text. */
export interface LogOptions {
  /** Default: "info". */
  readonly level?: LogLevel;
  /**
   * More of it, by names, for whoever reads logs by machine: the first 32. Each becomes text at once, cut at 1,024
   * characters; what throws when it is looked at is no more than "something that cannot be shown".
   */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/**
 * Writes a line on the kernel log. It is escaped where it is shown, and cut at 16,384 characters.
 * @throws EINVAL for a level that does not exist
 *
 * ```ts
 * yield* new Log("turned away", { level: "warn", fields: { peer: connection.peer, open: 512 } });
 * ```
 */
export class Log extends Syscall<void> {
  readonly text: string;
  readonly level: LogLevel;
  readonly fields: LogOptions["fields"];

  /** @param text for people */
  constructor(text: string, options: LogOptions = {}) {
    super();
    const { level = "info", fields } = options;
    if (!levels.has(level)) {
      throw new SyscallError("EINVAL", `Log: ${String(level)} is no level: ${[...levels].join(", ")}`);
    }
    this.text = text;
    this.level = level;
    this.fields = fields;
  }

  override get family(): string {
    return "log";
  }

  override handle(task: Task, kernel: Kernel): void {
    kernel.log(this.level, task.tid, String(this.text), this.fields);
  }
}
