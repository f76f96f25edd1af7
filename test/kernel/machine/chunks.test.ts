// What is kept of a peer's bytes until somebody reads them.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Chunks } from "../../../kernel/machine/chunks.ts";

test("all bytes come out once and in order, whatever the chunks and the sizes asked for", () => {
  const step = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 9 }).map((chunk) => ({ chunk })),
    fc.integer({ min: 1, max: 20 }).map((max) => ({ max })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const chunks = new Chunks();
      const expected: number[] = [];
      for (const given of steps) {
        if ("chunk" in given) {
          chunks.push(given.chunk);
          expected.push(...given.chunk);
        } else {
          const bytes = chunks.take(given.max);
          expect(bytes === undefined).toBe(expected.length === 0);
          expect(bytes?.length ?? 0).toBeLessThanOrEqual(given.max);
          expect([...(bytes ?? [])]).toEqual(expected.splice(0, bytes?.length ?? 0));
        }
        expect(chunks.length).toBe(expected.length);
      }
    }),
  );
});

test("many small chunks cost one read, where that may take so much", () => {
  const chunks = new Chunks();
  for (let i = 0; i < 1_000; i++) chunks.push(Uint8Array.of(i));
  expect(chunks.take(1_000)).toEqual(Buffer.from(Array.from({ length: 1_000 }, (_, i) => i)));
  expect(chunks.take(1)).toBeUndefined();
});

test("nor do they where more has come than it may take: as many as fit are taken whole", () => {
  const chunks = new Chunks();
  for (let i = 0; i < 1_000; i++) chunks.push(Uint8Array.of(i));
  chunks.push(new Uint8Array(5_000));
  expect(chunks.take(3_000)).toHaveLength(1_000);
  expect(chunks.take(3_000)).toHaveLength(3_000);
  expect(chunks.take(3_000)).toHaveLength(2_000);
  expect(chunks.length).toBe(0);
});
