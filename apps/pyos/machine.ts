// What the last step boots on: it lets the world in for a time, or until it is interrupted, and tells the time.

import {
  type Answer,
  type Call,
  type Program,
  routine,
  Syscall,
  type Task,
  type Wait,
  type Waiter,
} from "../../kernel/syscall.ts";
import { GetTime, Select, Sleep } from "../../syscalls/index.ts";

export class Machine {
  /** The poll that waits. */
  waiter: Waiter<void> | undefined = undefined;
  /** Whether something has happened since the last poll began. */
  interrupted = false;

  /** Lets the world in, at once for 0, else until something happens or the time is up, ms. Answers with the time, ms. */
  poll(idleMs: number): Call<number> {
    this.interrupted = false;
    return polling(this, idleMs);
  }

  /** Ends the poll. */
  interrupt(): void {
    this.interrupted = true;
    this.waiter?.wake();
  }
}

const polling: (machine: Machine, idleMs: number) => Call<number> = routine(function* polling(
  machine: Machine,
  idleMs: number,
): Program<number> {
  yield;
  if (idleMs > 0) yield* new Select({ socket: new WaitInterrupt(machine), timer: new Sleep(idleMs) });
  return yield* new GetTime();
});

class WaitInterrupt extends Syscall<void> implements Wait<void> {
  readonly verb = "wait for";
  readonly object = "a socket";
  readonly outside = true;
  readonly #machine: Machine;

  constructor(machine: Machine) {
    super();
    this.#machine = machine;
  }

  override handle(task: Task): Answer<void> {
    if (this.#machine.interrupted) return;
    return task.block<void>(this, (waiter) => {
      this.#machine.waiter = waiter;
      return () => {
        this.#machine.waiter = undefined;
      };
    });
  }
}
