// What a syscall needs of the process around the kernel, where the machine has it.

import { SyscallError } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import type { Host } from "./machine/machine.ts";

/** A part of the machine's host. @throws ENOTSUP where it has none: on a simulated machine that was given none */
export function needed<K extends keyof Host>(kernel: Kernel, part: K): Host[K] {
  const { host, name } = kernel.machine;
  const found = host[part] as Host[K] | undefined; // by its own name
  if (found !== undefined) return found;
  throw new SyscallError("ENOTSUP", `the ${name} machine has no ${part}: run on node or epoll, or give it one`);
}
