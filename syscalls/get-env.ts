// GetEnv and SetEnv: the environment. What the machine was started in is an input from outside like any other; what a task
// sets is its own and its children's.

import { type Kernel, Syscall, SyscallError, type Task } from "../kernel/syscall.ts";

/** Variables a task may have set; and characters of a name or a value. */
const maxVariables = 1_024;
const maxLength = 131_072;
/** Characters of a name in a message. */
const shownLength = 64;

/**
 * The value of an environment variable; undefined where it is not set. The task's own word counts first, then that of the
 * task that started it, as of then, then the process's. On the virtual machine that one is empty.
 *
 * ```ts
 * const home = (yield* new GetEnv("HOME")) ?? "/";
 * ```
 */
export class GetEnv extends Syscall<string | undefined> {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  override get family(): string {
    return "env";
  }

  override handle(task: Task, kernel: Kernel): string | undefined {
    const variables = kernel.traits.get(task)?.variables;
    return variables?.has(this.name) ? variables.get(this.name) : kernel.machine.environment(this.name);
  }
}

/**
 * Sets a variable for the caller and the tasks it starts from now on; the process's environment stays as it is.
 * @param name text without "=" and NUL
 * @param value text without NUL; undefined: it is not set
 * @throws EINVAL for another name or value; E2BIG for over 131,072 characters of both, and for the 1,025th variable
 *
 * ```ts
 * yield* new SetEnv("LANG", "C");
 * ```
 */
export class SetEnv extends Syscall<void> {
  readonly name: string;
  readonly value: string | undefined;

  constructor(name: string, value: string | undefined) {
    super();
    if (typeof name !== "string" || !/^[^=\0]+$/.test(name)) {
      throw new SyscallError("EINVAL", `SetEnv: "${String(name).slice(0, shownLength)}" is no name of a variable`);
    }
    if (value !== undefined && (typeof value !== "string" || value.includes("\0"))) {
      throw new SyscallError("EINVAL", `SetEnv: the value of ${name.slice(0, shownLength)} must be text without NUL`);
    }
    const length = name.length + (value?.length ?? 0);
    if (length > maxLength) {
      const what = `${name.slice(0, shownLength)} and its value`;
      throw new SyscallError("E2BIG", `SetEnv: ${what} have ${length} characters, at most ${maxLength}`);
    }
    this.name = name;
    this.value = value;
  }

  override get family(): string {
    return "env";
  }

  override handle(task: Task, kernel: Kernel): void {
    const traits = kernel.traits.of(task);
    const variables = new Map(traits.variables).set(this.name, this.value);
    if (variables.size > maxVariables) {
      throw new SyscallError("E2BIG", `SetEnv: task ${task.tid} has set ${maxVariables} variables already`);
    }
    traits.variables = variables;
  }
}
