// Rows as trees: by parent, or by who waits for whom. Each row stands below one other, or none. Where rows stand below each
// other in a ring, that one of them begins whose tid is smallest, and a row that repeats it closes the ring. Nothing
// recurses: a chain of 100,000 tasks is a tree too.

import type { PlacedRow, TaskRow } from "../records.ts";
import { placed, summed } from "./placed.ts";

/** A row's `lasts` has at most so many, the innermost: no screen is wide enough for more. */
const maxLasts = 64;

interface Node {
  readonly row: TaskRow;
  readonly above: Node | undefined;
  readonly isLast: boolean;
  readonly isRepeat: boolean;
}

export class Forest {
  readonly #rows: ReadonlyMap<number, TaskRow>;
  /** By tid what each row stands below; 0: nothing. */
  readonly #above = new Map<number, number>();
  readonly #below = new Map<number, TaskRow[]>();
  readonly #ringRoots: ReadonlySet<number>;
  readonly #folded: ReadonlySet<number>;
  readonly #nodes: Node[] = [];

  /**
   * @param rows siblings stay in their order
   * @param aboveOf tid of what a row stands below; 0: nothing. One that is not among the rows is passed over
   * @param folded those whose rows below are left out
   */
  constructor(rows: readonly TaskRow[], aboveOf: (tid: number) => number, folded: readonly number[] = []) {
    this.#rows = new Map(rows.map((row) => [row.tid, row]));
    this.#folded = new Set(folded);
    const nearest = passing(this.#rows, aboveOf);
    for (const row of rows) {
      const above = nearest(row.tid);
      this.#above.set(row.tid, above);
      const siblings = this.#below.get(above);
      if (siblings === undefined) this.#below.set(above, [row]);
      else siblings.push(row);
    }
    this.#ringRoots = ringRoots(this.#above);
    const roots = rows.filter(({ tid }) => this.#above.get(tid) === 0 || this.#ringRoots.has(tid));
    for (const node of this.#laid(roots, true)) this.#nodes.push(node);
  }

  /** Rows; those that are folded away do not count, those that repeat one do. */
  get size(): number {
    return this.#nodes.length;
  }

  /** Where the row of a task is, or of what it is folded into; -1: nowhere. */
  placeOf(tid: number): number {
    const places = new Map<number, number>();
    for (const [place, { row, isRepeat }] of this.#nodes.entries()) if (!isRepeat) places.set(row.tid, place);
    for (let at = tid; at !== 0 && this.#rows.has(at); at = this.#above.get(at) ?? 0) {
      const place = places.get(at);
      if (place !== undefined) return place;
    }
    return -1;
  }

  slice(from: number, to: number): PlacedRow[] {
    return this.#nodes.slice(from, to).map((node) => this.#placed(node));
  }

  #placed(node: Node): PlacedRow {
    const { row, isRepeat } = node;
    const lasts: boolean[] = [];
    for (let at: Node | undefined = node; at !== undefined && lasts.length < maxLasts; at = at.above) {
      lasts.unshift(at.isLast);
    }
    if (isRepeat || !this.#folded.has(row.tid)) return { ...placed(row), lasts, isRepeat };
    const hidden = [...this.#laid(this.#below.get(row.tid) ?? [], false)].filter((below) => !below.isRepeat);
    return { ...summed(row, [row, ...hidden.map((below) => below.row)]), lasts };
  }

  /**
   * Rows and what stands below them.
   * @param isWhole true for the whole forest; false for all that is folded into a row, given what stands right below it
   */
  *#laid(rows: readonly TaskRow[], isWhole: boolean): Generator<Node> {
    const path: { readonly rows: readonly TaskRow[]; next: number; readonly above: Node | undefined }[] = [];
    path.push({ rows, next: 0, above: undefined });
    for (let level = path.at(-1); level !== undefined; level = path.at(-1)) {
      const { rows: siblings, above } = level;
      const row = siblings[level.next++];
      if (row === undefined) {
        path.pop();
        continue;
      }
      const isRepeat = this.#ringRoots.has(row.tid) && !(isWhole && above === undefined);
      const node = { row, above, isLast: level.next === siblings.length, isRepeat };
      yield node;
      if (isRepeat || (isWhole && this.#folded.has(row.tid))) continue;
      path.push({ rows: this.#below.get(row.tid) ?? [], next: 0, above: node });
    }
  }
}

/** The nearest above a row that is a row itself. What is passed over is remembered, so that no way is gone twice. */
function passing(rows: ReadonlyMap<number, unknown>, aboveOf: (tid: number) => number): (tid: number) => number {
  const nearest = new Map<number, number>();
  return (tid) => {
    const passed: number[] = [];
    let at = aboveOf(tid);
    while (at !== 0 && !rows.has(at)) {
      const known = nearest.get(at);
      if (known === undefined) {
        nearest.set(at, 0); // come here again on the same way, it is a ring with no row in it
        passed.push(at);
      }
      at = known ?? aboveOf(at);
    }
    for (const each of passed) nearest.set(each, at);
    return at;
  };
}

/** The smallest tid of each ring. */
function ringRoots(above: ReadonlyMap<number, number>): ReadonlySet<number> {
  const roots = new Set<number>();
  const seen = new Map<number, number>(); // by tid: on the way from which row it was come to
  for (const start of above.keys()) {
    let at = start;
    for (; at !== 0 && !seen.has(at); at = above.get(at) ?? 0) seen.set(at, start);
    if (at === 0 || seen.get(at) !== start) continue;
    let smallest = at;
    for (let each = above.get(at) ?? 0; each !== at; each = above.get(each) ?? 0) smallest = Math.min(smallest, each);
    roots.add(smallest);
  }
  return roots;
}
