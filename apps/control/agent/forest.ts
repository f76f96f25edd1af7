// Rows as trees: by parent, or by who waits for whom. Each row stands below one other, or none. Where rows stand below each
// other in a ring, that one of them begins whose tid is smallest, and a row that repeats it closes the ring. Nothing
// recurses: a chain of 100,000 tasks is a tree too. Everything is in arrays of numbers, by the row's place among those that
// were given: with an object and a few map entries for each row it took four times as long.

import type { PlacedRow, TaskRow } from "../records.ts";
import { placed, summed } from "./placed.ts";

/** A row's `lasts` has at most so many, the innermost: no screen is wide enough for more. */
const maxLasts = 64;
/** For "no row". */
const none = -1;
const last = 1;
const repeat = 2;

export class Forest {
  readonly #rows: readonly TaskRow[];
  readonly #places: ReadonlyMap<number, number>;
  /** The row that each stands below. */
  readonly #above: Int32Array;
  /** The last of those below each, and of each the sibling before it. */
  readonly #below: Int32Array;
  readonly #before: Int32Array;
  readonly #isRingRoot: Uint8Array;
  readonly #isFolded: Uint8Array;
  // The lines of the drawing: each line's row, the line above it in the tree, and what it is.
  readonly #lineRows: number[] = [];
  readonly #lineAbove: number[] = [];
  readonly #lineMarks: number[] = [];

  /**
   * @param rows siblings stay in their order
   * @param aboveOf tid of what a row stands below; 0: nothing. One that is not among the rows is passed over
   * @param folded those whose rows below are left out
   */
  constructor(rows: readonly TaskRow[], aboveOf: (tid: number) => number, folded: readonly number[] = []) {
    this.#rows = rows;
    const places = new Map<number, number>();
    for (let row = 0; row < rows.length; row++) places.set(this.#tid(row), row);
    this.#places = places;
    this.#above = aboveIn(rows, places, aboveOf);
    this.#isRingRoot = ringRoots(rows, this.#above);
    this.#isFolded = new Uint8Array(rows.length);
    for (const tid of folded) this.#isFolded[places.get(tid) ?? rows.length] = 1; // beyond the end: nowhere
    this.#below = new Int32Array(rows.length).fill(none);
    this.#before = new Int32Array(rows.length).fill(none);
    for (let row = 0; row < rows.length; row++) {
      const above = at(this.#above, row);
      if (above === none) continue;
      this.#before[row] = at(this.#below, above);
      this.#below[above] = row;
    }
    this.#draw();
  }

  /** Lines; those that are folded away do not count, those that repeat one do. */
  get size(): number {
    return this.#lineRows.length;
  }

  /** Where the line of a task is, or of what it is folded into; -1: nowhere. */
  placeOf(tid: number): number {
    const lines = new Int32Array(this.#rows.length).fill(none);
    for (let line = 0; line < this.size; line++) {
      if ((at(this.#lineMarks, line) & repeat) === 0) lines[at(this.#lineRows, line)] = line;
    }
    for (let row = this.#places.get(tid) ?? none; row !== none; row = at(this.#above, row)) {
      if (at(lines, row) !== none) return at(lines, row);
    }
    return none;
  }

  slice(from: number, to: number): PlacedRow[] {
    const end = Math.min(to, this.size);
    return Array.from({ length: Math.max(0, end - from) }, (_, line) => this.#placed(from + line));
  }

  #placed(line: number): PlacedRow {
    const place = at(this.#lineRows, line);
    const row = this.#rows[place] as TaskRow; // a line is of one
    const isRepeat = (at(this.#lineMarks, line) & repeat) !== 0;
    const lasts: boolean[] = [];
    for (let each = line; each !== none && lasts.length < maxLasts; each = at(this.#lineAbove, each)) {
      lasts.unshift((at(this.#lineMarks, each) & last) !== 0);
    }
    if (isRepeat || this.#isFolded[place] !== 1) return placed(row, lasts, isRepeat);
    return { ...summed(row, this.#hidden(place)), lasts };
  }

  /** A row and all that stands below it. */
  #hidden(root: number): TaskRow[] {
    const rows: TaskRow[] = [];
    const open = [root];
    for (let row = open.pop(); row !== undefined; row = open.pop()) {
      rows.push(this.#rows[row] as TaskRow); // inside
      for (let below = at(this.#below, row); below !== none; below = at(this.#before, below)) {
        if (this.#isRingRoot[below] !== 1) open.push(below); // that one is above
      }
    }
    return rows;
  }

  // What is still to be drawn is on a stack, the last first: a row, the line above it, its marks.
  #draw(): void {
    const open: number[] = [];
    for (let row = this.#rows.length - 1; row >= 0; row--) {
      const isRoot = at(this.#above, row) === none || this.#isRingRoot[row] === 1;
      if (isRoot) open.push(open.length === 0 ? last : 0, none, row);
    }
    for (let row = open.pop(); row !== undefined; row = open.pop()) {
      const line = this.#lineRows.push(row) - 1;
      this.#lineAbove.push(open.pop() ?? none);
      const marks = open.pop() ?? 0;
      this.#lineMarks.push(marks);
      if ((marks & repeat) !== 0 || this.#isFolded[row] === 1) continue;
      for (let below = at(this.#below, row), mark = last; below !== none; below = at(this.#before, below), mark = 0) {
        open.push(mark | (this.#isRingRoot[below] === 1 ? repeat : 0), line, below);
      }
    }
  }

  #tid(row: number): number {
    return (this.#rows[row] as TaskRow).tid; // inside
  }
}

function at(numbers: ArrayLike<number>, place: number): number {
  return numbers[place] as number; // places are of rows and lines that there are
}

/** The nearest above each row that is a row itself. What is passed over is remembered, so that no way is gone twice. */
function aboveIn(
  rows: readonly TaskRow[],
  places: ReadonlyMap<number, number>,
  aboveOf: (tid: number) => number,
): Int32Array {
  const above = new Int32Array(rows.length);
  const passed = new Map<number, number>();
  for (let row = 0; row < rows.length; row++) {
    const tid = aboveOf((rows[row] as TaskRow).tid); // inside
    above[row] = tid === 0 ? none : (places.get(tid) ?? nearest(tid, places, aboveOf, passed));
  }
  return above;
}

function nearest(
  from: number,
  places: ReadonlyMap<number, number>,
  aboveOf: (tid: number) => number,
  passed: Map<number, number>,
): number {
  const trail: number[] = [];
  let found: number | undefined;
  for (let tid = from; found === undefined; tid = aboveOf(tid)) {
    found = tid === 0 ? none : (places.get(tid) ?? passed.get(tid));
    if (found !== undefined) break;
    passed.set(tid, none); // come here again on the same way, it is a ring with no row in it
    trail.push(tid);
  }
  for (const tid of trail) passed.set(tid, found);
  return found;
}

/** 1 for the row with the smallest tid of each ring. */
function ringRoots(rows: readonly TaskRow[], above: Int32Array): Uint8Array {
  const roots = new Uint8Array(rows.length);
  const seen = new Int32Array(rows.length); // 1 more than the row from which it was come to
  const tidOf = (row: number): number => (rows[row] as TaskRow).tid; // inside
  for (let start = 0; start < rows.length; start++) {
    let row = start;
    for (; row !== none && seen[row] === 0; row = at(above, row)) seen[row] = start + 1;
    if (row === none || seen[row] !== start + 1) continue;
    let smallest = row;
    for (let each = at(above, row); each !== row; each = at(above, each)) {
      if (tidOf(each) < tidOf(smallest)) smallest = each;
    }
    roots[smallest] = 1;
  }
  return roots;
}
