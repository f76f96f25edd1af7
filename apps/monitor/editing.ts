// The line that is typed: pure functions from a prompt and a key to the next prompt. The keys are those of readline.

import type { Prompt } from "./views/model.ts";

/** Characters of a line. */
export const maxLineLength = 1_024;

/** A prompt with a text, the cursor behind it. */
export function promptOf(kind: Prompt["kind"], text = "", hint = ""): Prompt {
  return { kind, text, at: text.length, completions: [], choice: -1, hint };
}

/** The prompt after a key; undefined when the key does not edit. */
export function edited(prompt: Prompt, key: string, typed: string): Prompt | undefined {
  const { text, at } = prompt;
  switch (key) {
    case "left":
    case "C-b":
      return moved(prompt, at - 1);
    case "right":
    case "C-f":
      return moved(prompt, at + 1);
    case "home":
    case "C-a":
      return moved(prompt, 0);
    case "end":
    case "C-e":
      return moved(prompt, text.length);
    case "backspace":
      return replaced(prompt, at - 1, at, "");
    case "delete":
    case "C-d":
      return replaced(prompt, at, at + 1, "");
    case "C-u":
      return replaced(prompt, 0, at, "");
    case "C-k":
      return replaced(prompt, at, text.length, "");
    case "C-w":
    case "M-backspace":
      return replaced(prompt, wordBefore(text, at), at, "");
    default:
      return typed === "" ? undefined : replaced(prompt, at, at, typed);
  }
}

/** The prompt with a text put in at the cursor: one line of it, without what no key types. */
export function pasted(prompt: Prompt, text: string): Prompt {
  const line = text
    .slice(0, maxLineLength)
    .replace(/[\r\n\t]+/g, " ")
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "");
  return replaced(prompt, prompt.at, prompt.at, line);
}

/** The next of the completions, or the one before: its text is then the line's. */
export function completed(prompt: Prompt, step: 1 | -1): Prompt {
  const { completions } = prompt;
  if (completions.length === 0) return prompt;
  const from = prompt.choice === -1 && step === -1 ? 0 : prompt.choice;
  const choice = (from + step + completions.length) % completions.length;
  const text = completions[choice] ?? prompt.text;
  return { ...prompt, text, at: text.length, choice };
}

function moved(prompt: Prompt, at: number): Prompt {
  return { ...prompt, at: Math.max(0, Math.min(at, prompt.text.length)) };
}

function replaced(prompt: Prompt, from: number, to: number, by: string): Prompt {
  const { text } = prompt;
  const start = Math.max(0, from);
  const next = text.slice(0, start) + by + text.slice(Math.max(start, to));
  if (next.length > maxLineLength) return prompt;
  return { ...prompt, text: next, at: start + by.length };
}

function wordBefore(text: string, at: number): number {
  return text.slice(0, at).search(/\S*\s*$/);
}
