// The sleep queue: a binary heap ordered by time, ties in creation order. Setting and cancelling are O(log n), and a
// cancelled timer leaves nothing behind. Times and orders live in arrays of plain doubles, so that sifting touches
// no object but the two it swaps.

import { SyscallError } from "./errors.ts";

/** What can be in the sleep queue, in at most one place. */
export interface Timed {
  /** Place in the heap; -1 when not set. The queue's own field: nobody else writes it. */
  timer: number;
  /** The time has come; the timer is no longer set. */
  expire(): void;
}

export class Timers {
  readonly #at: number[] = [];
  readonly #order: number[] = [];
  readonly #who: Timed[] = [];
  #made = 0;

  get size(): number {
    return this.#who.length;
  }

  /** When the earliest is due, on the machine's clock, ms; Infinity when none is set. */
  get next(): number {
    return this.#at[0] ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Sets a timer; one that is set already moves.
   * @param at when, on the machine's clock, ms; Infinity sets nothing
   * @throws EINVAL for NaN
   */
  set(at: number, who: Timed): void {
    if (Number.isNaN(at)) throw new SyscallError("EINVAL", "a timer cannot be set for NaN");
    if (who.timer >= 0) this.cancel(who);
    if (at === Number.POSITIVE_INFINITY) return;
    this.#rise(this.#who.length, at, this.#made++, who);
  }

  /** Takes a timer back; does nothing when it is not set. */
  cancel(who: Timed): void {
    const place = who.timer;
    if (place < 0) return;
    who.timer = -1;
    const last = this.#who.length - 1;
    const at = this.#at.pop() as number; // the heap holds at least `who`
    const order = this.#order.pop() as number; // as above
    const moved = this.#who.pop() as Timed; // as above
    if (place === last) return;
    const parent = (place - 1) >> 1;
    if (place > 0 && this.#isBefore(at, order, parent)) this.#rise(place, at, order, moved);
    else this.#sink(place, at, order, moved);
  }

  /** Expires all that is due at `now`, in order, each after it has left the queue. */
  fire(now: number): void {
    while (this.#who.length > 0 && (this.#at[0] as number) <= now) {
      const who = this.#who[0] as Timed; // there is one
      this.cancel(who);
      who.expire();
    }
  }

  /** Each timer that is set, with its time, in the order of the heap. For checkers. */
  *[Symbol.iterator](): Generator<readonly [at: number, who: Timed]> {
    for (let place = 0; place < this.#who.length; place++) {
      yield [this.#at[place] as number, this.#who[place] as Timed]; // inside the heap
    }
  }

  #isBefore(at: number, order: number, place: number): boolean {
    const other = this.#at[place] as number; // `place` is inside the heap
    return at < other || (at === other && order < (this.#order[place] as number)); // as above
  }

  #put(place: number, at: number, order: number, who: Timed): void {
    this.#at[place] = at;
    this.#order[place] = order;
    this.#who[place] = who;
    who.timer = place;
  }

  #rise(from: number, at: number, order: number, who: Timed): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(at, order, parent)) break;
      this.#copy(parent, place);
      place = parent;
    }
    this.#put(place, at, order, who);
  }

  #sink(from: number, at: number, order: number, who: Timed): void {
    const size = this.#who.length;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size && this.#isBefore(this.#at[right] as number, this.#order[right] as number, child)) child = right; // inside
      if (this.#isBefore(at, order, child)) break;
      this.#copy(child, place);
      place = child;
    }
    this.#put(place, at, order, who);
  }

  #copy(from: number, to: number): void {
    this.#put(to, this.#at[from] as number, this.#order[from] as number, this.#who[from] as Timed); // inside the heap
  }
}

/** A timer with a function. */
export class Alarm implements Timed {
  timer = -1;
  readonly #ring: () => void;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  expire(): void {
    this.#ring();
  }
}
