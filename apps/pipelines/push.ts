// Stages and sinks as coroutines: what they are sent they hand on, in whole or in part. Each ends when its targets have,
// closes them when it ends, and hands errors on that are thrown into it.

import { type Body, type Coroutine, coroutine } from "./coroutines.ts";

/** Hands on what a test lets through. */
export const filter: <T>(holds: (item: T) => boolean, target: Coroutine<T>) => Coroutine<T> = coroutine(
  function* filter<T>(holds: (item: T) => boolean, target: Coroutine<T>): Body<T> {
    yield* handOn([target], (item: T) => !holds(item) || target.send(item));
  },
);

/** Hands on what a function makes of each item. */
export const map: <T, U>(make: (item: T) => U, target: Coroutine<U>) => Coroutine<T> = coroutine(function* map<T, U>(
  make: (item: T) => U,
  target: Coroutine<U>,
): Body<T> {
  yield* handOn([target], (item: T) => target.send(make(item)));
});

/** Hands on the lines that match. @param pattern without `g` and `y`, with which it would remember where it was */
export function grep(pattern: RegExp, target: Coroutine<string>): Coroutine<string> {
  return filter((line) => pattern.test(line), target);
}

/**
 * Hands each item to all targets. One that has ended is left out; the last to end ends it.
 * Where several fail at once, in `throw` or in closing, that is an AggregateError of theirs.
 */
export const broadcast: <T>(targets: readonly Coroutine<T>[]) => Coroutine<T> = coroutine(function* broadcast<T>(
  targets: readonly Coroutine<T>[],
): Body<T> {
  yield* handOn(targets, (item: T) => targets.filter((target) => target.send(item)).length > 0);
});

/** Hands each item to a side target first, for as long as that wants any, and then on. */
export const tee: <T>(side: Coroutine<T>, target: Coroutine<T>) => Coroutine<T> = coroutine(function* tee<T>(
  side: Coroutine<T>,
  target: Coroutine<T>,
): Body<T> {
  yield* handOn([side, target], (item: T) => {
    side.send(item);
    return target.send(item);
  });
});

/** The end of a pipeline: gives each item to a function. @param write gets the item: for the console, a list, a count */
export const print: <T>(write: (item: T) => void) => Coroutine<T> = coroutine(function* print<T>(
  write: (item: T) => void,
): Body<T> {
  for (;;) write(yield);
});

/** Hands on so many items and wants no more. @param count a positive whole number */
export const take: <T>(count: number, target: Coroutine<T>) => Coroutine<T> = coroutine(function* take<T>(
  count: number,
  target: Coroutine<T>,
): Body<T> {
  let left = count;
  yield* handOn([target], (item: T) => target.send(item) && --left > 0);
});

// What all stages have in common. @param step handles an item; false: no more are wanted
function* handOn<T>(
  targets: readonly Coroutine<T>[] | readonly Coroutine<never>[],
  step: (item: T) => boolean,
): Body<T> {
  const each = targets as readonly Coroutine<unknown>[]; // nothing is sent here, only errors and ends
  try {
    for (let isWanted = true; isWanted; ) {
      let item: T;
      try {
        item = yield;
      } catch (error) {
        isWanted = throwInto(each, error);
        continue;
      }
      isWanted = step(item);
    }
  } finally {
    toAll(each, (target) => target.close());
  }
}

// False: nobody who caught it wants more.
function throwInto(targets: readonly Coroutine<unknown>[], error: unknown): boolean {
  const live = targets.filter((target) => !target.isOver);
  if (live.length === 0) throw error;
  let isWanted = false;
  toAll(live, (target) => {
    isWanted = target.throw(error) || isWanted;
  });
  return isWanted;
}

// One that fails keeps none of the others from it. The same error from several is one.
function toAll(targets: readonly Coroutine<unknown>[], act: (target: Coroutine<unknown>) => void): void {
  const errors = new Set<unknown>();
  for (const target of targets) {
    try {
      act(target);
    } catch (error) {
      errors.add(error);
    }
  }
  if (errors.size > 1) throw new AggregateError(errors, "several targets of a coroutine failed");
  for (const error of errors) throw error;
}
