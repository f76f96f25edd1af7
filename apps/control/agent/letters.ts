// What a task is doing, as one letter. The syscall that it waits in says so by its family and its verb; one of somebody's
// own, whose family nobody here knows, by what its wait says of itself. Asked for every task of every frame, so most
// answers come from a table by class.

import type { Wait } from "../../../kernel/syscall.ts";
import { State, type Task } from "../../../kernel/task.ts";
import type { StateLetter } from "../records.ts";

/** The letter of a task. @param wait what it waits for; undefined where it does not */
export function letterOf(task: Task, wait: Wait<unknown> | undefined): StateLetter {
  const { stopped } = task.kernel;
  if (stopped.size !== 0 && stopped.has(task)) return "P";
  if (task.state === State.ready) return "r";
  if (task.state === State.exited) return "Z";
  return wait === undefined ? "R" : waitLetter(wait);
}

// Of a class whose waits all have one letter, by its prototype. Most of many tasks wait in a few classes: those that were
// asked for last are looked through first.
const byClass = new WeakMap<object, StateLetter>();
const latest: { made: object | null; letter: StateLetter }[] = Array.from({ length: 4 }, () => ({
  made: null,
  letter: "M",
}));
let oldest = 0;

function waitLetter(wait: Wait<unknown>): StateLetter {
  try {
    const made: object | null = Object.getPrototypeOf(wait);
    for (const known of latest) if (known.made === made && made !== null) return known.letter;
    const letter = (made === null ? undefined : byClass.get(made)) ?? letterOfFamily(wait);
    if (letter === undefined || made === null) return letterOfWords(wait);
    byClass.set(made, letter);
    latest[oldest++ % latest.length] = { made, letter };
    return letter;
  } catch {
    return "M"; // it cannot be looked at: what it waits for is its own affair
  }
}

/** Undefined where the family alone does not say it. */
function letterOfFamily(wait: Wait<unknown>): StateLetter | undefined {
  switch ("family" in wait ? wait.family : undefined) {
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
