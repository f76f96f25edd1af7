// Bytes to lines: the same lines however the bytes come, and no more held than one line and one chunk.

import fc from "fast-check";
import { expect, test } from "vitest";
import { LineBuffer } from "../../syscalls/line-buffer.ts";

const encoder = new TextEncoder();

/** What a buffer makes of bytes that come in chunks: lines, and codes of errors. */
function linesOf(bytes: Uint8Array, sizes: readonly number[], maxBytes: number): string[] {
  const buffer = new LineBuffer(maxBytes, "the test");
  const all: string[] = [];
  const drain = (isLast: boolean): void => {
    for (let found = buffer.first(isLast); found !== undefined; found = buffer.first(isLast)) {
      buffer.drop(found);
      all.push("line" in found ? found.line : found.error.code);
    }
  };
  let at = 0;
  for (let n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    buffer.append(bytes.subarray(at, at + size));
    at += size;
    drain(false);
  }
  drain(true);
  expect(buffer.isEmpty).toBe(true);
  return all;
}

/** The same by splitting the whole text. */
function expected(text: string, maxBytes: number): string[] {
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  const bounded = (line: string, bytes: string): string =>
    encoder.encode(bytes).length > maxBytes ? "EMSGSIZE" : line;
  const all = lines.map((line) => bounded(line.replace(/\r$/, ""), `${line}\n`));
  return last === "" ? all : [...all, bounded(last, last)];
}

const text = fc
  .array(fc.constantFrom("\n", "\r\n", "\r", "a", "é", "日本", "x".repeat(30), "\u{1f600}"), { maxLength: 60 })
  .map((parts) => parts.join(""));
const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 9 });

test("the same lines come out however the bytes come in, each too long one refused once", () => {
  fc.assert(
    fc.property(text, sizes, fc.integer({ min: 1, max: 70 }), (words, each, maxBytes) => {
      expect(linesOf(encoder.encode(words), each, maxBytes)).toEqual(expected(words, maxBytes));
    }),
  );
});

test("a line that is not UTF-8 is refused, and those around it are not", () => {
  const bytes = Uint8Array.of(0x61, 10, 0xff, 0xfe, 10, 0x62, 10, 0xc3);
  for (const size of [1, 3, 100]) expect(linesOf(bytes, [size], 9)).toEqual(["a", "EPROTO", "b", "EPROTO"]);
});

test("what is looked at and not dropped is still there", () => {
  const buffer = new LineBuffer(9, "the test");
  buffer.append(encoder.encode("a\nb\n"));
  expect(buffer.first(false)).toEqual(buffer.first(false));
  const found = buffer.first(false);
  if (found !== undefined) buffer.drop(found);
  expect(buffer.first(false)).toMatchObject({ line: "b" });
});
