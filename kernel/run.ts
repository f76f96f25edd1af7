// What drives the loop: one call of `#lap` for each time the machine has let the world in, and laps for as long as it need
// not wait. No promise is involved, so laps run where the machine calls: on the real ones straight in a callback of Node's
// loop, where another thread can end a turn that never ends. Such an end leaves nothing behind on the stack, not even a
// `finally`: the next call finds the mark that the lap before never took away, and mends what was left (cut-turn.ts).

import { mendCutTurn } from "./cut-turn.ts";
import type { EndOfRun } from "./end-of-run.ts";
import { SyscallError } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import { type Started, StartedTasks } from "./resident.ts";
import type { Runnable } from "./syscall.ts";

interface Settle {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class Run {
  /** The loop has yielded and waits for its machine: whoever makes a task ready interrupts that. */
  isPolling = false;
  readonly #kernel: Kernel;
  readonly #end: EndOfRun;
  readonly #started: StartedTasks;
  #loop: Generator<number, void, void> | undefined = undefined;
  #promise: Settle | undefined = undefined;
  /** Laps are being run; found by the next call, they were cut off. */
  #isInLap = false;
  #isKicked = false;

  constructor(kernel: Kernel, end: EndOfRun) {
    this.#kernel = kernel;
    this.#end = end;
    this.#started = new StartedTasks(kernel);
  }

  /** As `Kernel.run`. */
  run<T>(program: Runnable<T>, name?: string): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      this.#boot(program, name);
      this.#promise = { resolve, reject };
      this.#lap();
    }) as Promise<T>; // the main task's program returns a T
  }

  /** As `Kernel.runSync`. */
  runSync<T>(program: Runnable<T>, name?: string): T {
    this.#boot(program, name);
    const { machine } = this.#kernel;
    try {
      for (const idleMs of this.#kernel.loop()) {
        if (!machine.poll(idleMs, nothing))
          throw new SyscallError("ENOTSUP", `the ${machine.name} machine waits: use run, not runSync`);
      }
    } catch (error) {
      throw this.#broken(error);
    }
    return this.#end.outcome() as T; // the main task's program returns a T
  }

  /** As `Kernel.start`. */
  start<T>(program: Runnable<T>, name?: string): Started<T> {
    return this.#started.start(program, name);
  }

  /** As `Kernel.terminate`. */
  terminate(why: string, drainMs: number): void {
    const { main, machine } = this.#kernel;
    if (main !== undefined && this.#end.terminate(main, why, drainMs) && this.isPolling) machine.interrupt();
  }

  /** As `Kernel.kick`. */
  kick(): void {
    if (!this.#isInLap || this.#isKicked) return;
    this.#isKicked = true;
    const { heartbeat, machine } = this.#kernel;
    heartbeat?.end(); // not before the next lap would be a while in which whoever watches sees a turn that does not end
    machine.cutOff?.();
    if (machine.poll(0, this.#lap)) this.#lap();
  }

  readonly #lap = (failure?: unknown): void => {
    const { machine } = this.#kernel;
    try {
      if (failure !== undefined) throw failure;
      if (this.#isInLap) this.#mend();
      this.#loop ??= this.#kernel.loop();
      this.#isInLap = true;
      let lap = this.#loop.next();
      while (lap.done !== true && machine.poll(lap.value, this.#lap, this.#started.isVacant)) lap = this.#loop.next();
      this.#isInLap = false;
      if (lap.done === true) this.#settle();
    } catch (error) {
      this.#isInLap = false;
      this.#promise?.reject(this.#broken(error));
    }
  };

  // The loop's generator was cut off in the middle: it says that it is running, for ever.
  #mend(): void {
    this.#isKicked = false;
    this.#loop = undefined;
    mendCutTurn(this.#kernel);
  }

  #settle(): void {
    let value: unknown;
    try {
      value = this.#end.outcome();
    } catch (error) {
      this.#promise?.reject(error);
      return;
    }
    this.#promise?.resolve(value);
  }

  #boot(program: Runnable<unknown>, name: string | undefined): void {
    const kernel = this.#kernel;
    if (kernel.nextTid !== 1) {
      throw new SyscallError(
        "EBUSY",
        "this kernel has been started: inside it, spawn a task; beside it, make a new Kernel",
      );
    }
    kernel.main = kernel.tasks.get(kernel.spawn(program, name, undefined));
  }

  #broken(error: unknown): unknown {
    this.#end.broken();
    this.#started.lose(error);
    return error;
  }
}

function nothing(): void {}
