// The sleep queue costs the logarithm of what is in it: counted in moves, of which each tells its timer its place.

import { expect, test } from "vitest";
import { type Timed, Timers } from "../../kernel/timers.ts";

/** A timer that counts how often it is moved. */
class Counted implements Timed {
  static moves = 0;
  #place = -1;

  get timer(): number {
    return this.#place;
  }

  set timer(place: number) {
    Counted.moves++;
    this.#place = place;
  }

  expire(): void {}
}

/** Moves of a part of the work, each of it. */
function movesOf(work: () => void): number {
  Counted.moves = 0;
  work();
  return Counted.moves;
}

const orders: Record<string, (n: number, count: number) => number> = {
  rising: (n) => n,
  falling: (n, count) => count - n,
  "in no order": (n, count) => (n * 7_919) % count,
};

test.each(Object.entries(orders))(
  "to set, cancel and fire one among many takes a few moves more for twice as many (%s)",
  (_name, at) => {
    for (const exponent of [10, 13, 16]) {
      const count = 2 ** exponent;
      const timers = new Timers();
      const all = Array.from({ length: count }, () => new Counted());
      const most = count * (exponent + 3);
      expect(movesOf(() => all.map((timer, n) => timers.set(at(n, count), timer)))).toBeLessThanOrEqual(most);
      expect(movesOf(() => all.map((timer, n) => timers.set(at(n, count) + 0.5, timer)))).toBeLessThanOrEqual(2 * most);
      expect(movesOf(() => all.map((timer, n) => n % 2 === 0 && timers.cancel(timer)))).toBeLessThanOrEqual(most);
      expect(timers.size).toBe(count / 2);
      expect(movesOf(() => timers.fire(count + 1))).toBeLessThanOrEqual(most);
      expect(timers.size).toBe(0);
    }
  },
);
