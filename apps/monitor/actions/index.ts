// What each action of the key table does.

import { openPrompt } from "../prompts.ts";
import { isOfTasks, type Viewer } from "../viewer.ts";
import type { ActionName } from "../views/keys.ts";
import { firstItem, goTo, itemsOf, move, neighbour, toFirst, toLast } from "./moving.ts";
import { copy, fullText, openColumns, quit, save } from "./program.ts";
import * as rows from "./rows.ts";
import * as tasks from "./tasks.ts";
import { freeze, step } from "./time.ts";
import { countTrace, pauseTrace, traceAll, traceTasks } from "./tracing.ts";

/** One function for each action. */
export const actions: Readonly<Record<ActionName, (viewer: Viewer) => void>> = {
  up: (viewer) => move(viewer, -1),
  down: (viewer) => move(viewer, 1),
  pageUp: (viewer) => move(viewer, -viewer.room),
  pageDown: (viewer) => move(viewer, viewer.room),
  first: toFirst,
  last: toLast,
  goTo: (viewer) => openPrompt(viewer, "tid"),
  nextFinding: rows.nextFinding,
  showTasks: (viewer) => rows.show(viewer, "tasks"),
  showTree: (viewer) => rows.show(viewer, "tree"),
  showDetail: (viewer) => rows.show(viewer, "detail"),
  showEndpoints: (viewer) => {
    viewer.endpointsOf = 0;
    rows.show(viewer, "io");
  },
  showSyscalls: (viewer) => rows.show(viewer, "syscalls"),
  showLog: (viewer) => rows.show(viewer, "log"),
  showApps: (viewer) => rows.show(viewer, "apps"),
  showTrace: (viewer) => rows.show(viewer, "trace"),
  nextView: (viewer) => rows.nextView(viewer, 1),
  previousView: (viewer) => rows.nextView(viewer, -1),
  open,
  back: rows.back,
  find: (viewer) => openPrompt(viewer, "find"),
  findNext: (viewer) => rows.find(viewer, viewer.screen.found, 1),
  findPrevious: (viewer) => rows.find(viewer, viewer.screen.found, -1),
  filter: (viewer) => openPrompt(viewer, "filter"),
  sortMenu,
  sortLeft: (viewer) => rows.sortBeside(viewer, -1),
  sortRight: (viewer) => rows.sortBeside(viewer, 1),
  invert: rows.invert,
  sortByCpu: (viewer) => rows.query(viewer, { sort: "cpu", isInverted: false }),
  sortByMax: (viewer) => rows.query(viewer, { sort: "max", isInverted: false }),
  sortByRun: (viewer) => rows.query(viewer, { sort: "run", isInverted: false }),
  sortByTid: (viewer) => rows.query(viewer, { sort: "tid", isInverted: false }),
  pin: (viewer) => toggle(viewer, "isPinned", "findings on top"),
  finished: (viewer) => toggle(viewer, "withFinished", "ended tasks"),
  follow,
  tree: (viewer) => rows.shape(viewer, "tree"),
  waits: (viewer) => rows.shape(viewer, "waits"),
  sites: (viewer) => rows.shape(viewer, "sites"),
  fold: (viewer) => rows.fold(viewer, true),
  unfold: (viewer) => rows.fold(viewer, false),
  foldAll: rows.foldAll,
  tag: tasks.tag,
  tagChildren: tasks.tagChildren,
  tagRange: tasks.tagRange,
  untagAll: tasks.untagAll,
  signal: tasks.openSignals,
  raisePriority: (viewer) => tasks.renice(viewer, -1),
  lowerPriority: (viewer) => tasks.renice(viewer, 1),
  reset: tasks.reset,
  endpoints: (viewer) => {
    rows.show(viewer, "io", true);
    viewer.endpointsOf = viewer.screen.cursor;
  },
  where: (viewer) => tasks.where(viewer, false),
  locals: (viewer) => tasks.where(viewer, true),
  fullText,
  traceTasks: (viewer) => {
    if (traceTasks(viewer)) rows.show(viewer, "trace", true);
  },
  traceAll: (viewer) => {
    traceAll(viewer);
    rows.show(viewer, "trace", true);
  },
  traceCounts: countTrace,
  tracePause: pauseTrace,
  nextTask: (viewer) => neighbour(viewer, 1),
  previousTask: (viewer) => neighbour(viewer, -1),
  freeze,
  stepBack: (viewer) => step(viewer, -1),
  stepForward: (viewer) => step(viewer, 1),
  interval: (viewer) => openPrompt(viewer, "interval"),
  command: (viewer) => openPrompt(viewer, "command"),
  columns: openColumns,
  copy,
  save,
  help: (viewer) => viewer.dialog({ kind: "help", top: 0 }),
  redraw: (viewer) => viewer.surface.redraw(),
  suspend: (viewer) => viewer.surface.stop(),
  quit,
};

function open(viewer: Viewer): void {
  const { view } = viewer.screen;
  if (isOfTasks(view)) {
    if (viewer.screen.cursor > 0) rows.show(viewer, "detail", true);
    return;
  }
  const items = itemsOf(viewer);
  const item = items[viewer.place.isAtEnd === true ? items.length - 1 : viewer.place.row - firstItem(viewer)];
  const tid = item === undefined ? 0 : tidIn(item);
  if (tid === 0) return;
  goTo(viewer, tid);
  rows.show(viewer, "detail", true);
}

// The task that a row of another view is about.
function tidIn(item: object): number {
  const { tid, reader, writer, owner } = item as Partial<Record<string, unknown>>; // any of the records
  return [tid, reader, writer, owner].find((each): each is number => typeof each === "number" && each > 0) ?? 0;
}

function sortMenu(viewer: Viewer): void {
  const choices = rows.sortChoices(viewer);
  const { query, view } = viewer.screen;
  const now = view === "syscalls" ? (query.syscalls?.sort ?? "callsPerS") : (query.tasks?.sort ?? "cpu");
  viewer.dialog({ kind: "sort", choices, choice: Math.max(0, choices.indexOf(now)) });
}

function toggle(viewer: Viewer, what: "isPinned" | "withFinished", words: string): void {
  const isOn = viewer.screen.query.tasks?.[what] !== true;
  rows.query(viewer, { [what]: isOn });
  viewer.say(`${words}: ${isOn ? "on" : "off"}`);
}

function follow(viewer: Viewer): void {
  if (viewer.screen.view === "log") {
    viewer.movePlace({ ...viewer.place, isAtEnd: viewer.place.isAtEnd !== true });
    return;
  }
  const isFollowing = !viewer.screen.isFollowing;
  viewer.isHeld = true;
  viewer.change({ isFollowing });
  viewer.say(isFollowing ? `following task ${viewer.screen.cursor}` : "following no task");
}
