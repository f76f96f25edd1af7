// Ending things. One mechanism does it all: an unwinding closes frames with `return()`, innermost first, down to a
// depth, and then does what it was for: the task exits (depth 0, a kill) or an answer or error is delivered to the
// frame that is left (a scope that expired).
//
// - A kill is a mark; the frames are closed at the task's next turn, never while its generator may be on the
//   JavaScript stack, so killing oneself and being killed in the middle of a step are nothing special.
// - A `finally` may yield. The frame that is being closed is then resumed with answers like any other, may call
//   routines, may even use scopes of its own (an unwinding inside an unwinding), until it ends.
// - An unwinding can only be redirected further out. So a kill during the cleanup of an expired scope lets that
//   cleanup end, and then goes on to the bottom.
// - Cleanup is bounded, in traps and in time. Past that its frames are dropped: `killed`, not clean. It may
//   take longer while it waits for what is itself bounded: the children of a scope, which are being ended as well.
// - A cancel is no unwinding: it is an error, thrown once, which user code may catch. So is an error that is raised, by a
//   limit of the task's own.
// - A shield holds back what comes from outside it, a cancel and the deadlines of scopes around it, until it is left. It
//   holds back neither a kill nor what is raised.

import { bury } from "./burial.ts";
import { Cancelled } from "./errors.ts";
import { endWait, type Frame, giveBack, Mark, Resume, State, type Task } from "./task.ts";
import type { Timed } from "./timers.ts";

/** Where an unwinding leads and what it does there. */
interface Destination {
  toDepth: number;
  resume: Resume;
  answer: unknown;
}

/** Frames being closed. */
interface Unwinding extends Destination {
  /** Depth of the frame that is being closed now. */
  base: number;
  /** The cleanup within which this one began. */
  readonly outer: Unwinding | undefined;
  readonly errors: unknown[];
}

const maxCleanupErrors = 16;

/** What a task has on record once somebody wants it, or a part of it, to end. Also the clock of its cleanup. */
export class Ending implements Timed {
  readonly task: Task;
  /** A set of `Mark`. */
  marks = 0;
  kill: { readonly by: number; readonly why: string } | undefined = undefined;
  /** The first cancel; it stays here when delivered, and later ones are no-ops. */
  cancel: Cancelled | undefined = undefined;
  /** What is to be thrown at its next trap for another reason than a cancel. */
  raised: unknown = undefined;
  /** Depth of the frame that entered the innermost shield; 0: there is none. */
  shieldDepth = 0;
  /** A scope that expired while its task was not blocked: heeded at the task's next trap. */
  expired: Destination | undefined = undefined;
  /** What shields hold back: each scope that expired around one, and whether a cancel has come. */
  held: Destination[] | undefined = undefined;
  isCancelHeld = false;
  /** The innermost unwinding. */
  unwinding: Unwinding | undefined = undefined;
  clean = true;
  trapsLeft = 0;
  timer = -1;

  constructor(task: Task) {
    this.task = task;
  }

  expire(): void {
    const { kernel } = this.task;
    if (waitsBounded(this.task)) kernel.timers.set(kernel.clock() + Math.max(1, kernel.limits.cleanupMs), this);
    else dropCleanup(this.task, `has taken longer than ${kernel.limits.cleanupMs} ms`);
  }
}

// For tasks that are being ended, each of which has a clock of its own: else whoever waits for them is dropped first.
function waitsBounded({ state, wait }: Task): boolean {
  try {
    return state === State.blocked && wait?.wait.bounded === true;
  } catch {
    return false; // a getter of a syscall's own that throws
  }
}

/** Marks a task to be killed. True if it was alive. The first kill counts. */
export function kill(task: Task, by: number, why: string): boolean {
  if (task.state === State.exited) return false;
  task.ending ??= new Ending(task);
  const ending = task.ending;
  if (ending.kill !== undefined) return true;
  ending.kill = { by, why };
  if (ending.unwinding !== undefined) {
    redirect(ending.unwinding, { toDepth: 0, resume: Resume.close, answer: undefined });
    if (task.kernel.stopped.size !== 0) task.kernel.stopped.free(task);
    return true;
  }
  ending.marks |= Mark.killed;
  if (task.kernel.stopped.size !== 0) task.kernel.stopped.free(task);
  if (task.state === State.blocked) {
    endWait(task);
    task.kernel.makeReady(task);
  }
  return true;
}

/** Asks a task to end: `Cancelled` is thrown, once. True if it was alive. The first cancel counts. */
export function cancel(task: Task, by: number, why: string): boolean {
  if (task.state === State.exited) return false;
  task.ending ??= new Ending(task);
  const ending = task.ending;
  if (ending.kill !== undefined || ending.cancel !== undefined) return true;
  ending.cancel = withoutStack(() => new Cancelled(by, why));
  if (ending.shieldDepth > 0) ending.isCancelHeld = true;
  else throwInto(task, ending, Mark.cancelled, ending.cancel);
  return true;
}

/**
 * Throws an error into a task, now if it is blocked, else at its next trap, and not before a cleanup is over. False if it
 * is over or being killed, or if one that was raised before has not reached it yet.
 */
export function raise(task: Task, error: unknown): boolean {
  if (task.state === State.exited) return false;
  task.ending ??= new Ending(task);
  const ending = task.ending;
  if (ending.kill !== undefined || (ending.marks & Mark.raised) !== 0) return false;
  ending.raised = error;
  throwInto(task, ending, Mark.raised, error);
  return true;
}

function throwInto(task: Task, ending: Ending, mark: number, error: unknown): void {
  if (task.state !== State.blocked || (ending.marks & Mark.unwinding) !== 0) {
    ending.marks |= mark;
    return;
  }
  endWait(task);
  task.resume = Resume.throw;
  task.answer = error;
  task.kernel.makeReady(task);
}

/** Begins or ends a shield; see `Ending.shieldDepth`. @returns what it was before */
export function setShield(task: Task, depth: number): number {
  task.ending ??= new Ending(task);
  const ending = task.ending;
  const before = ending.shieldDepth;
  ending.shieldDepth = depth;
  // All of them, and not the outermost alone: that may have to wait for a shield further out, with scopes inside it.
  for (const destination of ending.held ?? []) if (destination.toDepth >= depth) noteExpired(ending, destination);
  ending.held = ending.held?.filter(({ toDepth }) => toDepth < depth);
  if (ending.isCancelHeld && depth === 0) {
    ending.isCancelHeld = false;
    ending.marks |= Mark.cancelled;
  }
  return before;
}

// The canceller's stack would mislead, and costs microseconds.
function withoutStack<E>(make: () => E): E {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/**
 * Unwinds a task to a depth, then delivers an answer or error to the frame that is left there.
 * @param toDepth how many frames stay; at least 1 (only a kill goes to 0)
 */
export function unwind(task: Task, toDepth: number, resume: Resume, answer: unknown): void {
  if (task.state === State.exited || toDepth >= task.depth) return;
  task.ending ??= new Ending(task);
  const ending = task.ending;
  const destination = { toDepth, resume, answer };
  if (toDepth < ending.shieldDepth) {
    ending.held ??= [];
    if (!ending.held.some((held) => held.toDepth === toDepth)) ending.held.push(destination);
    return;
  }
  if (ending.unwinding !== undefined && redirect(ending.unwinding, destination)) return;
  if (task.state === State.blocked) {
    endWait(task);
    start(task, ending, destination);
    if (ending.expired !== undefined && ending.unwinding !== undefined) {
      // The undo of its wait made a scope further out expire.
      redirect(ending.unwinding, ending.expired);
      forgetExpired(ending);
    }
    task.kernel.makeReady(task);
  } else {
    noteExpired(ending, destination); // an answer already granted is delivered first
  }
}

function noteExpired(ending: Ending, destination: Destination): void {
  if (ending.expired !== undefined && ending.expired.toDepth <= destination.toDepth) return;
  ending.expired = destination;
  ending.marks |= Mark.expired;
}

/** A killed task's turn has come: what it was granted goes back, and its frames begin to close. */
export function heedKill(task: Task): void {
  const ending = task.ending as Ending; // the mark is set by `kill` only, which made it
  const granted = task.wait;
  task.wait = undefined;
  forgetAll(ending);
  ending.clean = true; // what an earlier scope's cleanup did is not this end's
  if (granted !== undefined) giveBack(task, granted);
  start(task, ending, { toDepth: 0, resume: Resume.close, answer: undefined });
}

/** Before a trap is served: true if something else comes first, and the request is not made. */
export function heed(task: Task): boolean {
  const ending = task.ending as Ending; // every mark comes with it
  if ((task.marks & Mark.killed) !== 0) {
    heedKill(task);
    return true;
  }
  if ((ending.marks & Mark.expired) !== 0) {
    const destination = ending.expired as Destination; // set with the mark
    forgetExpired(ending);
    // A deadline that a shield in a cleanup held back leads that cleanup further out, as it would have at once.
    if (ending.unwinding === undefined || !redirect(ending.unwinding, destination)) {
      start(task, ending, destination);
      return true;
    }
  }
  if ((ending.marks & Mark.unwinding) !== 0) return !cleanupMayGoOn(task, ending);
  const isRaised = (ending.marks & Mark.raised) !== 0;
  ending.marks &= ~(isRaised ? Mark.raised : Mark.cancelled);
  task.resume = Resume.throw;
  task.answer = isRaised ? ending.raised : ending.cancel;
  return true;
}

/** A frame ended, by returning or throwing: goes on with its caller, its unwinding, or the end of the task. */
export function frameOver(task: Task, frame: Frame, resume: Resume, value: unknown): void {
  task.frame = frame.caller;
  if (frame.call?.leave !== undefined) leaveScope(task, frame);
  if (task.marks !== 0 && unwindingGoesOn(task, frame, resume, value)) return;
  if (frame.caller === undefined) {
    bury(task, resume, value);
    return;
  }
  task.resume = resume;
  task.answer = value;
}

/** A task's turn was cut off: all its frames are to be closed, whatever was being closed or waited for until now. */
export function killCut(task: Task, by: number, why: string): void {
  task.ending ??= new Ending(task);
  const ending = task.ending;
  ending.kill ??= { by, why };
  for (let unwinding = ending.unwinding; unwinding !== undefined; unwinding = unwinding.outer) {
    for (const error of unwinding.errors)
      task.kernel.report(task, "a finally threw while a scope was being left", error);
  }
  forgetAll(ending);
  ending.unwinding = undefined;
  ending.clean = false;
  start(task, ending, { toDepth: 0, resume: Resume.close, answer: undefined });
}

function forgetAll(ending: Ending): void {
  ending.marks = 0;
  ending.expired = ending.held = undefined;
  ending.isCancelHeld = false;
}

function start(task: Task, ending: Ending, destination: Destination): void {
  if (ending.unwinding === undefined) ending.trapsLeft = task.kernel.limits.cleanupTraps;
  ending.unwinding = { ...destination, base: task.depth, outer: ending.unwinding, errors: [] };
  ending.marks |= Mark.unwinding;
  task.resume = Resume.close;
  task.answer = undefined;
}

// True if the destination lies outside a cleanup under way: that one is then led further out, if it is.
function redirect(innermost: Unwinding, to: Destination): boolean {
  let unwinding: Unwinding | undefined = innermost;
  let passed: Unwinding | undefined;
  while (unwinding !== undefined && to.toDepth < unwinding.base) {
    passed = unwinding;
    unwinding = unwinding.outer;
  }
  if (passed === undefined) return false;
  if (to.toDepth < passed.toDepth) {
    passed.toDepth = to.toDepth;
    passed.resume = to.resume;
    passed.answer = to.answer;
  }
  return true;
}

function unwindingGoesOn(task: Task, frame: Frame, resume: Resume, value: unknown): boolean {
  const ending = task.ending as Ending; // every mark comes with it
  const depth = frame.depth - 1;
  if (ending.expired !== undefined && depth <= ending.expired.toDepth) forgetExpired(ending);
  const unwinding = ending.unwinding;
  if (unwinding === undefined || unwinding.base !== frame.depth) return false; // a call the cleanup made itself
  if (resume === Resume.throw) noteCleanupError(task, ending, unwinding, value);
  if (depth > unwinding.toDepth) {
    unwinding.base = depth;
    task.resume = Resume.close;
    task.answer = undefined;
    return true;
  }
  ending.unwinding = unwinding.outer;
  arrive(task, ending, unwinding);
  return true;
}

// The scope has ended by itself: its deadline has lost.
function forgetExpired(ending: Ending): void {
  ending.expired = undefined;
  ending.marks &= ~Mark.expired;
}

function noteCleanupError(task: Task, ending: Ending, unwinding: Unwinding, error: unknown): void {
  if (error === ending.cancel) return; // a cancel that was in flight when the kill came is no fault of the cleanup
  ending.clean = false;
  if (ending.kill !== undefined) task.kernel.report(task, "a finally threw while the task was being killed", error);
  else if (unwinding.errors.length < maxCleanupErrors) unwinding.errors.push(error);
}

function arrive(task: Task, ending: Ending, unwinding: Unwinding): void {
  const { kernel } = task;
  if (ending.unwinding === undefined) {
    ending.marks &= ~Mark.unwinding;
    kernel.timers.cancel(ending);
  }
  if (unwinding.toDepth === 0) {
    for (const error of unwinding.errors) kernel.report(task, "a finally threw while the task was being killed", error);
    bury(task, Resume.close, undefined);
    return;
  }
  task.resume = unwinding.resume;
  task.answer = withCleanupErrors(task, unwinding.answer, unwinding.errors);
}

// Both errors stay visible: the cleanup's become the cause of the one that is thrown, or are reported.
function withCleanupErrors(task: Task, answer: unknown, errors: readonly unknown[]): unknown {
  if (errors.length === 0) return answer;
  const cause = errors.length === 1 ? errors[0] : new AggregateError(errors, "several finally blocks threw");
  if (answer instanceof Error && answer.cause === undefined && Object.isExtensible(answer)) answer.cause = cause;
  else task.kernel.report(task, "a finally threw while a scope was being left", cause);
  return answer;
}

function cleanupMayGoOn(task: Task, ending: Ending): boolean {
  const { kernel } = task;
  if (ending.trapsLeft-- <= 0) {
    dropCleanup(task, `has made more than ${kernel.limits.cleanupTraps} traps`);
    return false;
  }
  // Most cleanups never yield; the clock is set for those that do.
  if (ending.timer < 0) kernel.timers.set(kernel.clock() + kernel.limits.cleanupMs, ending);
  return true;
}

/** Gives a cleanup up: its frames are dropped as they are, down to where the outermost unwinding leads. */
function dropCleanup(task: Task, reason: string): void {
  const ending = task.ending as Ending; // called for a task that is unwinding
  const { kernel } = task;
  let outermost = ending.unwinding;
  if (outermost === undefined) return;
  while (outermost.outer !== undefined) outermost = outermost.outer;
  const wasBlocked = task.state === State.blocked;
  if (wasBlocked) endWait(task);
  else if (task.wait !== undefined) giveBack(task, task.wait);
  task.wait = undefined;
  const names = task.frameNames(8).join(" < ");
  while (task.frame !== undefined && task.frame.depth > outermost.toDepth) {
    const frame: Frame = task.frame;
    task.frame = frame.caller;
    if (frame.call?.leave !== undefined) leaveScope(task, frame);
  }
  ending.unwinding = undefined;
  // Its scope was among the frames that are gone; or a shield was, and it is due from now on.
  if (ending.expired !== undefined && ending.expired.toDepth >= outermost.toDepth) forgetExpired(ending);
  ending.clean = false;
  kernel.counters.unclean++;
  kernel.report(task, `cleanup dropped: it ${reason} (in ${names}); its frames will not run again`, undefined);
  arrive(task, ending, outermost);
  if (wasBlocked && (task.state as State) !== State.exited) kernel.makeReady(task); // arrive may have buried it
  // What it gets now is no answer to what it yielded: its turn is not to be cut here, where the two are taken for a pair.
  if (task.state === State.running) kernel.trapsLeft = Math.max(2, kernel.trapsLeft);
}

function leaveScope(task: Task, frame: Frame): void {
  try {
    frame.call?.leave?.(task, task.kernel);
  } catch (error) {
    task.kernel.report(task, "leaving a scope threw", error);
  }
}
