// What a wait says of itself, to monitors and to whoever looks into a deadlock.

import type { Tid, Wait } from "../../../kernel/syscall.ts";
import { shown } from "../../../kernel/text.ts";
import type { Stage } from "./stage.ts";

/** Its verb, its object and its holders can be read, and are what they should be. */
export function expectWords(stage: Stage, wait: Wait<unknown>): void {
  for (const word of ["verb", "object"] as const) {
    let seen: string;
    try {
      const text: unknown = wait[word];
      seen = typeof text !== "string" ? `is no text: ${shown(text)}` : text === "" && word === "verb" ? "is empty" : "";
    } catch (error) {
      seen = `throws ${shown(error)}`;
    }
    stage.expect("words", seen === "", () => `its ${word} ${seen}`);
  }
  if (typeof wait.holders === "function") expectHolders(stage, wait);
}

function expectHolders(stage: Stage, wait: Wait<unknown>): void {
  let tids: readonly Tid[] | undefined;
  let seen = "";
  try {
    tids = wait.holders?.();
    if (!Array.isArray(tids)) seen = `they are no array: ${shown(tids)}`;
  } catch (error) {
    seen = `holders() throws ${shown(error)}`;
  }
  const stranger = seen === "" ? tids?.find((tid) => stage.kernel.tasks.get(tid) === undefined) : undefined;
  if (stranger !== undefined) seen = `${shown(stranger)} is among them, and no live task`;
  stage.expect("holders", seen === "", () => seen);
}
