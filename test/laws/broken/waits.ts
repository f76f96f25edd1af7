// Syscalls with one defect each, in how they wait.

import {
  type Answer,
  type Kernel,
  Syscall,
  SyscallError,
  type Task,
  type Tid,
  type Undo,
  type Wait,
  type Waiter,
} from "../../../kernel/syscall.ts";
import { Alarm } from "../../../kernel/timers.ts";
import { Park, ReadWait, Sleep } from "../../../syscalls/index.ts";
import { nothing, type Shelf, Take } from "./shelf.ts";

export class ForgetsItsUndo extends Take {
  override arm(waiter: Waiter<string>): Undo<string> {
    this.shelf.waiting.add(waiter);
    return nothing;
  }
}

export class ThrowsInItsUndo extends Take {
  override arm(waiter: Waiter<string>): Undo<string> {
    this.shelf.waiting.add(waiter);
    return () => {
      this.shelf.waiting.delete(waiter);
      throw new RangeError("cannot undo");
    };
  }
}

export class KeepsATimer extends Take {
  override arm(waiter: Waiter<string>, kernel: Kernel): Undo<string> {
    kernel.timers.set(kernel.clock() + 10_000, new Alarm(nothing));
    return super.arm(waiter, kernel);
  }
}

export class KeepsATask extends Take {
  override arm(waiter: Waiter<string>, kernel: Kernel): Undo<string> {
    kernel.spawn(new Sleep(10_000), "helper");
    return super.arm(waiter, kernel);
  }
}

/** Goes by the task instead of the waiter. */
export class WakesTheTask extends Take {
  override arm({ task }: Waiter<string>): Undo<string> {
    const late = { wake: (item: string) => task.wait?.wake(item) === true } as Waiter<string>; // all that `put` needs
    this.shelf.waiting.add(late);
    return () => this.shelf.waiting.delete(late);
  }
}

export class WakesTheTaskLate extends WakesTheTask {
  override arm(waiter: Waiter<string>): Undo<string> {
    super.arm(waiter);
    return nothing;
  }
}

/** Undoes what it knows by its task's wait: in a Select that is another. */
export class UndoesAlone extends Take {
  override arm(waiter: Waiter<string>, kernel: Kernel): Undo<string> {
    const undo = super.arm(waiter, kernel);
    const isAlone = waiter.task.wait?.wait === this;
    return (undone) => {
      if (isAlone) undo(undone);
    };
  }
}

/** As the one above, with what it was granted. */
export class GivesBackAlone extends Take {
  isAlone = true;

  override arm(waiter: Waiter<string>, kernel: Kernel): Undo<string> {
    this.isAlone = waiter.task.wait?.wait === this;
    return super.arm(waiter, kernel);
  }

  override giveBack(item: string): void {
    if (this.isAlone) super.giveBack(item);
  }
}

/** With each item there comes an endpoint, which is not closed when the item is given back. */
export class KeepsWhatCame extends Take {
  override arm(waiter: Waiter<string>, kernel: Kernel): Undo<string> {
    const wake = (item: string): boolean => {
      if (kernel.main !== undefined) kernel.adopt(kernel.machine.listen({ port: 0 }), kernel.main);
      return waiter.wake(item);
    };
    return super.arm({ wake } as Waiter<string>, kernel); // all that `put` needs
  }
}

export class SaysNotThatItIsOutside extends ReadWait {
  override get outside(): boolean {
    return false;
  }
}

export class KeepsOneWaiter extends Take {
  override arm(waiter: Waiter<string>): Undo<string> {
    for (const other of this.shelf.waiting) this.shelf.waiting.delete(other);
    this.shelf.waiting.add(waiter);
    return () => this.shelf.waiting.clear();
  }
}

export class UndoesTheFirst extends Take {
  override arm(waiter: Waiter<string>): Undo<string> {
    const { waiting } = this.shelf;
    waiting.add(waiter);
    return () => {
      const [first] = waiting;
      if (first !== undefined) waiting.delete(first);
    };
  }
}

/** So that it cannot be in a Select twice. */
export class RefusesItsTaskTwice extends Take {
  override arm(waiter: Waiter<string>, kernel: Kernel): Undo<string> {
    for (const other of this.shelf.waiting) if (other.task === waiter.task) throw new SyscallError("EBUSY", "once");
    return super.arm(waiter, kernel);
  }
}

export class AlwaysWaits extends Take {
  override handle(task: Task, kernel: Kernel): Answer<string> {
    return task.block<string>(this, (waiter) => this.arm(waiter, kernel));
  }
}

export class NoVerb extends Take {
  override readonly verb = "";
}

export class ThrowingObject extends Syscall<string> {
  readonly shelf: Shelf;

  constructor(shelf: Shelf) {
    super();
    this.shelf = shelf;
  }

  override handle(task: Task, kernel: Kernel): Answer<string> {
    const take = new Take(this.shelf);
    const wait: Wait<string> = {
      verb: "take",
      get object(): string {
        throw new RangeError("nothing to see");
      },
      giveBack: (item) => this.giveBack(item),
    };
    return this.shelf.items.shift() ?? task.block<string>(wait, (waiter) => take.arm(waiter, kernel));
  }

  giveBack(item: string): void {
    this.shelf.put(item);
  }
}

export class HeldByTheDead extends Take {
  holders(): readonly Tid[] {
    return [99];
  }
}

export class ThrowingHolders extends Take {
  holders(): readonly Tid[] {
    throw new RangeError("nobody knows");
  }
}

export class HeldByText extends Take {
  holders(): readonly Tid[] {
    return "task 1" as unknown as readonly Tid[]; // the types refuse it
  }
}

export class NeverAnswers extends Take {
  override arm(): Undo<string> {
    return nothing;
  }
}

export class LeaksItsInterest extends ReadWait {
  override handle(task: Task): Answer<void> {
    return task.block<void>(this, (waiter) => {
      this.pollable.watch("read", waiter);
      return nothing;
    });
  }
}

export class LeavesItsPlace extends Park {
  override handle(task: Task): Answer<void> {
    return task.block<void>(this, (waiter) => {
      this.waiter = waiter;
      this.queue.join(this);
      return nothing;
    });
  }
}
