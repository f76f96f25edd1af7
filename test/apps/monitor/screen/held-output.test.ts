// What others print while the screen is up comes when it has gone, and no more of it than there is room for.

import { expect, test } from "vitest";
import { HeldOutput, type Writing } from "../../../../apps/monitor/screen/held-output.ts";

class Stream implements Writing {
  written = "";
  write = (text: string | Uint8Array): boolean => {
    this.written += typeof text === "string" ? text : new TextDecoder().decode(text);
    return true;
  };
}

test("what is written meanwhile is written afterwards, to the stream that it was for", () => {
  const [out, err] = [new Stream(), new Stream()];
  const held = new HeldOutput([out, err]);
  let told = 0;
  (out.write as (text: string, done: () => void) => boolean)("one ", () => told++);
  out.write(new TextEncoder().encode("two"));
  err.write("three");
  expect([out.written, err.written, told]).toEqual(["", "", 1]);
  held.release();
  out.write("!");
  held.release();
  expect([out.written, err.written]).toEqual(["one two!", "three"]);
});

test("no more than 64 KiB and the last piece are kept", () => {
  const out = new Stream();
  const held = new HeldOutput([out]);
  for (let piece = 0; piece < 1_000; piece++) out.write("x".repeat(1_000));
  held.release();
  expect(out.written).toHaveLength(66_000);
});
