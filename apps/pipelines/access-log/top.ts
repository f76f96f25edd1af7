// Counts by key in bounded memory. All are exact while there are few keys; of more, those with the smallest counts are now
// and then put together as "other". A key that comes later may have been among them, each time with no more than the
// largest that was put away then: of each it is known how much its count may have missed. The idea is that of lossy
// counting (Manku and Motwani, 2002). Whatever is counted often enough is kept.

/** What was counted under a key. */
export interface Count {
  readonly count: number;
  readonly bytes: number;
}

interface Counting {
  count: number;
  bytes: number;
  readonly missed: number;
}

export interface TopCount extends Count {
  readonly key: string;
  /** By how much the count may be too small; 0: it is exact. */
  readonly missed: number;
}

const mostKeyLength = 512;

export class Top {
  readonly #most: number;
  readonly #counts = new Map<string, Counting>();
  readonly #other = { count: 0, bytes: 0 };
  /** What a key that comes now may have missed. */
  #missed = 0;

  /** @param most how many keys are kept; up to twice as many for a while */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many keys there are now. */
  get size(): number {
    return this.#counts.size;
  }

  /** Counts once under a key, which is cut to 512 characters, and adds bytes. */
  add(key: string, bytes: number): void {
    const name = key.length > mostKeyLength ? `${key.slice(0, mostKeyLength)}…` : key;
    const found = this.#counts.get(name);
    if (found !== undefined) {
      found.count++;
      found.bytes += bytes;
      return;
    }
    if (this.#counts.size >= 2 * this.#most) this.#putAway();
    // A copy: a part of a line would keep all of it in memory.
    this.#counts.set(Buffer.from(name).toString(), { count: 1, bytes, missed: this.#missed });
  }

  /** The largest counts, and all the rest together. */
  first(rows: number): { readonly rows: readonly TopCount[]; readonly other: Count } {
    const sorted = this.#sorted();
    const shown = sorted.slice(0, rows).map(([key, counting]) => ({ key, ...counting }));
    const other = { ...this.#other };
    for (const [, counting] of sorted.slice(rows)) addTo(other, counting);
    return { rows: shown, other };
  }

  #putAway(): void {
    const least = this.#sorted().slice(this.#most);
    for (const [key, counting] of least) {
      this.#counts.delete(key);
      addTo(this.#other, counting);
    }
    this.#missed += least[0]?.[1].count ?? 0; // the largest of them
  }

  #sorted(): [string, Counting][] {
    return [...this.#counts].sort(([, one], [, other]) => other.count - one.count);
  }
}

function addTo(sum: { count: number; bytes: number }, { count, bytes }: Count): void {
  sum.count += count;
  sum.bytes += bytes;
}
