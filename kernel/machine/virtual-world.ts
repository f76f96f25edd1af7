// The simulated world under the virtual machine: a clock, what is scheduled on it, chance and faults. The clock moves
// in `advance` and nowhere else. What is scheduled stays bounded by what schedules it: each direction of each endpoint
// has at most one event of each kind under way.

import { SyscallError } from "../errors.ts";
import { Random } from "./random.ts";
import { type FaultPlan, Faults } from "./virtual-faults.ts";
import { Fifo, Schedule } from "./virtual-queue.ts";

/**
 * What a poll costs when it does not wait, ms. Without it a kernel whose tasks are always busy, and so polls with 0
 * only, would never reach anything that lies in the future, be it one latency away.
 */
export const tickMs = 0.01;

/** The longest time readiness is held back by a fault, ms. */
const longestDelayMs = 20;

/** What a clock jump can measure, ms: a pause, a stopped process, a busy host, a suspend. */
const jumpsMs = [5, 500, 60_000, 3_600_000] as const;

export class World {
  readonly faults: Faults;
  /** The chance of network and faults: its own stream, so that what tasks draw does not change the weather. */
  readonly random: Random;
  /** Called when something was scheduled, so that a poll that waits for anything at all can go on. */
  onSchedule: (() => void) | undefined = undefined;
  readonly #schedule = new Schedule();
  readonly #due = new Fifo<() => void>();
  readonly #latencyMs: readonly [minMs: number, maxMs: number];
  #nowMs = 0;
  #told = false;

  constructor(seed: number, plan: Partial<FaultPlan>, latencyMs: readonly [minMs: number, maxMs: number]) {
    const [minMs, maxMs] = latencyMs;
    if (!(minMs >= 0 && minMs <= maxMs && maxMs < Number.POSITIVE_INFINITY)) {
      throw new SyscallError("EINVAL", `latency is [least, most] in ms, finite, from 0 up, not [${latencyMs}]`);
    }
    this.random = new Random(seed, 1);
    this.faults = new Faults(plan, new Random(seed, 2));
    this.#latencyMs = latencyMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** True while anything is scheduled. */
  get pending(): boolean {
    return this.#schedule.size > 0 || this.#due.size > 0;
  }

  /** Time one message takes from one end to the other, ms. */
  latencyMs(): number {
    const [minMs, maxMs] = this.#latencyMs;
    return minMs === maxMs ? minMs : minMs + this.random.next() * (maxMs - minMs);
  }

  /** Time by which a fault holds readiness back, ms. */
  delayMs(): number {
    return this.random.next() * longestDelayMs;
  }

  /** Lets `fire` happen in the first poll that ends `delayMs` from now or later. */
  after(delayMs: number, fire: () => void): void {
    this.#schedule.add(this.#nowMs + delayMs, fire);
    this.onSchedule?.();
  }

  /** Forgets what is scheduled. */
  clear(): void {
    this.#schedule.clear();
    this.#due.clear();
  }

  /** A watcher was told: what ends an `advance`. */
  told(): void {
    this.#told = true;
  }

  /**
   * Moves the clock from event to event until a watcher was told, `idleMs` are over, or nothing is scheduled and
   * `idleMs` is Infinity. When something is due now, or `idleMs` is 0, it costs a tick. True when a watcher was told.
   */
  advance(idleMs: number): boolean {
    const limitMs = this.#nowMs + (idleMs > 0 ? idleMs : tickMs);
    this.#told = false;
    if (idleMs <= 0 || this.#due.size > 0 || this.#schedule.nextMs <= this.#nowMs) {
      this.#move(Math.min(limitMs, this.#nowMs + tickMs));
    }
    while (!this.#told && this.#nowMs < limitMs) {
      const untilMs = Math.min(limitMs, this.#schedule.nextMs);
      if (untilMs === Number.POSITIVE_INFINITY) break;
      this.#move(untilMs);
    }
    return this.#told;
  }

  #move(untilMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, untilMs);
    if (this.faults.strikes("clockJump")) {
      this.#nowMs += this.random.next() * (jumpsMs[this.random.below(jumpsMs.length)] ?? 0);
    }
    this.#deliver();
  }

  /** What is scheduled meanwhile is left for the next time. What a throwing watcher leaves undone stays due. */
  #deliver(): void {
    const batch: (() => void)[] = [];
    for (let fire = this.#schedule.takeDue(this.#nowMs); fire; fire = this.#schedule.takeDue(this.#nowMs)) {
      batch.push(fire);
    }
    if (batch.length > 1 && this.faults.strikes("reorderedReadiness")) shuffle(batch, this.random);
    for (const fire of batch) this.#due.push(fire);
    for (let fire = this.#due.shift(); fire; fire = this.#due.shift()) fire();
  }
}

/** Fisher and Yates: every order is as likely. */
function shuffle<T>(items: T[], random: Random): void {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    const [one, two] = [items[at], items[other]];
    if (one === undefined || two === undefined) return;
    items[at] = two;
    items[other] = one;
  }
}
