// What a terminal sends, as keys: each sequence as one key, however it is cut; nothing that no key made.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Input, type InputEvent } from "../../../../apps/monitor/screen/input.ts";

const encoder = new TextEncoder();

function events(...packets: (string | Uint8Array)[]): InputEvent[] {
  const input = new Input();
  const found = packets.flatMap((packet) => input.feed(typeof packet === "string" ? encoder.encode(packet) : packet));
  return [...found, ...input.flush()];
}

function keys(...packets: (string | Uint8Array)[]): string[] {
  return events(...packets).map((event) => (event.kind === "key" ? event.name : event.kind));
}

describe("keys", () => {
  test.each([
    ["\x1b[A\x1b[B\x1b[C\x1b[D", ["up", "down", "right", "left"]],
    ["\x1bOA\x1bOB\x1bOP\x1bOS", ["up", "down", "f1", "f4"]],
    ["\x1b[1;2A\x1b[1;5C\x1b[1;3D", ["S-up", "C-right", "M-left"]],
    ["\x1b[5~\x1b[6~\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[3~", ["pageup", "pagedown", "home", "end", "home", "end", "delete"]],
    ["\x1b[11~\x1b[15~\x1b[17~\x1b[21~\x1b[24~\x1b[[A\x1b[[E", ["f1", "f5", "f6", "f10", "f12", "f1", "f5"]],
    ["\x1b[1;2R\x1b[13;2~", ["S-f3", "S-f3"]],
    ["q:G \t\r\n\x7f\b", ["q", ":", "G", "space", "tab", "enter", "C-j", "backspace", "backspace"]],
    ["\x00\x03\x0c\x13\x1a\x1c", ["C-space", "C-c", "C-l", "C-s", "C-z", "C-\\"]],
    ["\x1bj\x1bk\x1b \x1b\r", ["M-j", "M-k", "M-space", "M-enter"]],
    ["\x1b[Z", ["S-tab"]],
    ["\x1bOj\x1bOp\x1bOM", ["*", "0", "enter"]],
    ["é", ["é"]],
  ])("%j", (text, expected) => {
    expect(keys(text)).toEqual(expected);
  });

  test("keys by the number of their character are decoded, their releases dropped", () => {
    expect(keys("\x1b[97u\x1b[97;5u\x1b[97;2u\x1b[27u\x1b[13;1:1u\x1b[97;1:3u\x1b[27;5;99~\x1b[57400u")).toEqual([
      "a",
      "C-a",
      "A",
      "escape",
      "enter",
      "C-c",
      "1",
    ]);
    expect(keys("\x1b[57358u\x1b[97;9u")).toEqual([]);
  });

  test("a lone Escape is Escape, and so is each of two", () => {
    expect(keys("\x1b")).toEqual(["escape"]);
    expect(keys("\x1b\x1b")).toEqual(["escape", "escape"]);
    expect(keys("\x1b\x1b[A")).toEqual(["escape", "up"]);
  });

  test("an arrow in two packets is an arrow, and no Escape, [, A", () => {
    expect(keys("\x1b", "[A")).toEqual(["up"]);
    expect(keys("\x1b[", "A")).toEqual(["up"]);
    expect(keys("\x1b", "O", "P")).toEqual(["f1"]);
  });

  test("an arrow whose rest comes late is Escape and the arrow, and no key of what is left", () => {
    const input = new Input();
    const feed = (text: string) => input.feed(encoder.encode(text)).map((event) => "name" in event && event.name);
    feed("\x1b");
    expect(input.flush()).toMatchObject([{ name: "escape" }]);
    expect(feed("[B")).toEqual(["down"]);
    feed("\x1b");
    input.flush();
    expect(feed("[")).toEqual(["["]);
    expect(feed("B")).toEqual(["B"]);
  });

  test("the start of a sequence whose rest never comes is dropped", () => {
    const input = new Input();
    expect(input.feed(encoder.encode("\x1b[1;"))).toEqual([]);
    expect(input.isPending).toBe(true);
    expect(input.flush()).toEqual([]);
    expect(input.isPending).toBe(false);
    expect(input.feed(encoder.encode("q"))).toMatchObject([{ name: "q" }]);
  });

  test("emoji, halves of characters, wrong bytes and what has no shape are no keys", () => {
    expect(keys("😀", "\u202e", "\u200b", Uint8Array.of(0xff, 0xed, 0xa0, 0x80), "q")).toEqual(["q"]);
  });
});

describe("replies of the terminal are no keys:", () => {
  test.each([
    "\x1b[?62;22c",
    "\x1b[>41;354;0c",
    "\x1b[24;80R",
    "\x1b[?2026;2$y",
    "\x1b[8;24;80t",
    "\x1b[I\x1b[O",
    "\x1b]11;rgb:0000/0000/0000\x1b\\",
    "\x1b]52;c;a2lsbA==\x07",
    "\x1bP>|xterm(379)\x1b\\",
    "\x1b_Gi=1;OK\x1b\\",
    "\x1b[?1u",
    "\x1b[M !!",
    `\x1b[${"1;".repeat(1000)}A`,
  ])("%j", (reply) => {
    expect(keys(reply)).toEqual([]);
    expect(keys(`${reply}q`)).toEqual(["q"]);
  });

  test("one without an end does not swallow Ctrl-C", () => {
    expect(keys("\x1b]11;rgb:", "\x03")).toEqual(["C-c"]);
    expect(keys("\x1b[12", "\x03")).toEqual(["C-c"]);
  });
});

describe("what is pasted", () => {
  test("is one event, and never keys", () => {
    expect(events("\x1b[200~kill 14\rq\x1b[Aq\x1b[201~q")).toEqual([
      { kind: "paste", text: "kill 14\rq\x1b[Aq" },
      { kind: "key", name: "q", text: "q" },
    ]);
  });

  test("may look like its end", () => {
    expect(events("\x1b[200~a\x1b[20\x1b[201\x1b\x1b[201~")).toEqual([{ kind: "paste", text: "a\x1b[20\x1b[201\x1b" }]);
  });

  test("is held back without its end, however late that comes, but for Ctrl-C", () => {
    const input = new Input();
    expect(input.feed(encoder.encode("\x1b[200~kk"))).toEqual([]);
    expect(input.flush()).toEqual([]);
    expect(input.feed(encoder.encode("q\x03"))).toEqual([
      { kind: "paste", text: "kkq" },
      { kind: "key", name: "C-c", text: "" },
    ]);
  });

  test("is cut at a bound", () => {
    const [pasted] = events(`\x1b[200~${"x".repeat(1_000_000)}\x1b[201~`);
    expect(pasted?.kind === "paste" && pasted.text.length).toBe(65_536);
  });
});

describe("the mouse", () => {
  test("is read with its cell from 0, button and modifiers", () => {
    expect(events("\x1b[<0;1;1M\x1b[<4;300;20m\x1b[<32;2;2M\x1b[<64;5;6M\x1b[<65;5;6M")).toMatchObject([
      { kind: "mouse", action: "press", button: "left", column: 0, row: 0, isShifted: false },
      { action: "release", button: "left", column: 299, row: 19, isShifted: true },
      { action: "drag", column: 1, row: 1 },
      { action: "wheelUp", button: "none", column: 4, row: 5 },
      { action: "wheelDown" },
    ]);
  });

  test("with impossible parts is none", () => {
    expect(events("\x1b[<0;0;1M\x1b[<0;1M\x1b[<999;1;1M\x1b[<66;1;1M\x1b[<0;1;1A")).toEqual([]);
  });
});

describe("by chance:", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "\x1b",
      "[",
      "O",
      "]",
      "P",
      "A",
      "~",
      ";",
      "<",
      "1",
      "200~",
      "201~",
      "\x1b[200~",
      "\x1b[201~",
      "\x1b[A",
      "\x1b[<0;3;4M",
      "\x1b[97;5u",
      "\x1b]0;x\x07",
      "\x1b\\",
      "\x03",
      "\r",
      "é",
      "😀",
      "q",
      "M",
      "u",
      "?",
    ),
    fc.string({ unit: "binary", maxLength: 3 }),
  );
  const bytes = fc.oneof(
    fc.array(piece, { maxLength: 40 }).map((pieces) => encoder.encode(pieces.join(""))),
    fc.uint8Array({ maxLength: 80 }),
  );

  test("however the same bytes are cut, they are the same events", () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(100), { maxLength: 10 }), (all, cuts) => {
        const places = [0, ...cuts.map((cut) => cut % (all.length + 1)).sort((a, b) => a - b), all.length];
        const packets = places.slice(1).map((end, at) => all.subarray(places[at], end));
        expect(events(...packets)).toEqual(events(all));
      }),
      { numRuns: 3_000 },
    );
  });

  test("after anything, a pause and Ctrl-C, a key is that key", () => {
    fc.assert(
      fc.property(bytes, (all) => {
        const input = new Input();
        input.feed(all);
        input.flush();
        expect(input.feed(encoder.encode("\x03")).at(-1)).toMatchObject({ name: "C-c" });
        expect(input.feed(encoder.encode("x"))).toEqual([{ kind: "key", name: "x", text: "x" }]);
      }),
      { numRuns: 3_000 },
    );
  });

  test("no key is a control character or half of one", () => {
    fc.assert(
      fc.property(bytes, (all) => {
        for (const event of events(all)) {
          if (event.kind === "key") expect(event.name).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
