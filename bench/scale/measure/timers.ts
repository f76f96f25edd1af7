// Timers set and cancelled while many are pending: the kernel's sleep queue, and Node's own.

import { Alarm, Timers } from "../../../kernel/timers.ts";
import { median } from "../../lib/figures.ts";
import { cpuMs } from "../../lib/timing.ts";
import type { Figures } from "../what.ts";

const latestMs = 60_000;

/** The same numbers each time. */
function sequence(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** So many timers that can be set and cancelled by place. */
interface Queue {
  set(place: number, ms: number): void;
  cancel(place: number): void;
}

/** Sets `size` of them, replaces some while all the others are pending, cancels all in another order. */
function measured(size: number, queue: Queue): Figures {
  const random = sequence();
  const replaced = 100_000;
  const turns = Math.max(1, Math.ceil(replaced / size));
  const [set, replace, cancel]: [number[], number[], number[]] = [[], [], []];
  const order = Array.from({ length: size }, (_, place) => place);
  for (let place = size - 1; place > 0; place--) swap(order, place, random(place + 1));
  // Small sizes are set and cancelled many times over, which warms up and leaves something to measure.
  for (let turn = 0; turn < Math.max(2, turns); turn++) {
    set.push(nsEachOf(size, (i) => queue.set(i, random(latestMs))));
    if (turn < 2) replace.push(nsEachOf(replaced, () => replaceOne(queue, random, size)));
    cancel.push(nsEachOf(size, (i) => queue.cancel(order[i] ?? 0)));
  }
  return { set: median(set), cancel: median(cancel), replace: median(replace) };
}

function replaceOne(queue: Queue, random: (below: number) => number, size: number): void {
  const place = random(size);
  queue.cancel(place);
  queue.set(place, random(latestMs));
}

function swap(order: number[], a: number, b: number): void {
  [order[a], order[b]] = [order[b] ?? 0, order[a] ?? 0];
}

function nsEachOf(count: number, each: (i: number) => void): number {
  // CPU time has a grain of a microsecond or more; what takes so short is seldom interrupted.
  const nowMs = count < 10_000 ? () => performance.now() : cpuMs;
  const start = nowMs();
  for (let i = 0; i < count; i++) each(i);
  return ((nowMs() - start) * 1e6) / count;
}

/** The kernel's. */
export async function timers(size: number): Promise<Figures> {
  const queue = new Timers();
  const alarms = Array.from({ length: size }, () => new Alarm(() => {}));
  const alarm = (place: number): Alarm => alarms[place] as Alarm; // inside
  return measured(size, {
    set: (place, ms) => queue.set(ms, alarm(place)),
    cancel: (place) => queue.cancel(alarm(place)),
  });
}

/** setTimeout and clearTimeout. */
export async function nodeTimers(size: number): Promise<Figures> {
  const handles = new Array<NodeJS.Timeout | undefined>(size).fill(undefined);
  const nothing = (): void => {};
  return measured(size, {
    set: (place, ms) => {
      handles[place] = setTimeout(nothing, latestMs + ms);
    },
    cancel: (place) => clearTimeout(handles[place]),
  });
}
