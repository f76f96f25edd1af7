// GetTerminal: what an app's output is shown on. The machine is the only one that may look.

import type { OutputName, Terminal } from "../kernel/machine/host-parts.ts";
import { type Kernel, Syscall, SyscallError, shown, type Task } from "../kernel/syscall.ts";

/**
 * The terminal that an output is shown on: `{columns, rows}`, as they are whenever they are looked at, and `showStatus`,
 * which draws one line below all that is printed (`progress` of apps/lib does so in time). Undefined where the output is a
 * file, a pipe or nothing, where a monitor has the terminal, and on a simulated machine that was given none.
 * @param output "stdout", where `print` goes, or "stderr"; default "stdout"
 * @throws EINVAL for another name
 *
 * ```ts
 * const width = (yield* new GetTerminal())?.columns ?? Number.POSITIVE_INFINITY;
 * ```
 */
export class GetTerminal extends Syscall<Terminal | undefined> {
  readonly output: OutputName;

  constructor(output: OutputName = "stdout") {
    super();
    if (output !== "stdout" && output !== "stderr") {
      throw new SyscallError("EINVAL", `GetTerminal of ${shown(output)}: give "stdout" or "stderr"`);
    }
    this.output = output;
  }

  override get family(): string {
    return "env";
  }

  override handle(_task: Task, kernel: Kernel): Terminal | undefined {
    return kernel.machine.host.terminal?.(this.output);
  }
}
