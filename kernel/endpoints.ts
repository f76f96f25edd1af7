// The endpoints of a kernel: who owns them, and, for monitors, which are open and who waits for them.

import { SyscallError } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import type { Closable, Interest } from "./machine/machine.ts";
import { Task } from "./task.ts";

/** As `Kernel.adopt`. */
export function adopt(endpoint: Closable, task: Task): void {
  const { traits, owned } = task.kernel;
  if (endpoint.closed) throw new SyscallError("EBADF", `${endpoint.label} is closed: nobody can own it`);
  const own = task.owned ?? new Set();
  if (traits.size !== 0 && endpoint.owner !== task) traits.get(task)?.quota?.checkSockets(own.size);
  endpoint.owner?.disown(endpoint);
  endpoint.owner = task;
  owned.set(task, own.add(endpoint));
}

/** The sockets of the kernel's machine, whoever owns them, then what else tasks own: processes, files, streams. */
export function openEndpoints(kernel: Kernel): Set<Closable> {
  const open = new Set<Closable>(kernel.machine.endpoints?.() ?? []);
  for (const owned of kernel.owned.values()) for (const endpoint of owned) open.add(endpoint);
  return open;
}

/** The task that waits for a direction of an endpoint; undefined where none does. */
export function waiterOf(endpoint: Closable, interest: Interest): Task | undefined {
  const watcher = endpoint.waiting?.(interest);
  const { task } = (watcher ?? {}) as { readonly task?: unknown }; // a task's place in a wait has one, other watchers not
  return task instanceof Task ? task : undefined;
}

/** The task that owns an endpoint; undefined where none does. */
export function ownerOf({ owner }: Closable): Task | undefined {
  return owner instanceof Task ? owner : undefined;
}
