// The laws of seeded chance, and the generator against its definition in whole numbers.

import { describe, expect, test } from "vitest";
import { Random } from "../../../kernel/machine/random.ts";

function draw(random: Random, count = 8): number[] {
  return Array.from({ length: count }, () => random.next());
}

/** sfc32 as its author states it, in whole numbers without wrap-around tricks: 128 bits of state, one of them a counter. */
function* reference(stream: number, seed: bigint): Generator<bigint, never> {
  const word = 2n ** 32n;
  let [a, b, c, counter] = [BigInt(stream), seed % word, seed / word, 1n];
  for (let round = 0; ; round += 1) {
    const sum = (a + b + counter) % word;
    counter = (counter + 1n) % word;
    a = b ^ (b / 2n ** 9n);
    b = (c + c * 8n) % word;
    c = (((c * 2n ** 21n) % word) + c / 2n ** 11n + sum) % word;
    if (round >= 20) yield sum;
  }
}

describe("seeded chance", () => {
  test("is sfc32, 53 bits from two draws", () => {
    for (const seed of [0, 1, 42, 2 ** 40 + 7, Number.MAX_SAFE_INTEGER]) {
      const bits = reference(3, BigInt(seed));
      const expected = Array.from({ length: 1_000 }, () => {
        const [high, low] = [bits.next().value, bits.next().value];
        return Number((high / 2n ** 5n) * 2n ** 26n + low / 2n ** 6n) / 2 ** 53;
      });
      expect(draw(new Random(seed, 3), 1_000)).toEqual(expected);
    }
  });

  test("the same seed gives the same numbers, another seed or stream others", () => {
    expect(draw(new Random(7))).toEqual(draw(new Random(7)));
    const others = [new Random(7), new Random(8), new Random(7, 1), new Random(7 + 2 ** 32), new Random(-7)];
    expect(new Set(others.map((random) => random.next())).size).toBe(others.length);
  });

  test("numbers are in [0, 1) and spread evenly", () => {
    const random = new Random(1);
    const counts = new Array<number>(16).fill(0);
    for (let draws = 0; draws < 160_000; draws += 1) {
      const at = random.below(16);
      counts[at] = (counts[at] ?? Number.NaN) + 1;
    }
    // 10,000 each, give or take five standard deviations.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(485);
  });

  test("chance 0 never is, chance 1 always, chance 1/4 a quarter of the time", () => {
    const random = new Random(5);
    const hits = (p: number): number => draw(random, 10_000).filter(() => random.chance(p)).length;
    expect([hits(0), hits(1)]).toEqual([0, 10_000]);
    expect(Math.abs(hits(0.25) - 2_500)).toBeLessThan(220);
  });

  test("a seed that is no safe integer is EINVAL", () => {
    for (const seed of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => new Random(seed)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    }
  });
});
