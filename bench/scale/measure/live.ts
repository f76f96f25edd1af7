// Costs beside many tasks that are asleep: of a switch between two busy ones, of the memory, of waking them all, of
// making and killing them.

import { Kernel, type Program, routine } from "../../../kernel/index.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";
import { VirtualMachine } from "../../../kernel/machine/virtual.ts";
import { KillTask, NewTask, Sleep, WaitTask } from "../../../syscalls/index.ts";
import { median } from "../../lib/figures.ts";
import { collected } from "../../lib/memory.ts";
import { cpuMs } from "../../lib/timing.ts";
import { type Figures, report } from "../what.ts";

const farMs = 1e9;
const busySwitches = 400_000;
const warmUpTasks = 5_000;
/** With fewer, what else is on the heap is more than they are. */
const fewTasks = 1_000;

const sleeper = routine(function* sleeper(): Program<void> {
  yield* new Sleep(farMs);
});

function* yielding(count: number): Program<void> {
  for (let i = 0; i < count; i++) yield;
}

const switching = routine(function* switching(): Program<void> {
  const other = yield* new NewTask(yielding(busySwitches / 2));
  for (let i = 0; i < busySwitches / 2; i++) yield;
  yield* new WaitTask(other);
});

/** Starts so many sleepers, and is back when they sleep. */
const spawning = routine(function* spawning(size: number): Program<number[]> {
  const tids = new Array<number>(size).fill(0);
  for (let i = 0; i < size; i++) tids[i] = yield* new NewTask(sleeper());
  yield;
  return tids;
});

/** Kills them, and is back when the last is gone. */
const killingAll = routine(function* killingAll(tids: readonly number[]): Program<void> {
  for (const tid of tids) yield* new KillTask(tid);
  yield* new WaitTask(tids.at(-1) ?? 0);
});

function nsSince(start: number): number {
  return (cpuMs() - start) * 1e6;
}

function kernelFor(size: number): Kernel {
  return new Kernel(new NodeMachine(), { tasks: size + 10 });
}

/** A switch between two busy tasks while `size` sleep, and the memory of one of those. */
export async function live(size: number): Promise<Figures> {
  return await kernelFor(size).run(
    (function* main(): Program<Figures> {
      yield* switching(); // warm-up
      const before = collected().heapUsed;
      const tids = yield* spawning(size);
      const bytes = (collected().heapUsed - before) / size;
      const switches: number[] = [];
      for (let i = 0; i < 3; i++) {
        const start = cpuMs();
        yield* switching();
        switches.push(nsSince(start) / busySwitches);
      }
      const told = tids.length < fewTasks ? {} : { bytes };
      return report({ switch: median(switches), ...told }); // to end the tasks would take longer
    })(),
  );
}

/** What it costs to start `size` tasks that sleep, and to kill them; for small sizes over many times. */
export async function killing(size: number): Promise<Figures> {
  const times = Math.ceil(warmUpTasks / size);
  return await kernelFor(Math.max(size, warmUpTasks)).run(
    (function* main(): Program<Figures> {
      yield* killingAll(yield* spawning(warmUpTasks));
      let [spawn, kill] = [0, 0];
      for (let i = 0; i < times; i++) {
        const start = cpuMs();
        const tids = yield* spawning(size);
        spawn += nsSince(start) / size / times;
        const killStart = cpuMs();
        yield* killingAll(tids);
        kill += nsSince(killStart) / size / times;
      }
      return { spawn, kill };
    })(),
  );
}

const kept: (() => void)[] = [];

async function waiting(): Promise<void> {
  await new Promise<void>((resolve) => kept.push(resolve));
}

async function awaits(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
}

/** The same of async functions, which cannot be killed. */
export async function asyncLive(size: number): Promise<Figures> {
  await Promise.all([awaits(busySwitches / 2), awaits(busySwitches / 2)]);
  const before = collected().heapUsed;
  const spawning = cpuMs();
  for (let i = 0; i < size; i++) void waiting();
  const spawn = nsSince(spawning) / size;
  const bytes = (collected().heapUsed - before) / size;
  const told = size < fewTasks ? {} : { bytes };
  const start = cpuMs();
  await Promise.all([awaits(busySwitches / 2), awaits(busySwitches / 2)]);
  return { spawn, ...told, switch: nsSince(start) / busySwitches };
}

/**
 * All of `size` tasks sleep and wake again and again, each in its own time: a sleep with its wake. In virtual time, so
 * that the work is measured and not the waiting.
 */
export async function waking(size: number): Promise<Figures> {
  let wakes = 0;
  const tossing = routine(function* tossing(ms: number): Program<void> {
    for (;;) {
      yield* new Sleep(ms);
      wakes++;
    }
  });
  const nightMs = Math.max(10, size / 1_000); // a thousand wakes a millisecond at most: nobody waits for a turn
  const nights = Math.max(1, 300_000 / size);
  return new Kernel(new VirtualMachine(), { tasks: size + 10 }).runSync(
    (function* main(): Program<Figures> {
      for (let i = 0; i < size; i++) yield* new NewTask(tossing(nightMs * (0.5 + ((i * 7_919) % 1_000) / 1_000)));
      yield* new Sleep(nightMs);
      const wakesBefore = wakes;
      const start = cpuMs();
      yield* new Sleep(nightMs * nights);
      return report({ wake: nsSince(start) / (wakes - wakesBefore) }); // to end the tasks would take longer
    })(),
  );
}
