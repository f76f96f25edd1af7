// Bytes that have come and are not used yet.

import { expect, test } from "vitest";
import { ByteBuffer } from "../../syscalls/byte-buffer.ts";

test("an empty buffer gives its memory back, and one that holds something keeps it", () => {
  const buffer = new ByteBuffer();
  buffer.append(new Uint8Array(10_000).fill(7));
  buffer.drop(9_999);
  buffer.shrink();
  expect([buffer.capacity >= 10_000, ...buffer.peek(2)]).toEqual([true, 7]);
  buffer.drop(1);
  buffer.shrink();
  expect(buffer.capacity).toBe(0);
  buffer.append(Uint8Array.of(1, 2));
  expect([...buffer.take(2)]).toEqual([1, 2]);
});
