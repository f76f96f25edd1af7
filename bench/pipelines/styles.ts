// One filter, as often as it is asked for, in each style: items are sent through stages that let all pass, into a sink that
// adds them up. After Beazley's course, where a coroutine is held against an object with a method.

import type { Coroutine } from "../../apps/pipelines/coroutines.ts";
import { from, type Inlet, type Pipeline } from "../../apps/pipelines/pipeline.ts";
import { filter as coroutineFilter, print } from "../../apps/pipelines/push.ts";
import { filter as stageFilter } from "../../apps/pipelines/stages.ts";
import { Kernel, type Program } from "../../kernel/index.ts";
import { NodeMachine } from "../../kernel/machine/node.ts";

/** Sends `count` items through `stages` filters, and gives their sum. */
export type Style = (count: number, stages: number) => number | Promise<number>;

const isWanted = (item: number): boolean => item >= 0;

class Sink {
  sum = 0;
  send(item: number): void {
    this.sum += item;
  }
}

class Filter {
  readonly #holds: (item: number) => boolean;
  readonly #target: { send(item: number): void };

  constructor(holds: (item: number) => boolean, target: { send(item: number): void }) {
    this.#holds = holds;
    this.#target = target;
  }

  send(item: number): void {
    if (this.#holds(item)) this.#target.send(item);
  }
}

function functionFilter(holds: (item: number) => boolean, target: (item: number) => void): (item: number) => void {
  return (item) => {
    if (holds(item)) target(item);
  };
}

type Bare = Generator<undefined, void, number>;

function* bareFilter(holds: (item: number) => boolean, target: Bare): Bare {
  for (;;) {
    const item = yield;
    if (holds(item)) target.next(item);
  }
}

function* bareSink(sink: Sink): Bare {
  for (;;) sink.send(yield);
}

function primed(generator: Bare): Bare {
  (generator as Generator<undefined, void, number | undefined>).next(undefined); // the first gives nothing
  return generator;
}

function* pulled(items: Iterable<number>, holds: (item: number) => boolean): Generator<number, void> {
  for (const item of items) if (holds(item)) yield item;
}

async function* pulledAsync(items: AsyncIterable<number>, holds: (item: number) => boolean): AsyncGenerator<number> {
  for await (const item of items) if (holds(item)) yield item;
}

function* counting(count: number): Generator<number, void> {
  for (let item = 0; item < count; item++) yield item;
}

async function* countingAsync(count: number): AsyncGenerator<number> {
  for (let item = 0; item < count; item++) yield item;
}

/** A chain of so many, made from its end. */
function chain<T>(stages: number, end: T, add: (target: T) => T): T {
  let target = end;
  for (let stage = 0; stage < stages; stage++) target = add(target);
  return target;
}

function sent(count: number, send: (item: number) => void): void {
  for (let item = 0; item < count; item++) send(item);
}

const summed = function* (input: Inlet<number>): Program<number> {
  let sum = 0;
  for (let step = yield* input.next(); !step.done; step = yield* input.next()) sum += step.value;
  return sum;
};

export type Styled =
  | "plain function"
  | "object with a method"
  | "bare generator, sent to"
  | "coroutine of apps/pipelines"
  | "generator, asked"
  | "async generator"
  | "tasks on channels";

/** In the order of the table. */
export const styles: Readonly<Record<Styled, Style>> = {
  "plain function": (count, stages) => {
    const sink = new Sink();
    sent(
      count,
      chain<(item: number) => void>(
        stages,
        (item) => sink.send(item),
        (target) => functionFilter(isWanted, target),
      ),
    );
    return sink.sum;
  },
  "object with a method": (count, stages) => {
    const sink = new Sink();
    const first = chain<{ send(item: number): void }>(stages, sink, (target) => new Filter(isWanted, target));
    sent(count, (item) => first.send(item));
    return sink.sum;
  },
  "bare generator, sent to": (count, stages) => {
    const sink = new Sink();
    const first = chain(stages, primed(bareSink(sink)), (target) => primed(bareFilter(isWanted, target)));
    sent(count, (item) => void first.next(item));
    return sink.sum;
  },
  "coroutine of apps/pipelines": (count, stages) => {
    const sink = new Sink();
    const end: Coroutine<number> = print((item) => sink.send(item));
    const first = chain(stages, end, (target) => coroutineFilter(isWanted, target));
    sent(count, (item) => void first.send(item));
    first.close();
    return sink.sum;
  },
  "generator, asked": (count, stages) => {
    let sum = 0;
    for (const item of chain<Iterable<number>>(stages, counting(count), (items) => pulled(items, isWanted)))
      sum += item;
    return sum;
  },
  "async generator": async (count, stages) => {
    let sum = 0;
    const items = chain<AsyncIterable<number>>(stages, countingAsync(count), (before) => pulledAsync(before, isWanted));
    for await (const item of items) sum += item;
    return sum;
  },
  "tasks on channels": (count, stages) => {
    const source = from<number>(function* (output) {
      for (let item = 0; item < count; item++) yield* output.send(item);
    });
    const pipeline = chain<Pipeline<number>>(stages, source, (before) => before.through(stageFilter(isWanted)));
    return new Kernel(new NodeMachine()).run(pipeline.into(summed));
  },
};
