// Nanoseconds of CPU time an operation: the count is raised until a run takes long enough, which is the warm-up as well;
// then the middle one of three such runs. CPU time and not time on the clock: on a quiet machine they are the same, on a
// busy one the clock said twice as much. switch/peers/timing.py and switch/peers/go/main.go do the same, with less
// warming up.

import { median } from "./figures.ts";

/** Does something so many times. */
export type Operation = (count: number) => unknown;

/** @param minMs how long a run takes at least, ms */
export async function nsEach(operation: Operation, minMs: number): Promise<number> {
  let count = 500;
  // Four times long enough: what was slow because it was new is compiled by then.
  for (let longEnough = 0; longEnough < 4; ) {
    const ms = await msOf(operation, count);
    if (ms >= minMs) longEnough++;
    else count = Math.ceil(count * Math.min(10, Math.max(1.5, (1.2 * minMs) / ms)));
  }
  const runs = [await msOf(operation, count), await msOf(operation, count), await msOf(operation, count)];
  return (median(runs) * 1e6) / count;
}

async function msOf(operation: Operation, count: number): Promise<number> {
  const start = cpuMs();
  await operation(count);
  return cpuMs() - start;
}

/** CPU time that this process has used, user and system, ms. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
