// Durations in a histogram of powers of two: constant size and time however many there are, and a percentile that is right
// to within its bucket. What a monitor needs of a million turns is their shape, not each of them.

/** Buckets; the last also takes what is longer: 2^36 µs are 19 hours. */
const buckets = 40;
/** Where the first bucket begins, µs. It also takes what is shorter. */
const lowUs = 0.125;

export class Times {
  /** The longest, ms; exact. */
  max = 0;
  /** All of them together, ms. */
  sumMs = 0;
  #count = 0;
  #counts: number[] | undefined = undefined;

  /** Where the first count's bucket begins, µs; each following one begins at twice that. */
  get lowUs(): number {
    return lowUs;
  }

  /** How many were recorded. */
  get count(): number {
    return this.#count;
  }

  /** How many fell into each bucket, up to the last that has any. */
  get counts(): readonly number[] {
    const counts = this.#counts ?? [];
    return counts.slice(0, counts.findLastIndex((count) => count > 0) + 1);
  }

  /** The duration that half of them do not exceed, ms; 0 when there are none. */
  get p50(): number {
    return this.quantile(0.5);
  }

  get p90(): number {
    return this.quantile(0.9);
  }

  get p99(): number {
    return this.quantile(0.99);
  }

  /** Their mean, ms; 0 when there are none. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.sumMs / this.#count;
  }

  /** Adds one. @param ms what is below 0 (no clock goes back, but differences of two may round) counts as 0 */
  record(ms: number): void {
    this.#counts ??= new Array<number>(buckets).fill(0); // most tasks are seen for a moment: nothing before the first
    const bucket = bucketOf(ms);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    if (ms > 0) this.sumMs += ms;
    if (ms > this.max) this.max = ms;
  }

  /**
   * The duration that a share of them does not exceed, ms: taken as evenly spread within its bucket, and never above `max`.
   * @param share 0 to 1
   */
  quantile(share: number): number {
    if (this.#count === 0) return 0;
    let left = share * this.#count;
    for (const [bucket, count] of (this.#counts ?? []).entries()) {
      if (count > 0 && left <= count) {
        const low = bucket === 0 ? 0 : lowUs * 2 ** bucket;
        const high = lowUs * 2 ** (bucket + 1);
        return Math.min(this.max, (low + (left / count) * (high - low)) / 1_000);
      }
      left -= count;
    }
    return this.max;
  }

  reset(): void {
    this.max = this.sumMs = this.#count = 0;
    this.#counts = undefined;
  }
}

function bucketOf(ms: number): number {
  const units = (ms * 1_000) / lowUs;
  if (!(units >= 2)) return 0;
  return units < 2 ** 32 ? 31 - Math.clz32(units) : Math.min(buckets - 1, Math.floor(Math.log2(units)));
}
