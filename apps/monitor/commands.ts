// The command line of the viewer, ":kill 14": what can be typed, what completes it, what it does. Help and completion are
// made from this one table.

import type { Program } from "../../kernel/syscall.ts";
import { goTo } from "./actions/moving.ts";
import { chooseColumns, copy, quit, save, setInterval, stopKernel } from "./actions/program.ts";
import { query, show, sortBy, sortChoices } from "./actions/rows.ts";
import { isRefused, renice, sendSignal } from "./actions/tasks.ts";
import { stopTracing, trace } from "./actions/tracing.ts";
import { Recording, stopRecording } from "./recording.ts";
import { filterFault, intervalOf, isTid } from "./typed.ts";
import type { Viewer } from "./viewer.ts";
import { signalChoices, type ViewName } from "./views/model.ts";

interface Command {
  readonly name: string;
  readonly usage: string;
  readonly text: string;
  /** What the last of its words could be. */
  readonly words?: (viewer: Viewer, start: string) => readonly string[];
  /** @returns what is wrong with the words; nothing: it has been done */
  readonly run: (viewer: Viewer, words: readonly string[], rest: string) => string | void;
}

const views: readonly ViewName[] = ["tasks", "tree", "detail", "io", "syscalls", "log", "apps", "trace"];
const maxCompletions = 64;

const commands: readonly Command[] = [
  {
    name: "kill",
    usage: "kill [-s SIGNAL] [tid…]",
    text: "send a signal, KILL if none is named, to these tasks, the tagged or the selected one",
    words: (viewer, start) => (/^-s$/.test(start) ? [] : [...signalNames, ...tidWords(viewer)]),
    run: kill,
  },
  {
    name: "cancel",
    usage: "cancel [tid…]",
    text: "ask tasks to end: an error is thrown in",
    words: tidWords,
    run: (viewer, words) => kill(viewer, ["-s", "TERM", ...words]),
  },
  { name: "nice", usage: "nice N", text: "set the priority of the tagged or the selected task", run: nice },
  { name: "sort", usage: "sort COLUMN", text: "sort by a column", words: sortChoices, run: sort },
  {
    name: "filter",
    usage: "filter [EXPRESSION]",
    text: "show the tasks that pass; nothing: all",
    run: (viewer, _words, rest) => filterFault(rest) || query(viewer, { filter: rest }),
  },
  { name: "view", usage: "view NAME", text: "show a view", words: () => views, run: view },
  { name: "task", usage: "task TID", text: "put the cursor on a task", words: tidWords, run: task },
  {
    name: "trace",
    usage: "trace TID…|all|off",
    text: "trace syscalls",
    words: (viewer) => ["all", "off", ...tidWords(viewer)],
    run: traceThem,
  },
  {
    name: "columns",
    usage: "columns [A,B,…]",
    text: "show these columns; nothing: those that fit",
    words: sortChoices,
    run: columns,
  },
  { name: "interval", usage: "interval SECONDS", text: "time between two frames", run: interval },
  {
    name: "record",
    usage: "record [FILE]",
    text: "record frames to a new file; nothing: stop recording",
    words: pathWords,
    run: record,
  },
  { name: "save", usage: "save", text: "save what the view shows as JSON", run: (viewer) => save(viewer) },
  {
    name: "copy",
    usage: "copy",
    text: "copy the row, or the tagged rows, to the clipboard",
    run: (viewer) => copy(viewer),
  },
  { name: "start", usage: "start APP [ARGS…]", text: "start an app on this kernel", words: pathWords, run: start },
  { name: "stop", usage: "stop", text: "end this kernel's run in good order", run: stop },
  { name: "quit", usage: "quit", text: "leave", run: (viewer) => quit(viewer) },
];

const signalNames = signalChoices.map(({ signal }) => signal);

/** Runs what was typed. What is wrong with it is said. */
export function runCommand(viewer: Viewer, text: string): void {
  const { command, words, rest } = split(text);
  if (command === undefined) {
    viewer.say(
      `there is no command ${JSON.stringify(words[0] ?? "")}: ${commands.map(({ name }) => name).join(", ")}`,
      "bad",
    );
    return;
  }
  const fault = command.run(viewer, words.slice(1), rest);
  if (typeof fault === "string" && fault !== "") viewer.say(`${fault} (${command.usage})`, "bad");
}

/** What a text could become, whole lines. */
export function completionsOf(viewer: Viewer, text: string): readonly string[] {
  const { command, words } = split(text);
  const last = /\S*$/.exec(text)?.[0] ?? "";
  if (words.length <= 1 && !/\s$/.test(text)) {
    const names = commands
      .filter(({ name }) => name.startsWith(text.trim()))
      .map(({ name, usage }) => (usage === name ? name : `${name} `));
    return names;
  }
  // Of a list with commas the last one is completed.
  const start = command?.name === "columns" ? (last.split(",").at(-1) ?? "") : last;
  const before = text.slice(0, text.length - start.length);
  const found = command?.words?.(viewer, start) ?? [];
  return [...new Set(found)]
    .filter((word) => word.startsWith(start))
    .slice(0, maxCompletions)
    .map((word) => before + word);
}

/** What a line does, or takes. */
export function hintOf(_viewer: Viewer, text: string): string {
  const { command } = split(text);
  return command === undefined ? "Tab: complete" : `${command.usage}: ${command.text}`;
}

function split(text: string): { command: Command | undefined; words: readonly string[]; rest: string } {
  const words = text.trim().split(/\s+/);
  const rest = text.trim().replace(/^\S+\s*/, "");
  // A beginning will do where it is the only one.
  const found = commands.filter(({ name }) => name.startsWith(words[0] ?? ""));
  const command = commands.find(({ name }) => name === words[0]) ?? (found.length === 1 ? found[0] : undefined);
  return { command: words[0] === "" ? undefined : command, words, rest };
}

function tidWords({ rows }: Viewer): readonly string[] {
  return rows.map(({ tid }) => String(tid));
}

function pathWords({ options }: Viewer, start: string): readonly string[] {
  return options.paths?.(start) ?? [];
}

function kill(viewer: Viewer, words: readonly string[]): string | void {
  if (isRefused(viewer)) return;
  const isNamed = words[0] === "-s";
  const signal = isNamed ? signalNames.find((name) => name === words[1]?.toUpperCase().replace(/^SIG/, "")) : "KILL";
  if (signal === undefined) return `there is no signal ${words[1] ?? ""}: ${signalNames.join(", ")}`;
  const named = words.slice(isNamed ? 2 : 0);
  if (!named.every(isTid)) return `${named.find((word) => !isTid(word))} is no tid`;
  const tids = named.length > 0 ? named.map(Number) : viewer.targets.map(({ tid }) => tid);
  if (tids.length === 0) return "no task is selected";
  sendSignal(viewer, signal, tids);
}

function nice(viewer: Viewer, [word = ""]: readonly string[]): string | void {
  if (!/^-?\d{1,2}$/.test(word)) return "give a number from -20 to 19";
  renice(viewer, Number(word) - (viewer.cursorRow?.nice ?? 0));
}

function sort(viewer: Viewer, [column = ""]: readonly string[]): string | void {
  if (!sortChoices(viewer).includes(column)) return `there is no column ${column}`;
  sortBy(viewer, column);
}

function view(viewer: Viewer, [name]: readonly string[]): string | void {
  const found = views.find((each) => each === name);
  if (found === undefined) return `there is no view ${name ?? ""}: ${views.join(", ")}`;
  show(viewer, found);
}

function task(viewer: Viewer, [word = ""]: readonly string[]): string | void {
  if (!isTid(word)) return `${word} is no tid`;
  goTo(viewer, Number(word));
}

function traceThem(viewer: Viewer, words: readonly string[]): string | void {
  if (words[0] === "off") {
    stopTracing(viewer);
    return;
  }
  const isAll = words[0] === "all";
  if (!isAll && (words.length === 0 || !words.every(isTid))) return "give tids, all or off";
  viewer.tracesDetail = false;
  trace(viewer, isAll ? { tids: [], all: true } : { tids: words.map(Number), all: false });
  show(viewer, "trace", true);
}

function columns(viewer: Viewer, words: readonly string[]): string | void {
  const names = words
    .join(",")
    .split(",")
    .filter((name) => name !== "");
  const known = sortChoices(viewer);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) return `there is no column ${unknown}`;
  chooseColumns(viewer, names.length === 0 ? undefined : names);
}

function interval(viewer: Viewer, [word = ""]: readonly string[]): string | void {
  const everyMs = intervalOf(word);
  if (everyMs === undefined) return "give seconds from 0 to 3600";
  setInterval(viewer, everyMs);
}

function record(viewer: Viewer, _words: readonly string[], path: string): string | void {
  if (viewer.replay !== undefined) return "this is a recording";
  if (path === "") {
    if (viewer.recording === undefined) return "nothing is being recorded";
    viewer.say(`recorded to ${viewer.recording.path}`, "good");
    stopRecording(viewer);
    return;
  }
  viewer.errand("record", function* begin(): Program<void> {
    const recording = yield* Recording.begin(path, viewer.connected().hello);
    stopRecording(viewer);
    viewer.recording = recording;
    viewer.change({ recording: path });
    viewer.say(`recording to ${path}; :record stops it`, "good");
  });
}

function start(viewer: Viewer, [path, ...argv]: readonly string[]): string | void {
  if (isRefused(viewer)) return;
  if (path === undefined) return "give the path of an app";
  viewer.errand("start", function* start(): Program<void> {
    const { tid } = yield* viewer.connected().ask("start", { path, argv });
    viewer.say(`started ${path} as task ${tid}`, "good");
    goTo(viewer, tid);
  });
}

function stop(viewer: Viewer): string | void {
  if (!isRefused(viewer)) stopKernel(viewer);
}
