// What a task is doing, as one letter. The syscall that it waits in says so by its family and its verb; one of somebody's
// own, whose family nobody here knows, by what its wait says of itself. Asked for every task of every frame, so most
// answers come from a table by class.

import type { Wait } from "../../../kernel/syscall.ts";
import { State, type Task } from "../../../kernel/task.ts";
import type { StateLetter } from "../records.ts";

/** The letter of a live task. */
export function letterOf(task: Task): StateLetter {
  const { kernel } = task;
  if (kernel.stopped.size !== 0 && kernel.stopped.has(task)) return "P";
  if (task.state === State.ready) return "r";
  if (task.state === State.exited) return "Z";
  const wait = task.state === State.blocked ? task.wait?.wait : undefined;
  return wait === undefined ? "R" : waitLetter(wait);
}

// Of a class whose waits all have one letter.
const byClass = new WeakMap<object, StateLetter>();

function waitLetter(wait: Wait<unknown>): StateLetter {
  try {
    const known = byClass.get(wait.constructor);
    if (known !== undefined) return known;
    const family = "family" in wait ? String(wait.family) : "";
    const letter = letterOfFamily(family, wait);
    if (letter === undefined) return letterOfWords(wait);
    byClass.set(wait.constructor, letter);
    return letter;
  } catch {
    return "M"; // it cannot be looked at: what it waits for is its own affair
  }
}

/** Undefined where the family alone does not say it. */
function letterOfFamily(family: string, wait: Wait<unknown>): StateLetter | undefined {
  switch (family) {
    case "io":
    case "net":
      return wait.verb === "look up" ? "A" : writing.has(wait.verb) ? "w" : "W";
    case "task":
      return "J";
    case "sync":
      return "M";
    case "outside":
    case "file":
    case "exec":
      return "A";
    case "self":
      return sleeping.has(wait.verb) ? "S" : undefined;
    default:
      return undefined;
  }
}

const writing: ReadonlySet<string> = new Set(["write", "connect", "listen", "send"]);
const sleeping: ReadonlySet<string> = new Set(["sleep", "tick"]);

/** Parts of a wait that are looked at. */
const maxParts = 16;

function letterOfWords(wait: Wait<unknown>): StateLetter {
  const parts = wait.parts?.().slice(0, maxParts) ?? [];
  // Of several, what it is really there for: the time is mostly there in case nothing comes.
  const letters = parts.map((part) => waitLetter(part));
  const [letter = undefined] = letters.filter((each) => each !== "S");
  if (letters.length > 0) return letter ?? "S";
  if (wait.verb === "exit of" || wait.verb === "start of") return "J";
  if (sleeping.has(wait.verb)) return "S";
  if ("pollable" in wait) return writing.has(wait.verb) ? "w" : "W";
  return wait.outside === true ? "A" : "M";
}
