// The keys: the one table that the program dispatches by, and that help and the key bar are made from, so that they
// cannot lie. htop's keys come first, then vi's and others.

import type { ViewName } from "./model.ts";

/** What a key does; the program has one function for each. */
export type ActionName =
  // moving
  | "up"
  | "down"
  | "pageUp"
  | "pageDown"
  | "first"
  | "last"
  | "goTo"
  | "nextFinding"
  // views
  | "showTasks"
  | "showTree"
  | "showDetail"
  | "showEndpoints"
  | "showSyscalls"
  | "showLog"
  | "showApps"
  | "showTrace"
  | "nextView"
  | "previousView"
  | "open"
  | "back"
  // which rows, in what order
  | "find"
  | "findNext"
  | "findPrevious"
  | "filter"
  | "sortMenu"
  | "sortLeft"
  | "sortRight"
  | "invert"
  | "sortByCpu"
  | "sortByMax"
  | "sortByRun"
  | "sortByTid"
  | "pin"
  | "finished"
  | "follow"
  | "tree"
  | "waits"
  | "sites"
  | "fold"
  | "unfold"
  | "foldAll"
  // tasks
  | "tag"
  | "tagChildren"
  | "tagRange"
  | "untagAll"
  | "signal"
  | "raisePriority"
  | "lowerPriority"
  | "reset"
  | "endpoints"
  | "where"
  | "locals"
  | "fullText"
  | "traceTasks"
  | "traceAll"
  | "traceCounts"
  | "tracePause"
  | "nextTask"
  | "previousTask"
  // time
  | "freeze"
  | "stepBack"
  | "stepForward"
  | "interval"
  // the program
  | "command"
  | "columns"
  | "copy"
  | "save"
  | "help"
  | "redraw"
  | "suspend"
  | "quit";

export interface KeyBinding {
  readonly action: ActionName;
  /** As blessed names them: "f9", "C-c", "M-j", "pageup", "enter", and what is typed as itself. */
  readonly keys: readonly string[];
  /** Instead of `keys` with `--vi`. */
  readonly viKeys?: readonly string[];
  /** Where it does something; absent: everywhere. */
  readonly views?: readonly ViewName[];
  readonly group: KeyGroup;
  /** For help. */
  readonly text: string;
  /** Instead of `text` where the run is the user's own, in this terminal. */
  readonly ownText?: string;
  /** Its word on the key bar; absent: it is not there. */
  readonly bar?: string;
  /** True for what a read-only port refuses. */
  readonly isChanging?: boolean;
}

export type KeyGroup = "Move" | "Views" | "Rows" | "Tasks" | "Time" | "Program";

export const keyGroups: readonly KeyGroup[] = ["Tasks", "Rows", "Views", "Move", "Time", "Program"];

const taskViews: readonly ViewName[] = ["tasks", "tree"];
const taskAndDetail: readonly ViewName[] = ["tasks", "tree", "detail"];
const listViews: readonly ViewName[] = ["tasks", "tree", "io", "syscalls"];
const traceViews: readonly ViewName[] = ["detail", "trace"];

/** The first that fits a key and a view counts. */
export const keyTable: readonly KeyBinding[] = [
  { action: "help", keys: ["f1", "?", "h"], viKeys: ["f1", "?"], group: "Program", text: "this help", bar: "Help" },
  { action: "columns", keys: ["f2"], views: taskViews, group: "Rows", text: "choose columns", bar: "Columns" },
  { action: "find", keys: ["f3", "/"], group: "Rows", text: "find as you type", bar: "Find" },
  { action: "findNext", keys: ["n"], group: "Rows", text: "next match" },
  { action: "findPrevious", keys: ["S-f3"], viKeys: ["S-f3", "N"], group: "Rows", text: "previous match" },
  {
    action: "filter",
    keys: ["f4", "\\"],
    group: "Rows",
    text: "show only what passes: see Filters",
    bar: "Filter",
  },
  { action: "tree", keys: ["f5", "t"], views: taskViews, group: "Views", text: "tree by parent, or flat", bar: "Tree" },
  { action: "waits", keys: ["W"], views: taskViews, group: "Views", text: "tree by who waits for whom" },
  { action: "sites", keys: ["o"], views: taskViews, group: "Views", text: "one row for each spawn site" },
  { action: "sortMenu", keys: ["f6"], views: listViews, group: "Rows", text: "sort by a column", bar: "Sort" },
  { action: "sortLeft", keys: ["<"], views: listViews, group: "Rows", text: "sort by the column to the left" },
  { action: "sortRight", keys: [">"], views: listViews, group: "Rows", text: "sort by the column to the right" },
  { action: "invert", keys: ["I"], views: listViews, group: "Rows", text: "turn the order round" },
  { action: "sortByCpu", keys: ["P"], views: taskViews, group: "Rows", text: "sort by CPU%" },
  { action: "sortByMax", keys: ["M"], views: taskViews, group: "Rows", text: "sort by longest turn" },
  { action: "sortByRun", keys: ["T"], views: taskViews, group: "Rows", text: "sort by time in turns" },
  { action: "sortByTid", keys: ["N"], viKeys: [], views: taskViews, group: "Rows", text: "sort by tid" },
  {
    action: "raisePriority",
    keys: ["f7", "]"],
    views: taskViews,
    group: "Tasks",
    text: "higher priority: nice - 1",
    bar: "Nice -",
    isChanging: true,
  },
  {
    action: "lowerPriority",
    keys: ["f8", "["],
    views: taskViews,
    group: "Tasks",
    text: "lower priority: nice + 1",
    bar: "Nice +",
    isChanging: true,
  },
  { action: "raisePriority", keys: ["f7"], views: ["detail"], group: "Tasks", text: "nice - 1", isChanging: true },
  { action: "lowerPriority", keys: ["f8"], views: ["detail"], group: "Tasks", text: "nice + 1", isChanging: true },
  {
    action: "previousTask",
    keys: ["["],
    views: ["detail"],
    group: "Move",
    text: "the task above, in the table's order",
  },
  { action: "nextTask", keys: ["]"], views: ["detail"], group: "Move", text: "the task below" },
  {
    action: "signal",
    keys: ["f9", "k"],
    viKeys: ["f9", "K"],
    views: taskAndDetail,
    group: "Tasks",
    text: "cancel, kill, stop, continue: a menu",
    bar: "Kill",
    isChanging: true,
  },
  { action: "open", keys: ["enter"], group: "Views", text: "open what the cursor is on", bar: "Open" },
  { action: "where", keys: ["b"], views: taskAndDetail, group: "Tasks", text: "where its frames stand", bar: "Where" },
  { action: "locals", keys: ["v"], views: taskAndDetail, group: "Tasks", text: "and their local variables" },
  { action: "traceTasks", keys: ["s"], views: taskAndDetail, group: "Tasks", text: "trace syscalls", bar: "Trace" },
  { action: "traceAll", keys: ["S"], group: "Tasks", text: "trace the syscalls of all tasks" },
  { action: "traceCounts", keys: ["C"], views: traceViews, group: "Rows", text: "counts by syscall", bar: "Counts" },
  { action: "tracePause", keys: ["p"], views: traceViews, group: "Time", text: "pause the trace", bar: "Pause" },
  { action: "endpoints", keys: ["l"], viKeys: ["L"], views: taskAndDetail, group: "Tasks", text: "its descriptors" },
  { action: "fullText", keys: ["w"], group: "Tasks", text: "the row's text in full" },
  { action: "tag", keys: ["space"], views: taskViews, group: "Tasks", text: "tag, for what follows" },
  { action: "tagChildren", keys: ["c"], views: taskViews, group: "Tasks", text: "tag it and all below it" },
  { action: "tagRange", keys: ["C-space"], views: taskViews, group: "Tasks", text: "tag from the last tag to here" },
  { action: "untagAll", keys: ["U"], views: taskViews, group: "Tasks", text: "untag all" },
  {
    action: "reset",
    keys: ["z"],
    views: taskAndDetail,
    group: "Tasks",
    text: "forget totals and histograms",
    isChanging: true,
  },
  { action: "pin", keys: ["p"], views: taskViews, group: "Rows", text: "findings on top, or in order" },
  { action: "finished", keys: ["e"], views: taskViews, group: "Rows", text: "show ended tasks, or not" },
  { action: "follow", keys: ["F"], views: ["tasks", "tree", "log"], group: "Rows", text: "follow the cursor's task" },
  {
    action: "unfold",
    keys: ["+", "right"],
    viKeys: ["+", "right", "l"],
    views: ["tree"],
    group: "Rows",
    text: "unfold",
  },
  { action: "fold", keys: ["-", "left"], viKeys: ["-", "left", "h"], views: ["tree"], group: "Rows", text: "fold" },
  { action: "foldAll", keys: ["*"], views: ["tree"], group: "Rows", text: "fold all, or unfold all" },
  { action: "nextFinding", keys: ["!"], group: "Move", text: "next finding" },
  { action: "up", keys: ["up", "M-k"], viKeys: ["up", "k"], group: "Move", text: "up" },
  { action: "down", keys: ["down", "M-j"], viKeys: ["down", "j"], group: "Move", text: "down" },
  { action: "pageUp", keys: ["pageup"], viKeys: ["pageup", "C-b"], group: "Move", text: "a page up" },
  { action: "pageDown", keys: ["pagedown"], viKeys: ["pagedown", "C-f"], group: "Move", text: "a page down" },
  { action: "first", keys: ["home"], group: "Move", text: "first" },
  { action: "last", keys: ["end", "G"], group: "Move", text: "last" },
  { action: "goTo", keys: ["g"], group: "Move", text: "to a tid: digits, Enter; gg first" },
  { action: "showTasks", keys: ["1"], group: "Views", text: "tasks" },
  { action: "showTree", keys: ["2"], group: "Views", text: "tree" },
  { action: "showDetail", keys: ["3"], group: "Views", text: "one task in detail" },
  { action: "showEndpoints", keys: ["4"], group: "Views", text: "what can be read and written" },
  { action: "showSyscalls", keys: ["5"], group: "Views", text: "syscalls, yours too" },
  { action: "showLog", keys: ["6"], group: "Views", text: "the kernel log, and what apps print" },
  { action: "showApps", keys: ["7"], group: "Views", text: "apps and their gauges" },
  { action: "showTrace", keys: ["8"], group: "Views", text: "traced syscalls" },
  { action: "nextView", keys: ["tab"], group: "Views", text: "next view" },
  { action: "previousView", keys: ["S-tab"], group: "Views", text: "previous view" },
  { action: "back", keys: ["escape"], group: "Views", text: "one level back; never quits" },
  { action: "freeze", keys: ["Z"], group: "Time", text: "freeze the display; the kernel goes on", bar: "Freeze" },
  { action: "stepBack", keys: [","], group: "Time", text: "one frame back, of the last 60" },
  { action: "stepForward", keys: ["."], group: "Time", text: "one frame forward" },
  {
    action: "interval",
    keys: ["d"],
    group: "Time",
    text: "seconds between frames; 0: as they come",
  },
  { action: "command", keys: [":"], group: "Program", text: "a command, with completion by Tab" },
  { action: "copy", keys: ["y"], group: "Program", text: "copy the row as text" },
  { action: "save", keys: ["C-s"], group: "Program", text: "save the view as JSON" },
  { action: "redraw", keys: ["C-l"], group: "Program", text: "draw all again" },
  { action: "suspend", keys: ["C-z"], group: "Program", text: "suspend" },
  {
    action: "quit",
    keys: ["q", "f10", "C-c"],
    group: "Program",
    text: "quit; the kernel goes on",
    ownText: "quit, and end the app",
    bar: "Quit",
  },
];

/** What a key does in a view; undefined: nothing. @param key as in `KeyBinding.keys` */
export function actionOf(key: string, view: ViewName, isVi: boolean): ActionName | undefined {
  return keyTable.find((binding) => isIn(binding, view) && keysOf(binding, isVi).includes(key))?.action;
}

/** The bindings of a view, in the table's order. */
export function keysIn(view: ViewName): readonly KeyBinding[] {
  return keyTable.filter((binding) => isIn(binding, view));
}

export function keysOf(binding: KeyBinding, isVi: boolean): readonly string[] {
  return isVi ? (binding.viKeys ?? binding.keys) : binding.keys;
}

function isIn({ views }: KeyBinding, view: ViewName): boolean {
  return views === undefined || views.includes(view);
}

/** A key as people write it: "F9", "C-c", "Enter", "Space". */
export function keyText(key: string): string {
  if (/^S-f\d+$/.test(key)) return `S-F${key.slice(3)}`;
  if (/^f\d+$/.test(key)) return key.toUpperCase();
  return words[key] ?? key;
}

const words: Readonly<Record<string, string>> = {
  up: "Up",
  down: "Down",
  left: "Left",
  right: "Right",
  pageup: "PgUp",
  pagedown: "PgDn",
  home: "Home",
  end: "End",
  enter: "Enter",
  escape: "Esc",
  space: "Space",
  tab: "Tab",
  "S-tab": "S-Tab",
  "C-space": "C-Space",
  "M-j": "Alt-j",
  "M-k": "Alt-k",
};
