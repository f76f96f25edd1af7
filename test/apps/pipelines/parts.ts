// Parts of pipelines for tests, and who is left after one.

import { GetTid, ListTasks, type Program } from "../../../apps/index.ts";
import type { Inlet, Stage } from "../../../apps/pipelines/pipeline.ts";

export function* list<T>(input: Inlet<T>): Program<T[]> {
  const all: T[] = [];
  for (let step = yield* input.next(); !step.done; step = yield* input.next()) all.push(step.value);
  return all;
}

/** Takes what comes before an error, and says which that was. */
export function* upToError(input: Inlet<unknown>): Program<unknown[]> {
  const all: unknown[] = [];
  try {
    for (let step = yield* input.next(); !step.done; step = yield* input.next()) all.push(step.value);
    return all;
  } catch (error) {
    return [...all, error instanceof Error ? error.message : error];
  }
}

export const failing = (after: number, error: unknown): Stage<number, number> =>
  function* (input, output) {
    for (let left = after; left > 0; left--) {
      const step = yield* input.next();
      if (!step.done) yield* output.send(step.value);
    }
    throw error;
  };

/** What is left but the main task. */
export function* others(): Program<string[]> {
  const own = yield* new GetTid();
  return (yield* new ListTasks()).filter(({ tid }) => tid !== own).map(({ name }) => name);
}
