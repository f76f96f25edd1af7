// The ladder: what each step brings holds on it and on every step above, and fails on the step below, in the way that
// is said. By its end all of W1 to W24 are mended.

import { describe, expect, test } from "vitest";
import { runExit } from "../../kit/index.ts";
import type { Law } from "./law.ts";
import { laws } from "./laws.ts";
import { lastStep, steps } from "./steps.ts";

/** What a law throws on a step; "" when it holds. */
function faultOn(law: Law, number: number): string {
  const step = steps[number];
  if (step === undefined) throw new Error(`there is no step ${number}`);
  // Unchecked: those who watch sockets in step 16 are no tasks of the kernel below, as its invariants expect.
  const { outcome } = runExit(() => law.holds(step), { check: false, maxTurns: 200_000 });
  return outcome.status === "threw" ? String(outcome.error) : "";
}

describe.each(laws.map((law) => [law.step, law.name, law] as const))("step %i: %s", (number, _name, law) => {
  const through = law.through ?? lastStep;
  const above = Array.from({ length: through - number + 1 }, (_, place) => number + place);
  test.each(above)("holds on step %i", (step) => {
    expect(faultOn(law, step)).toBe("");
  });

  const { before } = law;
  if (typeof before !== "string") {
    test(`fails on step ${number - 1}`, () => {
      expect(faultOn(law, number - 1)).toMatch(before);
    });
  }
});

test("every step brings something, and every weakness is mended, once", () => {
  expect([...new Set(laws.map(({ step }) => step))]).toEqual(Array.from({ length: lastStep }, (_, place) => place + 1));
  const mended = laws.flatMap(({ mends = [] }) => mends);
  const number = (weakness: string): number => Number(weakness.slice(1));
  expect(mended.sort((a, b) => number(a) - number(b))).toEqual(
    Array.from({ length: 24 }, (_, place) => `W${place + 1}`),
  );
});
