// The ring against the plain array that it stands for.

import { expect, test } from "vitest";
import { Ring } from "../../kernel/queue.ts";

test("items put before the oldest come first, across its edges and as it grows", () => {
  const ring = new Ring<number>();
  const model: number[] = [];
  for (let item = 0; item < 1_000; item++) {
    if (item % 3 === 0) {
      ring.unshift(item);
      model.unshift(item);
    } else {
      ring.push(item);
      model.push(item);
    }
    if (item % 5 === 0) expect(ring.shift()).toBe(model.shift());
    expect(ring.size).toBe(model.length);
  }
  expect([...ring]).toEqual(model);
  while (model.length > 0) expect(ring.shift()).toBe(model.shift());
  expect(ring.shift()).toBeUndefined();
});
