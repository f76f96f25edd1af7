// Costs at a depth of calls: of a trap, of a call with its return, of a kill, by frame.

import { type Call, Kernel, type Program, type Routine, type Runnable, routine } from "../../../kernel/index.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";
import { GetTid, KillTask, NewTask, Sleep, WaitTask } from "../../../syscalls/index.ts";
import { median } from "../../lib/figures.ts";
import { cpuMs, nsEach } from "../../lib/timing.ts";
import type { Figures } from "../what.ts";

const trapsEach = 300_000;
const callsEach = 300_000;

/** Nanoseconds each of what a routine does `count` times, timed inside the task: the way down to it does not count. */
const nsEachOf = routine(function* nsEachOf(count: number, body: () => Call<void>): Program<number> {
  const runs: number[] = [];
  for (let round = 0; round < 4; round++) {
    const start = cpuMs();
    yield* body();
    runs.push(((cpuMs() - start) * 1e6) / count);
  }
  return median(runs.slice(1)); // the first is the warm-up
});

const traps = routine(function* traps(): Program<void> {
  for (let i = 0; i < trapsEach; i++) yield* new GetTid();
});

const asleep = routine(function* asleep(): Program<number> {
  yield* new Sleep(1e9);
  return 0;
});

const nothing = routine(function* nothing(): Program<number> {
  return 0;
});

/** Runs something `left` calls down, and hands its value up. */
const descend: Routine<[left: number, what: () => Call<number>], number> = routine(function* further(left, what) {
  return yield* left > 1 ? descend(left - 1, what) : what();
});

/** So often down and up again. */
const descents = routine(function* descents(depth: number, times: number): Program<void> {
  for (let i = 0; i < times; i++) yield* descend(depth, nothing);
});

const framesEach = 20_000;

/** Nanoseconds a frame from the kill to the end, of as many tasks as make enough frames; the median of three times. */
function* kills(depth: number): Program<number> {
  const runs: number[] = [];
  for (let round = 0; round < 4; round++) runs.push(yield* killsOnce(depth, Math.ceil(framesEach / depth)));
  return median(runs.slice(1)); // the first is the warm-up
}

const killsOnce = routine(function* killsOnce(depth: number, tasks: number): Program<number> {
  let down = 0;
  const bottom = (): Call<number> => {
    down++;
    return asleep();
  };
  const tids: number[] = [];
  for (let i = 0; i < tasks; i++) tids.push(yield* new NewTask(descend(depth, bottom)));
  while (down < tasks) yield;
  yield; // the last one is asleep
  const start = cpuMs();
  for (const tid of tids) yield* new KillTask(tid);
  for (const tid of tids) yield* new WaitTask(tid);
  return ((cpuMs() - start) * 1e6) / (depth * tasks);
});

const run = <T>(program: Runnable<T>): Promise<T> => new Kernel(new NodeMachine(), { graceMs: 1 }).run(program);

/** Of routines. */
export async function depth(size: number): Promise<Figures> {
  const times = Math.ceil(callsEach / size);
  return {
    trap: await run(descend(size, () => nsEachOf(trapsEach, traps))),
    call: await run(nsEachOf(times * size, () => descents(size, times))),
    killFrame: await run(kills(size)),
  };
}

function* bareTraps(left: number, count: number): Generator<number, void, unknown> {
  if (left > 1) yield* bareTraps(left - 1, count);
  else for (let i = 0; i < count; i++) yield i;
}

/** Of native `yield*`, each resume of which walks the whole chain. */
export async function bareDepth(size: number): Promise<Figures> {
  const trap = await nsEach((count) => {
    const program = bareTraps(size, count);
    while (program.next().done !== true);
  }, 40);
  return { trap };
}
