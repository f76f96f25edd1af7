// A pipeline of tasks: a source, stages and a sink, each a task of its own, joined by bounded channels. Unlike in a pipeline
// of coroutines, each may wait, and none holds up another but by back-pressure: who sends waits where there is no room.
//
// - The end flows downstream: when a part returns, the next receives what is left, and then the end.
// - An error flows downstream, behind what was sent before it, and is thrown by the next part's `next()`. A part that does
//   not catch it hands it on so; from the sink it comes to whoever runs the pipeline. A part that was killed or cancelled
//   by somebody is such an error, for what came of it is not all.
// - A part that ends early ends all before it: they are cancelled, and what they had sent is dropped.
// - Nothing outlives the pipeline: it is a group.

import {
  Cancelled,
  type Program,
  type Routine,
  type Runnable,
  routine,
  type Syscall,
  SyscallError,
  type Tid,
} from "../../kernel/syscall.ts";
import { framed } from "../../syscalls/frame.ts";
import { CancelTask, Group, Join, type Step } from "../../syscalls/index.ts";
import { Channel, soleError } from "../lib/index.ts";

/** Where a part receives from. */
export interface Inlet<T> {
  /** Waits for an item: `{done: false, value}`, or `{done: true}` at the end. @throws the error of what came before */
  next(): Syscall<Step<T>>;
}

/** Where a part sends to. */
export interface Outlet<T> {
  /** Waits until there is room. @throws EPIPE when nobody wants any more: to be let through, a part ends by it */
  send(item: T): Syscall<void>;
}

/** Sends items until it returns. */
export type Source<T> = (output: Outlet<T>) => Runnable<void>;
/** Receives items, and sends what it makes of them. */
export type Stage<T, U> = (input: Inlet<T>, output: Outlet<U>) => Runnable<void>;
/** Receives items; what it returns is the pipeline's value. */
export type Sink<T, R> = (input: Inlet<T>) => Runnable<R>;

/** How parts are joined. */
export interface PipelineOptions {
  /** Items between two parts. Default 64. */
  readonly capacity?: number;
}

interface Part {
  readonly name: string;
  /** The first part has no input. */
  readonly make: (input: Pipe<unknown> | undefined, output: Pipe<unknown>) => Runnable<void>;
}

/**
 * Begins a pipeline with its source.
 * @param name what its task is called, at most 64 code points; as for `through` and `into`
 *
 * ```ts
 * const found = yield* from(linesOf(path)).through(grep(/^hello/)).into(count);
 * ```
 */
export function from<T>(source: Source<T>, name = "source", options: PipelineOptions = {}): Pipeline<T> {
  return new Pipeline([{ name, make: (_, output) => source(output) }], options);
}

/** A source and stages that wait for a sink. Runs nothing yet, and can be run any number of times if its parts can. */
export class Pipeline<T> {
  readonly #parts: readonly Part[];
  readonly #options: PipelineOptions;

  constructor(parts: readonly Part[], options: PipelineOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Adds a stage. */
  through<U>(stage: Stage<T, U>, name = "stage"): Pipeline<U> {
    // What the part before sends is a T, by the types of `from` and `through`.
    const make: Part["make"] = (input, output) => stage(input as Pipe<T>, output);
    return new Pipeline([...this.#parts, { name, make }], this.#options);
  }

  /** Runs it, and gives what the sink returns. @throws what the sink throws; what a part throws that was cancelled */
  *into<R>(sink: Sink<T, R>, name = "sink"): Program<R> {
    return (yield* runPipeline(this.#parts, sink as Sink<unknown, unknown>, name, this.#options)) as R; // as in `through`
  }
}

/** Why a pipe is closed whose reader has left. */
class ReaderLeft extends SyscallError {}

/** Whether a part ends because nobody wants more of it: it was cancelled, or the reader of its pipe has left. */
export function isUnwanted(error: unknown): boolean {
  return error instanceof Cancelled || (error instanceof SyscallError && error.cause instanceof ReaderLeft);
}

class EndedEarly extends SyscallError {}

/** What the next part is told of one that was killed or cancelled: it ends, but not because there is no more. */
export function endedEarly(name: string): SyscallError {
  return new EndedEarly("ECANCELED", `${name} was ended before its time: what came of it is not all`);
}

/** Whether an error says that a part was killed or cancelled by somebody. */
export function isEndedEarly(error: unknown): error is SyscallError {
  return error instanceof EndedEarly;
}

/** What was thrown, as that by which a pipe is closed: undefined would be an end like any other. */
export function asEnd(error: unknown): unknown {
  return error === undefined ? new Error("undefined was thrown") : error;
}

/** A channel whose reader can leave. */
export class Pipe<T> extends Channel<T> implements Inlet<T>, Outlet<T> {
  /** By this a writer knows that it is its own reader that has left. */
  readonly #left: ReaderLeft = new ReaderLeft("EPIPE", "who was to read this has had enough");

  constructor(name: string, { capacity = 64 }: PipelineOptions = {}) {
    super({ name, capacity });
  }

  /** The reader has had enough: nobody will have what is here, and who sends more gets EPIPE. */
  leave(): void {
    this.close(this.#left);
  }

  /** Whether an error says that the reader of this pipe has left. */
  isLeft(error: unknown): boolean {
    return error instanceof SyscallError && error.cause === this.#left;
  }
}

const runPipeline: Routine<
  [parts: readonly Part[], sink: Sink<unknown, unknown>, name: string, options: PipelineOptions],
  unknown
> = routine(function* pipeline(parts, sink, name, options): Program<unknown> {
  try {
    return yield* new Group<unknown>(function* pipeline(members) {
      let input: Pipe<unknown> | undefined;
      let before: Tid | undefined;
      for (const part of parts) {
        const output: Pipe<unknown> = new Pipe(part.name, options);
        // A daemon: when the sink is over, all are.
        before = yield* members.spawnDaemon(runPart(part, input, output, before), part.name);
        input = output;
      }
      return yield* new Join(yield* members.spawn(runSink(sink, input as Pipe<unknown>), name)); // there is a source
    });
  } catch (error) {
    throw soleError(error);
  }
});

const runPart: Routine<
  [part: Part, input: Pipe<unknown> | undefined, output: Pipe<unknown>, before: Tid | undefined],
  void
> = routine(function* part({ name, make }, input, output, before): Program<void> {
  let end: unknown = endedEarly(name);
  try {
    yield* framed(make(input, output), name);
    end = undefined;
  } catch (error) {
    if (output.isLeft(error)) return;
    if (output.closed && !(error instanceof Cancelled)) throw error; // nobody downstream will hear of it
    if (!(error instanceof Cancelled)) end = asEnd(error);
  } finally {
    output.close(end);
    input?.leave();
    if (before !== undefined) yield* new CancelTask(before, `${name} reads no more`);
  }
});

/** Runs a sink on a pipe, which it leaves in the end. */
export function* runSink<T, R>(sink: Sink<T, R>, input: Pipe<T>): Program<R> {
  try {
    return yield* framed(sink(input), "sink");
  } finally {
    input.leave();
  }
}
