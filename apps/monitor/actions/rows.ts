// Which rows are shown, and in what order: views, sorting, filters, trees, finding.

import type { Program } from "../../../kernel/syscall.ts";
import type { TaskQuery } from "../../control/protocol.ts";
import type { PlacedRow } from "../../control/records.ts";
import { taskColumns } from "../../control/records.ts";
import { isOfTasks, type Viewer } from "../viewer.ts";
import type { ViewName } from "../views/model.ts";
import { goTo, toItem } from "./moving.ts";
import { traceDetail } from "./tracing.ts";

const views: readonly ViewName[] = ["tasks", "tree", "detail", "io", "syscalls", "log", "apps", "trace"];
const maxTrail = 16;

/** Shows a view. @param isDeeper whether "back" leads back to the one before */
export function show(viewer: Viewer, view: ViewName, isDeeper = false): void {
  const before = viewer.screen.view;
  if (isDeeper && before !== view) viewer.trail.push(before);
  if (!isDeeper) viewer.trail.length = 0;
  if (viewer.trail.length > maxTrail) viewer.trail.shift();
  viewer.change({ view });
  if (view === "tree" && viewer.screen.query.tasks?.shape === "flat") query(viewer, { shape: "tree" });
  if (view === "tasks") query(viewer, { shape: "flat" });
  if ((view === "log" || view === "trace") && viewer.screen.places[view] === undefined) {
    viewer.movePlace({ top: 0, row: 0, isAtEnd: true });
  }
  if (view !== "io") viewer.endpointsOf = 0;
  traceDetail(viewer);
  viewer.ask();
}

export function nextView(viewer: Viewer, by: number): void {
  const at = views.indexOf(viewer.screen.view);
  show(viewer, views[(at + by + views.length) % views.length] ?? "tasks");
}

/** One level back; at the top a filter, tags and a message go. */
export function back(viewer: Viewer): void {
  const before = viewer.trail.pop();
  if (before !== undefined) {
    show(viewer, before, false);
  } else if (!isOfTasks(viewer.screen.view)) {
    show(viewer, "tasks");
  } else if ((viewer.screen.query.tasks?.filter ?? "") !== "") {
    query(viewer, { filter: "" });
  }
}

/** Asks for other tasks, or in another order. */
export function query(viewer: Viewer, patch: Partial<TaskQuery>): void {
  viewer.change({ query: { ...viewer.screen.query, tasks: { ...viewer.screen.query.tasks, ...patch } } });
  viewer.ask();
}

/** By parent, by who waits for whom, by spawn site; the same again: flat. */
export function shape(viewer: Viewer, wanted: "tree" | "waits" | "sites"): void {
  const { view, query: asked } = viewer.screen;
  const isOn = view === "tree" && asked.tasks?.shape === wanted;
  query(viewer, { shape: isOn ? "flat" : wanted });
  if (isOn) show(viewer, "tasks");
  else if (view !== "tree") show(viewer, "tree");
}

/** Sorts by a column; by the one that it is sorted by already: the other way round. */
export function sortBy(viewer: Viewer, column: string): void {
  if (viewer.screen.view === "syscalls") {
    const before = viewer.screen.query.syscalls;
    const isInverted = before?.sort === column && before.isInverted !== true;
    viewer.change({ query: { ...viewer.screen.query, syscalls: { sort: column, isInverted } } });
    viewer.ask();
    return;
  }
  const before = viewer.screen.query.tasks;
  query(viewer, { sort: column, isInverted: (before?.sort ?? "cpu") === column && before?.isInverted !== true });
}

export function invert(viewer: Viewer): void {
  if (viewer.screen.view === "syscalls") {
    const before = viewer.screen.query.syscalls ?? {};
    viewer.change({
      query: { ...viewer.screen.query, syscalls: { ...before, isInverted: before.isInverted !== true } },
    });
    viewer.ask();
  } else {
    query(viewer, { isInverted: viewer.screen.query.tasks?.isInverted !== true });
  }
}

/** Sorts by the column to the left or to the right on the screen. */
export function sortBeside(viewer: Viewer, by: -1 | 1): void {
  const columns = columnsOnScreen(viewer);
  const { screen } = viewer;
  const now =
    screen.view === "syscalls" ? (screen.query.syscalls?.sort ?? "callsPerS") : (screen.query.tasks?.sort ?? "cpu");
  const at = columns.indexOf(now);
  const next = columns[at < 0 ? 0 : Math.max(0, Math.min(at + by, columns.length - 1))];
  if (next !== undefined && next !== now) sortBy(viewer, next);
}

/** In the order that they stand in. */
export function columnsOnScreen({ picture }: Viewer): readonly string[] {
  const titles = (picture?.regions ?? []).flatMap(({ from, target }) =>
    target.kind === "sort" ? [{ from, column: target.column }] : [],
  );
  return titles.sort((a, b) => a.from - b.from).map(({ column }) => column);
}

/** Every column there is to sort by, those that waits declare among them. */
export function sortChoices(viewer: Viewer): readonly string[] {
  if (viewer.screen.view === "syscalls") return columnsOnScreen(viewer);
  return [...taskColumns, ...declaredColumns(viewer.rows)];
}

export function declaredColumns(rows: readonly PlacedRow[]): readonly string[] {
  return [...new Set(rows.flatMap(({ columns }) => Object.keys(columns)))].sort().slice(0, 32);
}

export function fold(viewer: Viewer, isFolded: boolean): void {
  const { cursor } = viewer.screen;
  const folded = new Set(viewer.screen.query.tasks?.folded ?? []);
  if (isFolded) folded.add(cursor);
  else folded.delete(cursor);
  query(viewer, { folded: [...folded] });
}

/** Folds all that have children on the screen, or unfolds all. */
export function foldAll(viewer: Viewer): void {
  const isAnyFolded = (viewer.screen.query.tasks?.folded ?? []).length > 0;
  const parents = viewer.rows.filter(({ children, parent }) => children > 0 && parent !== 0).map(({ tid }) => tid);
  query(viewer, { folded: isAnyFolded ? [] : parents.slice(0, 1_000) });
}

export function nextFinding(viewer: Viewer): void {
  const tids = [...new Set((viewer.screen.frame?.findings ?? []).flatMap((finding) => finding.tids))];
  const next = tids[(tids.indexOf(viewer.screen.cursor) + 1) % Math.max(1, tids.length)];
  if (next === undefined) {
    viewer.say("nothing is wrong with any task", "good");
    return;
  }
  if (!isOfTasks(viewer.screen.view) && viewer.screen.view !== "detail") show(viewer, "tasks");
  goTo(viewer, next);
}

const maxSearched = 10_000;

/**
 * Puts the cursor on a task that a text is in.
 * @param step 0: the first from where the search began; 1, -1: the next, the one before
 */
export function find(viewer: Viewer, text: string, step: 0 | 1 | -1): void {
  viewer.change({ found: text });
  if (text === "") return;
  if (!isOfTasks(viewer.screen.view) && viewer.screen.view !== "detail") {
    toItem(viewer, text.toLowerCase(), step);
    return;
  }
  viewer.errand("find", function* search(): Program<void> {
    const tasks = { ...viewer.screen.query.tasks, offset: 0, limit: maxSearched };
    const frame = yield* viewer.connected().ask("frame", { tasks });
    // A later search has begun meanwhile.
    if (viewer.screen.found !== text) return;
    const rows = frame.tasks?.rows ?? [];
    const found = nextMatch(rows, step === 0 ? viewer.searchedFrom : viewer.screen.cursor, text.toLowerCase(), step);
    if (found === undefined) viewer.say(`no task has ${JSON.stringify(text)} in it`, "warn");
    else goTo(viewer, found.tid);
  });
}

function nextMatch(rows: readonly PlacedRow[], cursor: number, text: string, step: 0 | 1 | -1): PlacedRow | undefined {
  const from = Math.max(
    0,
    rows.findIndex(({ tid }) => tid === cursor),
  );
  const way = step === -1 ? -1 : 1;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[(from + step + way * at + 2 * rows.length) % rows.length];
    if (row !== undefined && hasText(row, text)) return row;
  }
  return undefined;
}

function hasText({ tid, name, app, verb, object }: PlacedRow, text: string): boolean {
  return `${tid} ${name} ${app} ${verb} ${object}`.toLowerCase().includes(text);
}
