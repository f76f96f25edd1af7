// Rows in the order of a column. Ties stay in the order in which the rows were given; what is not known comes last,
// whichever way the column is turned. Of 10,000 rows forty are wanted: only those are put in order, the rest is but divided
// into what comes before and what comes after (Hoare's quickselect), and most of that by one look at each.

import { columnOf, findingOrder, isTaskColumn } from "../columns.ts";
import type { TaskRow } from "../records.ts";

type Key = string | number | null;

/** An order of rows, of which parts can be had. */
export class Order<R extends TaskRow> {
  readonly #rows: readonly R[];
  readonly #compare: (one: number, other: number) => number;

  /**
   * @param rows in the order of their tids
   * @param sort the column's name: one that every task has, or one that waits declare
   * @param isInverted turns the column's usual order round
   */
  constructor(rows: readonly R[], sort: string, isInverted: boolean) {
    const { keys, isAscending } = keysOf(rows, sort);
    this.#rows = rows;
    const sign = isAscending !== isInverted ? 1 : -1;
    this.#compare =
      keys instanceof Float64Array
        ? (one, other) => comparedNumbers(keys[one] as number, keys[other] as number, sign) || one - other // inside
        : (one, other) => comparedTexts(keys[one] ?? null, keys[other] ?? null, sign) || one - other;
  }

  /** How many rows come before one. @param place where it is among those that were given */
  rankOf(place: number): number {
    let rank = 0;
    for (let other = 0; other < this.#rows.length; other++) if (this.#compare(other, place) < 0) rank++;
    return rank;
  }

  /** The rows from one place of the order to before another. */
  slice(from: number, to: number): R[] {
    const end = Math.min(to, this.#rows.length);
    const places = this.#candidates(end);
    settle(places, from, end, this.#compare);
    return Array.from(places.subarray(from, end), (place) => this.#rows[place] as R); // each is inside
  }

  // Places among which are the first so many of the order. Of many rows few are wanted, and what comes after some of a
  // sample need not be looked at twice.
  #candidates(count: number): Uint32Array {
    const { length } = this.#rows;
    const places = new Uint32Array(length);
    let [bound, found] = [Number.NaN, 0];
    if (count * 8 < length && length > 8 * sampled) bound = this.#sampled(count / length);
    for (let place = 0; place < length; place++) {
      if (Number.isNaN(bound) || this.#compare(place, bound) <= 0) places[found++] = place;
    }
    if (found >= count) return places.subarray(0, found);
    for (let place = 0; place < length; place++) places[place] = place; // the sample was none of the rest
    return places;
  }

  /** Of a sample of places the one in the order that should come after a share of all. */
  #sampled(share: number): number {
    const sample = Uint32Array.from({ length: sampled }, (_, n) => Math.floor((n * this.#rows.length) / sampled));
    return sample.sort(this.#compare)[Math.ceil(share * sampled) + spare] as number; // inside: the share is small
  }
}

/** Rows in a sample, and how many of them more than should be needed are let through. */
const sampled = 128;
const spare = 3;

interface Keys {
  /** Of numbers NaN is what is not known. */
  readonly keys: Float64Array | readonly Key[];
  readonly isAscending: boolean;
}

function keysOf(rows: readonly TaskRow[], sort: string): Keys {
  const { kind, isAscending, read } = columnOf(sort);
  if (sort === "finding") return { keys: numbersOf(rows, severity), isAscending };
  if (kind !== "text" && kind !== "letter") {
    return { keys: numbersOf(rows, (row) => (read(row) as number | null) ?? Number.NaN), isAscending }; // by its kind
  }
  const keys = rows.map((row) => read(row) || null);
  return (isTaskColumn(sort) ? undefined : counts(keys)) ?? { keys, isAscending };
}

/** A number of each. Not by `from`, which iterates: ten times as long. */
export function numbersOf<T>(all: readonly T[], number: (one: T) => number): Float64Array {
  const numbers = new Float64Array(all.length);
  for (let place = 0; place < numbers.length; place++) numbers[place] = number(all[place] as T); // inside
  return numbers;
}

function severity({ finding }: TaskRow): number {
  return finding === "" ? Number.NaN : findingOrder.indexOf(finding);
}

// What a wait declares is text, and most of it counts something.
function counts(keys: readonly Key[]): Keys | undefined {
  const numbers = numbersOf(keys, (key) => (key === null ? Number.NaN : Number(key)));
  const isCount = keys.every((key, place) => key === null || !Number.isNaN(numbers[place]));
  return isCount ? { keys: numbers, isAscending: false } : undefined;
}

function comparedNumbers(one: number, other: number, sign: number): number {
  if (one === other) return 0;
  if (Number.isNaN(one)) return Number.isNaN(other) ? 0 : 1;
  if (Number.isNaN(other)) return -1;
  return one < other ? -sign : sign;
}

function comparedTexts(one: Key, other: Key, sign: number): number {
  if (one === other) return 0;
  if (one === null) return 1;
  if (other === null) return -1;
  return one < other ? -sign : sign;
}

/** Shorter parts are simply sorted. */
const short = 32;

/**
 * Puts what belongs at `from` to before `to` there, in order; the other places are in no order.
 * @param divisions after so many that have been of little use the rest is sorted as a whole
 */
function settle(
  places: Uint32Array,
  from: number,
  to: number,
  compare: (one: number, other: number) => number,
  [first, last, divisions]: [number, number, number] = [0, places.length - 1, 64],
): void {
  let [start, end, left] = [first, last, divisions];
  while (start < end && end >= from && start < to) {
    if (end - start < short || left-- === 0) {
      places.subarray(start, end + 1).sort(compare);
      return;
    }
    const [lower, upper] = divide(places, start, end, compare);
    settle(places, from, to, compare, [start, lower, left]);
    start = upper;
  }
}

/** Divides a part by the one in its middle; gives where the lower half ends and where the upper begins. */
function divide(
  places: Uint32Array,
  start: number,
  end: number,
  compare: (one: number, other: number) => number,
): [number, number] {
  const pivot = places[(start + end) >> 1] as number; // inside, as all below
  let [low, high] = [start, end];
  while (low <= high) {
    while (compare(places[low] as number, pivot) < 0) low++;
    while (compare(places[high] as number, pivot) > 0) high--;
    if (low > high) break;
    const one = places[low] as number;
    places[low++] = places[high] as number;
    places[high--] = one;
  }
  return [high, low];
}
