// What the kernel's own steps cost, beside `await` in the same process: a trap answered at once, the same 50 calls
// deep, a switch, spawn and wait, and the memory of a parked task. Medians of interleaved rounds; the machine is
// shared, so the ratios count. Run by `npm run bench:switch`; never part of the tests.

import { Kernel, type Program, type Routine, routine } from "../kernel/index.ts";
import { VirtualMachine } from "../kernel/machine/virtual.ts";
import { GetTid, KillTask, NewTask, Sleep, WaitTask } from "../syscalls/index.ts";

const rounds = 9;
const traps = 1_000_000;
const spawns = 200_000;

function kernel(): Kernel {
  return new Kernel(new VirtualMachine({ seed: 1 }), { tasks: 1_100_000 });
}

/** Nanoseconds per operation. */
async function time(operations: number, body: () => unknown): Promise<number> {
  const start = performance.now();
  await body();
  return ((performance.now() - start) * 1e6) / operations;
}

function* manyTraps(): Program<number> {
  let sum = 0;
  for (let i = 0; i < traps; i++) sum += yield* new GetTid();
  return sum;
}

const innermost = routine(manyTraps);

const deepTraps: Routine<[depth: number], number> = routine(function* deepen(depth) {
  return depth > 0 ? yield* deepTraps(depth - 1) : yield* innermost();
});

const nothing = routine(function* nothing(): Program<void> {});

function* manyCalls(): Program<void> {
  for (let i = 0; i < traps; i++) yield* nothing();
}

function* yielding(count: number): Program<void> {
  for (let i = 0; i < count; i++) yield;
}

function* twoYielding(): Program<void> {
  const other = yield* new NewTask(yielding(traps / 2));
  for (let i = 0; i < traps / 2; i++) yield;
  yield* new WaitTask(other);
}

const worker = routine(function* worker(): Program<number> {
  return 1;
});

function* spawnAndWait(): Program<void> {
  for (let i = 0; i < spawns; i++) yield* new WaitTask(yield* new NewTask(worker()));
}

async function manyAwaits(): Promise<void> {
  for (let i = 0; i < traps; i++) await undefined;
}

/** A request that is its own one-shot iterator, as a syscall is, and nothing more. */
class BareRequest {
  isMade = false;

  [Symbol.iterator](): this {
    return this;
  }

  next(answer?: unknown): IteratorResult<this, number> {
    if (this.isMade) return { done: true, value: Number(answer) };
    this.isMade = true;
    return { done: false, value: this };
  }
}

function* manyBareRequests(): Generator<BareRequest, number, unknown> {
  let sum = 0;
  for (let i = 0; i < traps; i++) sum += yield* new BareRequest();
  return sum;
}

/** The same shape without a kernel: what the language alone costs. */
function bareLoop(): void {
  const program = manyBareRequests();
  while (program.next(1).done !== true);
}

const sleeper = routine(function* sleeper(): Program<void> {
  yield* new Sleep(1e9);
});

function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error("run with --expose-gc: npm run bench:switch");
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

function parked(tasks: number): { bytes: number; spawnNs: number; killNs: number } {
  let bytes = 0;
  let spawnNs = 0;
  let killNs = 0;
  kernel().runSync(
    (function* main(): Program<void> {
      const before = heapUsed();
      const tids: number[] = new Array<number>(tasks).fill(0);
      const start = performance.now();
      for (let i = 0; i < tasks; i++) tids[i] = yield* new NewTask(sleeper());
      yield* new Sleep(1);
      spawnNs = ((performance.now() - start) * 1e6) / tasks;
      bytes = (heapUsed() - before) / tasks - 8; // the array of tids is ours
      const killing = performance.now();
      for (const tid of tids) yield* new KillTask(tid);
      yield* new Sleep(1);
      killNs = ((performance.now() - killing) * 1e6) / tasks;
    })(),
  );
  return { bytes, spawnNs, killNs };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const cases: Record<string, () => Promise<number>> = {
  "bare generator loop, no kernel": () => time(traps, bareLoop),
  "await undefined": () => time(traps, manyAwaits),
  "trap answered at once": () => time(traps, () => kernel().runSync(manyTraps())),
  "the same, 50 calls deep": () => time(traps, () => kernel().runSync(deepTraps(50))),
  "routine call and return": () => time(traps, () => kernel().runSync(manyCalls())),
  "switch between two tasks": () => time(traps, () => kernel().runSync(twoYielding())),
  "spawn and wait": () => time(spawns, () => kernel().runSync(spawnAndWait())),
};

const figures = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(cases)) figures.get(name)?.push(await run());
}
console.log(`Node ${process.version}, ${rounds} interleaved rounds, ns an operation\n`);
console.log(`${"".padEnd(34)}${"median".padStart(8)}${"min".padStart(8)}${"max".padStart(8)}`);
for (const [name, values] of figures) {
  const columns = [median(values), Math.min(...values), Math.max(...values)].map((value) =>
    value.toFixed(1).padStart(8),
  );
  console.log(name.padEnd(34) + columns.join(""));
}
const of = (name: string): number => median(figures.get(name) ?? []);
const ratio = (a: string, b: string): string => (of(a) / of(b)).toFixed(2);
console.log(`\ntrap / await               ${ratio("trap answered at once", "await undefined")}   (goal < 1)`);
console.log(`50 calls deep / not        ${ratio("the same, 50 calls deep", "trap answered at once")}   (goal <= 1.3)`);
for (const tasks of [100_000, 1_000_000]) {
  const { bytes, spawnNs, killNs } = parked(tasks);
  console.log(
    `${tasks.toLocaleString("en").padStart(9)} tasks asleep: ${bytes.toFixed(0)} bytes each (goal <= 500), spawn to sleep ${spawnNs.toFixed(0)} ns, kill ${killNs.toFixed(0)} ns`,
  );
}
