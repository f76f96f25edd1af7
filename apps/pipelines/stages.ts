// Stages and sinks for pipelines of tasks: the coroutines of push.ts once more, but each may wait for where it sends to.

import { type Program, type Routine, routine, type Tid } from "../../kernel/syscall.ts";
import { framed } from "../../syscalls/frame.ts";
import { Group, Join, type Members } from "../../syscalls/index.ts";
import { print as printLine, soleError } from "../lib/index.ts";
import {
  asEnd,
  endedEarly,
  type Inlet,
  isUnwanted,
  type Outlet,
  Pipe,
  runSink,
  type Sink,
  type Source,
  type Stage,
} from "./pipeline.ts";

/** n, n - 1, … 1. */
export function countdown(n: number): Source<number> {
  return function* countdown(output): Program<void> {
    for (let left = n; left > 0; left--) yield* output.send(left);
  };
}

/** Hands on what a test lets through. */
export function filter<T>(holds: (item: T) => boolean): Stage<T, T> {
  return function* filter(input, output): Program<void> {
    for (let step = yield* input.next(); !step.done; step = yield* input.next()) {
      if (holds(step.value)) yield* output.send(step.value);
    }
  };
}

/** Hands on what a function makes of each item; of undefined nothing. */
export function map<T, U>(make: (item: T) => U | undefined): Stage<T, U> {
  return function* map(input, output): Program<void> {
    for (let step = yield* input.next(); !step.done; step = yield* input.next()) {
      const made = make(step.value);
      if (made !== undefined) yield* output.send(made);
    }
  };
}

/** Hands on the lines that match. @param pattern without `g` and `y`, with which it would remember where it was */
export function grep(pattern: RegExp): Stage<string, string> {
  return filter((line) => pattern.test(line));
}

/** Hands on so many items, and wants no more. */
export function take<T>(count: number): Stage<T, T> {
  return function* take(input, output): Program<void> {
    for (let left = count; left > 0; left--) {
      const step = yield* input.next();
      if (step.done) return;
      yield* output.send(step.value);
    }
  };
}

/** Hands items on, and to a side sink first, for as long as that wants any. What the side sink throws ends the pipeline. */
export function tee<T>(side: Sink<T, unknown>, name = "side"): Stage<T, T> {
  return function* tee(input, output): Program<void> {
    yield* besideSinks([side], [name], function* (pipes, tids) {
      const failure = yield* failureOf(handOn(input, pipes, output));
      for (const pipe of pipes) pipe.close(failure?.error);
      for (const tid of tids) yield* new Join(tid);
      if (failure !== undefined) throw failure.error;
    });
  };
}

/**
 * Gives each item to all sinks, as slowly as the slowest takes them, and their values as a list. One that has returned is
 * left out; when all have, that ends the pipeline. An error goes to each, and fails those that do not catch it.
 * @param names what their tasks are called
 */
export function broadcast<T, R>(sinks: readonly Sink<T, R>[], names: readonly string[] = []): Sink<T, R[]> {
  return function* broadcast(input): Program<R[]> {
    return yield* besideSinks<T, R, R[]>(sinks, names, function* (pipes, tids, members) {
      yield* members.spawnDaemon(sendToAll(input, pipes), "send to all"); // with the last of the sinks it is over
      const values: R[] = [];
      for (const tid of tids) values.push(yield* new Join(tid));
      return values;
    });
  };
}

/** Prints each line. */
export function* print(input: Inlet<string>): Program<void> {
  for (let step = yield* input.next(); !step.done; step = yield* input.next()) yield* printLine(step.value);
}

/** How many items there were. */
export function* count(input: Inlet<unknown>): Program<number> {
  let items = 0;
  for (let step = yield* input.next(); !step.done; step = yield* input.next()) items++;
  return items;
}

// Runs sinks as tasks beside a program that sees to it that they are sent something.
function* besideSinks<T, R, V>(
  sinks: readonly Sink<T, R>[],
  names: readonly string[],
  program: (pipes: readonly Pipe<T>[], tids: readonly Tid<R>[], members: Members) => Program<V>,
): Program<V> {
  try {
    return yield* new Group<V>(function* besideSinks(members) {
      const pipes: Pipe<T>[] = [];
      const tids: Tid<R>[] = [];
      for (const [at, sink] of sinks.entries()) {
        const name = names[at] ?? `sink ${at + 1}`;
        const pipe = new Pipe<T>(name);
        pipes.push(pipe);
        tids.push(yield* members.spawn(runSink(sink, pipe), name));
      }
      return yield* framed(program(pipes, tids, members), "beside sinks");
    });
  } catch (error) {
    // Its reader may leave and its cancel come at once: both say the same, and no more than one of them alone.
    const isOver = error instanceof AggregateError && error.errors.every(isUnwanted);
    throw isOver ? error.errors[0] : soleError(error);
  }
}

function* handOn<T>(input: Inlet<T>, pipes: readonly Pipe<T>[], output: Outlet<T>): Program<void> {
  for (let step = yield* input.next(); !step.done; step = yield* input.next()) {
    yield* sentTo(pipes, step.value);
    yield* output.send(step.value);
  }
}

function* sendToAll<T>(input: Inlet<T>, pipes: readonly Pipe<T>[]): Program<void> {
  let end: unknown = endedEarly("a broadcast");
  try {
    let step = yield* input.next();
    while (!step.done && (yield* sentTo(pipes, step.value))) step = yield* input.next();
    end = undefined;
  } catch (error) {
    if (isUnwanted(error)) throw error;
    end = asEnd(error);
  } finally {
    for (const pipe of pipes) pipe.close(end);
  }
}

// False: all readers have left.
function* sentTo<T>(pipes: readonly Pipe<T>[], item: T): Program<boolean> {
  let isWanted = false;
  for (const pipe of pipes) {
    try {
      yield* pipe.send(item);
      isWanted = true;
    } catch (error) {
      if (!pipe.isLeft(error)) throw error;
    }
  }
  return isWanted;
}

const failureOf: Routine<[program: Program<void>], { readonly error: unknown } | undefined> = routine(
  function* failureOf(program) {
    try {
      yield* framed(program, "sending");
    } catch (error) {
      if (isUnwanted(error)) throw error;
      return { error: asEnd(error) };
    }
    return undefined;
  },
);
