// Syscalls with one defect each, in how they are served, and in what becomes of their answers.

import {
  type Answer,
  Exchange,
  type Kernel,
  Syscall,
  SyscallError,
  type Task,
  type Undo,
  type Wait,
  type Waiter,
  type Yieldable,
} from "../../../kernel/syscall.ts";
import { Listen } from "../../../syscalls/index.ts";
import { type Shelf, Take } from "./shelf.ts";

export class NoGiveBack extends Syscall<string> {
  readonly shelf: Shelf;

  constructor(shelf: Shelf) {
    super();
    this.shelf = shelf;
  }

  override handle(task: Task, kernel: Kernel): Answer<string> {
    const take = new Take(this.shelf);
    const wait: Wait<string> = { verb: take.verb, object: take.object };
    return this.shelf.items.shift() ?? task.block<string>(wait, (waiter) => take.arm(waiter, kernel));
  }
}

export class GivesBackTwice extends Take {
  override giveBack(item: string): void {
    this.shelf.put(item);
    this.shelf.put(item);
  }
}

export class ThrowsInGiveBack extends Take {
  override giveBack(item: string): void {
    this.shelf.put(item);
    throw new RangeError("cannot give back");
  }
}

export class PutsBackOnly extends Take {
  override giveBack(item: string): void {
    this.shelf.items.push(item); // though others may wait
  }
}

export class GivesBackToThoseThatWait extends Take {
  override giveBack(item: string): void {
    if (this.shelf.waiting.size > 0) this.shelf.put(item);
  }
}

/** Lets one wait at a time, at a shelf that does not forget who that was. */
export class TakesAlone extends Take {
  override handle(task: Task, kernel: Kernel): Answer<string> {
    const { waiting } = this.shelf;
    if (this.shelf.items.length === 0 && waiting.size > 0) throw new SyscallError("EBUSY", "another one waits");
    return super.handle(task, kernel);
  }
}

export class ActsBeforeItBlocks extends Take {
  override handle(task: Task, kernel: Kernel): Answer<string> {
    this.shelf.visits++;
    return super.handle(task, kernel);
  }

  override arm(waiter: Waiter<string>, kernel: Kernel): Undo<string> {
    const undo = super.arm(waiter, kernel);
    return (undone) => {
      this.shelf.visits--;
      undo(undone);
    };
  }
}

export class DropsItsBlocked extends Take {
  override handle(task: Task, kernel: Kernel): Answer<string> {
    void super.handle(task, kernel);
    return "an answer of its own";
  }
}

export class BlocksTwice extends Take {
  override handle(task: Task, kernel: Kernel): Answer<string> {
    void super.handle(task, kernel);
    return super.handle(task, kernel);
  }
}

export class GivesNoUndo extends Take {
  override arm(waiter: Waiter<string>, kernel: Kernel): Undo<string> {
    void super.arm(waiter, kernel);
    return undefined as unknown as Undo<string>; // the types refuse it
  }
}

export class ThrowsAfterTaking extends Take {
  override handle(): never {
    this.shelf.items.shift();
    throw new SyscallError("EINVAL", "there are no red ones");
  }
}

export class ThrowsAfterJoining extends Take {
  override handle(task: Task, kernel: Kernel): Answer<string> {
    return task.block<string>(this, (waiter) => {
      super.arm(waiter, kernel);
      throw new SyscallError("EINVAL", "there are no red ones");
    });
  }
}

export class RefusesNothing extends Take {}

export class WorksTwice extends Take {
  override [Symbol.iterator](): Exchange<string> {
    return new Exchange<string>(this as Yieldable<string>);
  }
}

export class AnswersUnasked extends Take {
  override handle(): Answer<string> {
    return "made up";
  }
}

export class Throws extends Take {
  override handle(): never {
    throw new RangeError("broken");
  }
}

export class OpensTooEarly extends Listen {
  override handle(task: Task, kernel: Kernel): ReturnType<Listen["handle"]> {
    kernel.adopt(kernel.machine.listen({ port: 0 }), task);
    return super.handle(task, kernel);
  }
}
