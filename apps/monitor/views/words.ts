// Tasks and what they wait for in words.

import type { FindingLetter, StateLetter, TaskRow } from "../../control/records.ts";

export const stateWords: Readonly<Record<StateLetter, string>> = {
  R: "running",
  r: "ready",
  W: "waits to read",
  w: "waits to write",
  J: "waits for a task's end",
  M: "waits for a message, a lock or an item",
  S: "sleeps",
  A: "waits for something outside",
  P: "stopped by somebody",
  Z: "ended, and still remembered",
};

export const stateLetters: readonly StateLetter[] = ["R", "r", "W", "w", "J", "M", "S", "A", "P", "Z"];

export const findingWords: Readonly<Record<FindingLetter, string>> = {
  D: "DEADLOCK",
  S: "STARVING",
  B: "BLOCKS THE LOOP",
  N: "NEVER YIELDS",
  L: "LEAK",
  X: "CRASHED",
  Y: "ONLY YIELDS",
  G: "MAILBOX GROWS",
  O: "ORPHAN",
};

type Waiter = Pick<TaskRow, "state" | "verb" | "object"> & { readonly place?: number };

/**
 * What a task waits for, in `width` cells if that can be. Of a connection the near end is left out first: the far one
 * tells more.
 * @param ready how long the ready queue is
 */
export function waitingText(task: Waiter, ready: number, width: number): string {
  const { state, verb, object, place = 0 } = task;
  if (state === "R") return "(running)";
  if (state === "r") return readyText(place, ready, width);
  // What is longer than any screen is cut before it is looked at.
  const text = `${verb.slice(0, mostCells)} ${object.slice(0, mostCells)}`.trim();
  if (state === "P") return shortened(text === "" ? "(stopped)" : `(stopped) ${text}`, width);
  return shortened(text, width);
}

function readyText(place: number, ready: number, width: number): string {
  const full = place > 0 ? `(ready, place ${place} of ${Math.max(place, ready)})` : "(ready)";
  return full.length <= width ? full : "(ready)";
}

const mostCells = 1_024;

const nearEnd = /\b(tcp|unix|tls|pipe) \S+ (<-|->) (?=\S)/;
const arrow = /\b(?:tcp|unix|tls|pipe) (?:<-|->) (?=\S)/;

/** "read tcp 127.0.0.1:7000 <- 10.0.0.9:51234" as "read tcp <- 10.0.0.9:51234" or "read 10.0.0.9:51234", to fit. */
export function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const far = text.slice(0, mostCells).replace(nearEnd, "$1 $2 ");
  return far.length <= width ? far : far.replace(arrow, "");
}

/** For help. */
export const findingMeanings: Readonly<Record<FindingLetter, string>> = {
  D: "deadlock: nothing else can wake it",
  N: "has not yielded since it began",
  S: "starving: ready, and gets no turn",
  B: "blocks the loop: a turn lasts long",
  X: "crashed, and nobody waited for it",
  G: "its mailbox grows",
  Y: "only yields, again and again",
  L: "leak: open, and nobody waits for it",
  O: "orphan: its parent has ended",
};

/** "main (/srv/town/town.ts:41:5)" without its folder where it is too long, and then its end: that says most. */
export function siteText(site: string, width: number): string {
  if (site.length <= width) return site;
  const short = withoutFolder(site.slice(-mostCells));
  return short.length <= width ? short : `~${short.slice(short.length - width + 1)}`;
}

/** "main (town.ts:41:5)" of "main (/srv/town/town.ts:41:5)", "town.ts:41:5 in main" of "/srv/town/town.ts:41:5 in main". */
export function withoutFolder(site: string): string {
  return site.replace(/(^|\()[^()]*\//, "$1");
}
