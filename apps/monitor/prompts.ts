// The line at the bottom: what is typed in it, while it is typed and when it is done. A filter is applied as soon as it can
// be read, a search as it is typed; a command is run when Enter says so.

import { goTo, toFirst } from "./actions/moving.ts";
import { setInterval } from "./actions/program.ts";
import { find, query } from "./actions/rows.ts";
import { completionsOf, hintOf, runCommand } from "./commands.ts";
import { completed, edited, pasted, promptOf } from "./editing.ts";
import { filterFault, intervalOf, isTid } from "./typed.ts";
import type { Viewer } from "./viewer.ts";
import type { Prompt } from "./views/model.ts";

const maxHistory = 100;

/** Opens the line for something. */
export function openPrompt(viewer: Viewer, kind: Prompt["kind"]): void {
  const { screen } = viewer;
  const text = kind === "filter" ? (screen.query.tasks?.filter ?? "") : "";
  viewer.historyAt = viewer.history.length;
  viewer.searchedFrom = screen.cursor;
  viewer.prompt({ ...promptOf(kind, text), hint: hints[kind] });
}

const hints: Readonly<Record<Prompt["kind"], string>> = {
  find: "Enter: done  Esc: back",
  filter: "words  state:W  cpu>5  for>10s  name~re  !not  a | b   Esc: all",
  command: "Tab: complete  Up: before",
  tid: "a tid, then Enter",
  interval: "0: at most 10 a second",
};

/** A key while the line is open. */
export function promptKey(viewer: Viewer, key: string, typed: string): void {
  const { prompt } = viewer.screen;
  if (prompt === undefined) return;
  if (key === "escape") cancel(viewer, prompt);
  else if (key === "enter" || key === "C-j") submit(viewer, prompt);
  else if (prompt.kind === "tid" && key === "g" && prompt.text === "") submitFirst(viewer);
  else if (prompt.kind === "command" && (key === "tab" || key === "S-tab"))
    complete(viewer, prompt, key === "tab" ? 1 : -1);
  else if (prompt.kind === "command" && (key === "up" || key === "down")) recall(viewer, prompt, key === "up" ? -1 : 1);
  else if (prompt.kind === "find" && (key === "f3" || key === "down")) find(viewer, prompt.text, 1);
  else if (prompt.kind === "find" && (key === "S-f3" || key === "up")) find(viewer, prompt.text, -1);
  else if (key === "backspace" && prompt.text === "") cancel(viewer, prompt);
  else {
    const next = edited(prompt, key, typed);
    if (next !== undefined) typedInto(viewer, next);
  }
}

/** A text that is pasted into the line; where there is none, nothing. */
export function promptPaste(viewer: Viewer, text: string): void {
  const { prompt } = viewer.screen;
  if (prompt === undefined) viewer.say("pasted text is left out: no line is open (: / \\ open one)", "warn");
  else typedInto(viewer, pasted(prompt, text));
}

function typedInto(viewer: Viewer, prompt: Prompt): void {
  const before = viewer.screen.prompt?.text;
  if (prompt.text === before) {
    viewer.prompt(prompt);
    return;
  }
  viewer.prompt({ ...prompt, completions: [], choice: -1, hint: hintFor(viewer, prompt) });
  if (prompt.kind === "find") find(viewer, prompt.text, 0);
  if (prompt.kind === "filter" && filterFault(prompt.text) === "") query(viewer, { filter: prompt.text });
}

function hintFor(viewer: Viewer, { kind, text }: Prompt): string {
  if (text === "") return hints[kind];
  if (kind === "filter") return filterFault(text) || hints.filter;
  if (kind === "command") return hintOf(viewer, text);
  if (kind === "tid" && !isTid(text)) return "a tid is digits";
  if (kind === "interval" && intervalOf(text) === undefined) return "seconds from 0 to 3600, such as 0.5";
  return hints[kind];
}

function cancel(viewer: Viewer, prompt: Prompt): void {
  if (prompt.kind === "filter") query(viewer, { filter: "" });
  if (prompt.kind === "find") {
    viewer.change({ found: "" });
    if (viewer.screen.cursor !== viewer.searchedFrom) goTo(viewer, viewer.searchedFrom);
  }
  viewer.prompt(undefined);
}

function submit(viewer: Viewer, prompt: Prompt): void {
  const { kind, text } = prompt;
  const fault = faultOf(prompt);
  if (fault !== "") {
    viewer.prompt({ ...prompt, hint: fault });
    return;
  }
  viewer.prompt(undefined);
  if (kind === "filter") query(viewer, { filter: text });
  else if (kind === "find") find(viewer, text, 0);
  else if (kind === "tid" && text !== "") goTo(viewer, Number(text));
  else if (kind === "interval" && text !== "") setInterval(viewer, intervalOf(text) ?? 0);
  else if (kind === "command" && text.trim() !== "") {
    viewer.history.push(text);
    if (viewer.history.length > maxHistory) viewer.history.shift();
    runCommand(viewer, text);
  }
}

function faultOf({ kind, text }: Prompt): string {
  if (text === "") return "";
  if (kind === "filter") return filterFault(text);
  if (kind === "tid" && !isTid(text)) return `${text} is no tid`;
  if (kind === "interval" && intervalOf(text) === undefined) return "give seconds from 0 to 3600, such as 0.5";
  return "";
}

function submitFirst(viewer: Viewer): void {
  viewer.prompt(undefined);
  toFirst(viewer);
}

function complete(viewer: Viewer, prompt: Prompt, step: 1 | -1): void {
  const isBegun = prompt.completions.length > 0;
  const completions = isBegun ? prompt.completions : completionsOf(viewer, prompt.text);
  const [only] = completions;
  if (completions.length === 1 && only !== undefined) {
    viewer.prompt({ ...prompt, text: only, at: only.length, completions: [], choice: -1, hint: hintOf(viewer, only) });
    return;
  }
  const next = completed({ ...prompt, completions }, step);
  viewer.prompt({ ...next, hint: hintOf(viewer, next.text) });
}

function recall(viewer: Viewer, prompt: Prompt, step: 1 | -1): void {
  viewer.historyAt = Math.max(0, Math.min(viewer.historyAt + step, viewer.history.length));
  const text = viewer.history[viewer.historyAt] ?? "";
  viewer.prompt({ ...prompt, text, at: text.length, completions: [], choice: -1 });
}
