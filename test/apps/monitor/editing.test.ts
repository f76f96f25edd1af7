// The line that is typed: readline's keys, one line of bounded length, no character that no key makes.

import fc from "fast-check";
import { expect, test } from "vitest";
import { completed, edited, maxLineLength, pasted, promptOf } from "../../../apps/monitor/editing.ts";
import type { Prompt } from "../../../apps/monitor/views/model.ts";

function after(text: string, ...keys: string[]): [string, number] {
  let prompt: Prompt = promptOf("command", text);
  for (const key of keys) prompt = edited(prompt, key, key.length === 1 ? key : "") ?? prompt;
  return [prompt.text, prompt.at];
}

test.each([
  ["kill", ["home", "x"], "xkill", 1],
  ["kill", ["left", "left", "delete"], "kil", 2],
  ["kill", ["C-a", "C-k"], "", 0],
  ["kill 14 15", ["C-w"], "kill 14 ", 8],
  ["kill 14  ", ["M-backspace"], "kill ", 5],
  ["kill 14", ["C-b", "C-u"], "4", 0],
  ["kill", ["C-a", "backspace", "right", "backspace"], "ill", 0],
  ["", ["left", "right", "delete", "C-w"], "", 0],
])("%j after %j", (text, keys, wanted, at) => {
  expect(after(text, ...keys)).toEqual([wanted, at]);
});

test("a key that edits nothing is not taken", () => {
  expect(edited(promptOf("command", "x"), "f5", "")).toBeUndefined();
});

test("what is pasted is one line, where the cursor is, of bounded length", () => {
  const prompt = { ...promptOf("filter", "ab"), at: 1 };
  expect(pasted(prompt, "x\r\ny\tz\x1b[2J\u202e")).toMatchObject({ text: "ax y z[2Jb", at: 9 });
  expect(pasted(promptOf("filter", "a"), "x".repeat(5_000)).text).toBe("a");
});

test("completions go round, both ways", () => {
  const prompt = { ...promptOf("command", "k"), completions: ["kill", "keep"] };
  const texts = [
    completed(prompt, 1),
    completed(completed(prompt, 1), 1),
    completed(completed(completed(prompt, 1), 1), 1),
  ];
  expect(texts.map(({ text }) => text)).toEqual(["kill", "keep", "kill"]);
  expect(completed(prompt, -1).text).toBe("keep");
  expect(completed(promptOf("command", "x"), 1).text).toBe("x");
});

test("whatever is pressed, the cursor is in the line, and the line within its bound", () => {
  const key = fc.constantFrom(
    "left",
    "right",
    "home",
    "end",
    "backspace",
    "delete",
    "C-u",
    "C-k",
    "C-w",
    "a",
    " ",
    "é",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(key, fc.string({ maxLength: 600 })), { maxLength: 60 }), (keys) => {
      let prompt: Prompt = promptOf("find");
      for (const each of keys) {
        prompt =
          each.length > 10 ? pasted(prompt, each) : (edited(prompt, each, each.length === 1 ? each : "") ?? prompt);
        expect(prompt.at).toBeGreaterThanOrEqual(0);
        expect(prompt.at).toBeLessThanOrEqual(prompt.text.length);
        expect(prompt.text.length).toBeLessThanOrEqual(maxLineLength);
      }
    }),
  );
});
