// Moving: the cursor in the views of tasks, which holds a tid; the cursor and the window of all other views.

import { topFor } from "../frames.ts";
import { scroll } from "../scrolling.ts";
import { isOfTasks, type Viewer } from "../viewer.ts";
import { traceDetail } from "./tracing.ts";

/** Moves by so many rows. */
export function move(viewer: Viewer, by: number): void {
  if (isOfTasks(viewer.screen.view)) moveCursor(viewer, by);
  else moveRow(viewer, by);
}

export function toFirst(viewer: Viewer): void {
  if (!isOfTasks(viewer.screen.view)) {
    moveRow(viewer, Number.NEGATIVE_INFINITY);
    return;
  }
  viewer.isHeld = false;
  jump(viewer, "first");
}

export function toLast(viewer: Viewer): void {
  if (!isOfTasks(viewer.screen.view)) {
    moveRow(viewer, Number.POSITIVE_INFINITY);
    return;
  }
  viewer.isHeld = true;
  jump(viewer, "last");
}

/** Puts the cursor on a task, which may not be among the rows that came: the next frame has it. */
export function goTo(viewer: Viewer, tid: number): void {
  viewer.isHeld = true;
  const index = viewer.rows.findIndex((row) => row.tid === tid);
  viewer.change({ cursor: tid });
  if (viewer.screen.view === "detail") open(viewer);
  if (index >= 0 && isOfTasks(viewer.screen.view)) placeCursor(viewer, index);
  viewer.ask();
}

/** The task above or below, in the order of the table; for the view of one task. */
export function neighbour(viewer: Viewer, by: number): void {
  const { rows } = viewer;
  const index = rows.findIndex(({ tid }) => tid === viewer.screen.cursor);
  const next = rows[index + by];
  if (index < 0 || next === undefined) return;
  viewer.isHeld = true;
  viewer.change({ cursor: next.tid });
  open(viewer);
  viewer.ask();
}

// The view of one task is about another one now.
function open(viewer: Viewer): void {
  viewer.change({ where: undefined });
  viewer.movePlace({ top: 0, row: 0 });
  traceDetail(viewer);
}

/** Puts the cursor on a row whose text has something in it. @param step as `find` */
export function toItem(viewer: Viewer, text: string, step: 0 | 1 | -1): void {
  const items = itemsOf(viewer);
  const now = viewer.place.isAtEnd === true ? items.length - 1 : viewer.place.row - firstItem(viewer);
  for (let at = 0; at < items.length; at++) {
    const index = (now + step + (step === -1 ? -at : at) + 2 * items.length) % items.length;
    if (!JSON.stringify(items[index]).toLowerCase().includes(text)) continue;
    const row = firstItem(viewer) + index;
    viewer.movePlace({ top: topFor(row, viewer.place.top, viewer.room, countOf(viewer)), row, isAtEnd: false });
    return;
  }
  viewer.say(`no row has ${JSON.stringify(text)} in it`, "warn");
}

function moveCursor(viewer: Viewer, by: number): void {
  const { rows } = viewer;
  if (rows.length === 0) return;
  const place = viewer.placeOf(viewer.screen.view);
  const first = viewer.screen.frame?.tasks?.first ?? 0;
  const now = rows[place.row - first]?.tid === viewer.screen.cursor ? place.row - first : indexOf(viewer);
  placeCursor(viewer, Math.max(0, Math.min(now + by, rows.length - 1)));
  viewer.isHeld = true;
}

function indexOf(viewer: Viewer): number {
  return Math.max(
    0,
    viewer.rows.findIndex(({ tid }) => tid === viewer.screen.cursor),
  );
}

function placeCursor(viewer: Viewer, index: number): void {
  const page = viewer.screen.frame?.tasks;
  if (page === undefined) return;
  const row = page.first + index;
  const { room } = viewer;
  const top = topFor(row, viewer.place.top, room, page.total);
  viewer.change({ cursor: page.rows[index]?.tid ?? 0 });
  viewer.movePlace({ top, row });
  // What comes into sight next is not there yet.
  const isShort = top - room < page.first || top + 2 * room > page.first + page.rows.length;
  if (isShort && page.rows.length < page.total) viewer.ask();
}

function jump(viewer: Viewer, to: "first" | "last"): void {
  const page = viewer.screen.frame?.tasks;
  if (page === undefined) return;
  const isHere = to === "first" ? page.first === 0 : page.first + page.rows.length >= page.total;
  if (isHere) placeCursor(viewer, to === "first" ? 0 : page.rows.length - 1);
  else viewer.jump = to;
  viewer.ask();
}

function moveRow(viewer: Viewer, by: number): void {
  const { view } = viewer.screen;
  const place = viewer.place;
  const count = countOf(viewer);
  const bounded = (row: number): number => Math.max(0, Math.min(row, Math.max(0, count - 1)));
  if (view === "detail") {
    scroll(viewer, by, place.top, (top) => viewer.movePlace({ top, row: top }));
    return;
  }
  const from = place.isAtEnd === true ? count - 1 : place.row;
  const row = bounded(Number.isFinite(by) ? from + by : by < 0 ? 0 : count);
  const isAtEnd = (view === "log" || view === "trace") && row >= count - 1;
  const top = topFor(row, place.isAtEnd === true ? count : place.top, viewer.room, count);
  viewer.movePlace({ top, row, isAtEnd });
  if (view === "io") viewer.ask();
}

/** What the rows of a view are made from whose rows are no tasks. Of endpoints only those that came with the frame. */
export function itemsOf({ screen }: Viewer): readonly object[] {
  const { frame, view, log, trace } = screen;
  if (view === "io") return frame?.endpoints?.rows ?? [];
  if (view === "syscalls") return frame?.syscalls ?? [];
  if (view === "log") return log.lines;
  if (view === "apps") return frame?.apps ?? [];
  return view === "trace" ? trace.records : [];
}

/** The place of the first of them among all. */
export function firstItem({ screen }: Viewer): number {
  return screen.view === "io" ? (screen.query.endpoints?.offset ?? 0) : 0;
}

function countOf(viewer: Viewer): number {
  const { view, frame } = viewer.screen;
  return view === "io" ? (frame?.endpoints?.total ?? 0) : itemsOf(viewer).length;
}
