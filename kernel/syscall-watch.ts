// The part of a watch that is about syscalls: what each kind costs, and whole syscalls of the tasks that are traced. It
// serves them in place of serve.ts, because what is to be timed must be called from here.

import type { Kernel } from "./kernel.ts";
import { Kinds, type KindWatch } from "./kind-watch.ts";
import { Sampler } from "./sampler.ts";
import { served } from "./serve.ts";
import { Syscall } from "./syscall.ts";
import { Resume, State, type Task } from "./task.ts";
import { type CallUnderWay, Tracer, type Tracing, undoneText } from "./tracing.ts";
import { answerText, failureText, syscallText } from "./wording.ts";

/** One trap in so many, on average, has its handler timed: two clock reads cost as much as a small trap. */
const sampledOneIn = 32;

export class SyscallWatch {
  readonly #kernel: Kernel;
  readonly #kinds: Kinds;
  #tracer: Tracer | undefined = undefined;
  /** Of the latest trap. */
  #kind = -1;
  readonly #sampler = new Sampler(sampledOneIn);
  /** Since when the program that has its turn has been running: since its turn began, or its latest traced call was over. */
  #programAt = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#kinds = new Kinds(kernel.trace);
  }

  /** As `Watch.trace`. */
  trace(tids: Iterable<number> | "all"): Tracing {
    this.#tracer ??= new Tracer(this.#kernel.bootedAt, () => {
      this.#tracer = undefined;
    });
    return this.#tracer.start(tids);
  }

  /** As `Watch.kinds`. @param kindOf the kind that a blocked task is known to wait in; -1: none is */
  kinds(kindOf: (task: Task) => number): KindWatch[] {
    const inside: number[] = [];
    for (const task of this.#kernel.tasks) {
      const wait = task.state === State.blocked ? task.wait?.wait : undefined;
      if (wait === undefined) continue;
      const known = kindOf(task);
      // Since before the watch: most syscalls are their own wait.
      const kind = known < 0 && wait instanceof Syscall ? this.#kernel.trace.kindOf(wait.constructor) : known;
      if (kind >= 0) inside[kind] = (inside[kind] ?? 0) + 1;
    }
    return this.#kinds.all(inside);
  }

  tick(): void {
    this.#kinds.tick();
  }

  reset(): void {
    this.#kinds.reset();
  }

  /** A program begins its turn, or would if one did. @param now on the machine's clock, ms */
  begins(now: number): void {
    this.#programAt = now;
  }

  /** Serves a syscall as `served`, and notes what comes of it. @throws what that throws */
  serve(task: Task, syscall: Syscall<unknown>, kind: number): unknown {
    this.#kind = kind;
    if (this.#tracer?.wants(task.tid) === true) return this.#serveTraced(this.#tracer, task, syscall, kind);
    if (this.#sampler.isDue()) return this.#serveTimed(task, syscall, kind);
    try {
      return served(task, this.#kernel, syscall);
    } catch (error) {
      this.#kinds.failed(kind);
      throw error;
    }
  }

  #serveTimed(task: Task, syscall: Syscall<unknown>, kind: number): unknown {
    const { machine } = this.#kernel;
    const from = machine.now();
    try {
      const answer = served(task, this.#kernel, syscall);
      this.#kinds.timed(kind, machine.now() - from);
      return answer;
    } catch (error) {
      this.#kinds.failed(kind);
      throw error;
    }
  }

  #serveTraced(tracer: Tracer, task: Task, syscall: Syscall<unknown>, kind: number): unknown {
    const forgotten = tracer.heldOf(task);
    if (forgotten !== undefined) tracer.ends(forgotten, "never waited for", true, 0);
    const text = syscallText(syscall);
    const madeAt = this.#kernel.machine.now();
    const turnMs = Math.max(0, madeAt - this.#programAt);
    const call: CallUnderWay = { task, syscall: text, madeAt, turnMs, kernelMs: 0, begun: undefined };
    let answer: unknown;
    try {
      answer = served(task, this.#kernel, syscall);
    } catch (error) {
      this.#goesOn(call);
      this.#kinds.failed(kind);
      tracer.ends(call, failureText(error), true, 0);
      throw error;
    }
    this.#goesOn(call);
    this.#kinds.timed(kind, call.kernelMs);
    if (task.wait !== undefined) tracer.hold(call);
    else tracer.ends(call, answerText(answer), false, 0);
    return answer;
  }

  /**
   * What a handler returned was a wait, which has been armed, or has failed.
   * @returns the kind it waits in; -1: it does not wait
   */
  armed(task: Task): number {
    const isBlocked = task.state === State.blocked;
    if (isBlocked && this.#tracer === undefined) return this.#kind;
    const call = this.#tracer?.heldOf(task);
    if (call !== undefined) this.#goesOn(call);
    if (isBlocked) {
      if (call !== undefined) this.#tracer?.blocks(call);
      return this.#kind;
    }
    this.#settled(task, this.#kind, call, 0, task.resume === Resume.close || isDisturbed(task));
    return -1;
  }

  /** A wait is over: its task is ready, or has ended. @param kind as `armed` gave it */
  unblocked(task: Task, kind: number, blockedMs: number): void {
    this.#kinds.blocked(kind, blockedMs);
    // What it has been granted is still there, unless the wait was undone.
    this.#settled(task, kind, this.#tracer?.heldOf(task), blockedMs, task.wait === undefined);
  }

  #settled(task: Task, kind: number, call: CallUnderWay | undefined, blockedMs: number, isUndone: boolean): void {
    const hasFailed = !isUndone && task.resume === Resume.throw;
    if (hasFailed && kind >= 0) this.#kinds.failed(kind);
    if (call === undefined) return;
    const result = isUndone ? undoneText(task) : hasFailed ? failureText(task.answer) : answerText(task.answer);
    this.#tracer?.ends(call, result, isUndone || hasFailed, blockedMs);
  }

  #goesOn(call: CallUnderWay): void {
    this.#programAt = this.#kernel.machine.now();
    call.kernelMs = this.#programAt - call.madeAt;
  }
}

// Its end, or what leads to it, came while it was being armed.
function isDisturbed({ resume, answer, ending }: Task): boolean {
  return resume === Resume.throw && ending !== undefined && (answer === ending.cancel || answer === ending.raised);
}
