// ReadWait and WriteWait: Beazley's two I/O syscalls. They only wait; reading and writing are the endpoint's own
// methods, which never block. A spurious wake is possible: always try, and wait again.

import type { Interest, Pollable } from "../kernel/machine/machine.ts";
import { type Answer, type Kernel, Syscall, type Task, type Undo, type Wait } from "../kernel/syscall.ts";

abstract class PollWait extends Syscall<void> implements Wait<void> {
  readonly pollable: Pollable;
  abstract readonly verb: Interest;

  constructor(pollable: Pollable) {
    super();
    this.pollable = pollable;
  }

  get object(): string {
    return this.pollable.label;
  }

  get outside(): boolean {
    return true;
  }

  override get family(): string {
    return "io";
  }

  override handle(task: Task, _kernel: Kernel): Answer<void> {
    return task.block<void>(this, (waiter) => {
      this.pollable.watch(this.verb, waiter);
      return unwatch;
    });
  }
}

// One function for every wait: the waiter knows its wait, and so its pollable.
const unwatch: Undo<void> = (waiter) => {
  const { pollable, verb } = waiter.wait as PollWait; // only armed above
  pollable.unwatch(verb, waiter);
};

/**
 * Waits until a pollable can be read (a listener: accepted from), or a read would fail.
 * @throws EBUSY if another task waits to read it, EBADF if it is closed, now or meanwhile
 */
export class ReadWait extends PollWait {
  get verb(): Interest {
    return "read";
  }
}

/**
 * Waits until a pollable can be written (one that is opening: until it is open or has failed), or a write would fail.
 * @throws EBUSY if another task waits to write it, EBADF if it is closed, now or meanwhile
 */
export class WriteWait extends PollWait {
  get verb(): Interest {
    return "write";
  }
}
