// Frames: what is asked of the kernel for the view that is shown, and what a frame that comes changes. Around the rows in
// sight as many again are asked for above and below, so that a key moves the cursor at once and the kernel is asked after.

import type { Frame, FrameQuery, TaskQuery } from "../control/protocol.ts";
import { isOfTasks, maxKept, type Viewer } from "./viewer.ts";
import type { Connection } from "./views/model.ts";

/** Lines of the log, and traced syscalls, that are kept. */
const maxLines = 4_096;
/** Of those, in one frame. */
const maxPage = 1_000;
const maxNames = 65_536;

/** What to ask. */
export function queryOf(viewer: Viewer): FrameQuery {
  const { screen, room } = viewer;
  const { view, trace, cursor } = screen;
  viewer.jumpAsked = viewer.jump;
  return {
    tasks: tasksOf(viewer),
    ...(view === "detail" && cursor > 0 ? { detail: cursor } : {}),
    ...(viewer.isTracing && !trace.isPaused
      ? { trace: { tids: trace.tids, after: viewer.traceLast, limit: maxPage } }
      : {}),
    ...(view === "syscalls" ? { syscalls: screen.query.syscalls ?? {} } : {}),
    ...(view === "io" ? { endpoints: endpointsOf(viewer, room) } : {}),
    // Of a recording each frame has its own part of the log.
    ...(view === "log" || viewer.replay !== undefined ? { log: logOf(viewer) } : {}),
    ...(view === "apps" ? { apps: true } : {}),
  };
}

function tasksOf(viewer: Viewer): TaskQuery {
  const { screen, room, isHeld, jump } = viewer;
  const { top } = viewer.placeOf(screen.view === "tree" ? "tree" : "tasks");
  const offset = jump === "last" ? Number.MAX_SAFE_INTEGER : jump === "first" ? 0 : Math.max(0, top - room);
  return {
    ...screen.query.tasks,
    offset,
    limit: Math.min(10_000, 3 * room),
    ...(isHeld && screen.cursor > 0 && jump === undefined ? { cursor: screen.cursor } : {}),
  };
}

function logOf({ logLast }: Viewer): NonNullable<FrameQuery["log"]> {
  return { limit: maxPage, ...(logLast === undefined ? {} : { after: logLast }) };
}

function endpointsOf(viewer: Viewer, room: number): NonNullable<FrameQuery["endpoints"]> {
  const offset = Math.max(0, viewer.placeOf("io").top - room);
  const of = viewer.endpointsOf > 0 ? { tid: viewer.endpointsOf } : {};
  return { ...of, offset, limit: Math.min(10_000, 3 * room) };
}

/** A frame has come: it is kept, and shown unless the display stands still. @param asked what it was asked with */
export function accept(viewer: Viewer, frame: Frame, asked: FrameQuery): void {
  viewer.frameAt = viewer.now;
  viewer.kept.push(frame);
  if (viewer.kept.length > maxKept) viewer.kept.shift();
  // Order and filter are as they are now: they may have been changed meanwhile.
  const { tasks, syscalls } = viewer.screen.query;
  viewer.change({ query: { ...asked, ...(tasks && { tasks }), ...(syscalls && { syscalls }) } });
  collectLog(viewer, frame);
  // Records of what was traced before are none of what is traced now.
  if (asked.trace?.tids === viewer.screen.trace.tids) collectTrace(viewer, frame);
  // The order has taken it away, and its line is where the eyes are.
  if (viewer.jump === undefined && !viewer.screen.isFollowing && hasEnded(viewer, frame)) {
    viewer.jump = "here";
    viewer.ask();
  } else if (viewer.screen.connection.kind !== "frozen") show(viewer, frame, connectionOf(viewer), asked);
}

/** The task under the cursor has ended since the frame before. */
function hasEnded({ screen, cursorRow }: Viewer, { tasks }: Frame): boolean {
  if (!isOfTasks(screen.view) || cursorRow === undefined || cursorRow.state === "Z") return false;
  return tasks?.rows.find(({ tid }) => tid === screen.cursor)?.state === "Z";
}

function connectionOf({ replay }: Viewer): Connection {
  if (replay === undefined) return { kind: "live" };
  const { place, frames, isPlaying } = replay;
  return { kind: "replay", place: place + 1, frames, isPlaying };
}

function show(viewer: Viewer, frame: Frame, connection: Connection, asked: FrameQuery): void {
  const rows = frame.tasks?.rows ?? [];
  const isFirst = viewer.newest === 0;
  const born = isFirst ? [] : rows.flatMap(({ tid }) => (tid > viewer.newest ? [tid] : []));
  for (const { tid, name } of rows) {
    if (tid > viewer.newest) viewer.newest = tid;
    if (viewer.names.size >= maxNames) viewer.names.clear();
    viewer.names.set(tid, name);
  }
  viewer.change({ frame, connection, born: new Set(born) });
  // The cursor was sent elsewhere meanwhile: the next frame has its row.
  const { cursor } = viewer.screen;
  const isElsewhere = viewer.isHeld && asked.tasks?.cursor !== cursor && !rows.some(({ tid }) => tid === cursor);
  if (viewer.jump === viewer.jumpAsked && (viewer.jump !== undefined || !isElsewhere)) settle(viewer);
}

/** Puts the cursor on a row that is there, and the rows around it in sight. */
export function settle(viewer: Viewer): void {
  const page = viewer.screen.frame?.tasks;
  if (page === undefined || page.rows.length === 0) return;
  const view = viewer.screen.view === "tree" ? "tree" : "tasks";
  const place = viewer.placeOf(view);
  const index = indexOfCursor(viewer, place.row - page.first);
  const row = page.first + index;
  const offset = place.row - place.top;
  const top = viewer.screen.isFollowing ? row - offset : place.top;
  if (isOfTasks(viewer.screen.view)) viewer.change({ cursor: page.rows[index]?.tid ?? 0 });
  viewer.movePlace({ top: topFor(row, top, viewer.room, page.total), row }, view);
  viewer.jump = undefined;
}

function indexOfCursor(viewer: Viewer, before: number): number {
  const { rows } = viewer;
  const last = rows.length - 1;
  if (viewer.jump === "first") return 0;
  if (viewer.jump === "last") return last;
  if (!viewer.isHeld || viewer.jump === "here") return Math.max(0, Math.min(before, last));
  // In a tree a task may stand twice.
  if (rows[before]?.tid === viewer.screen.cursor) return before;
  const index = rows.findIndex(({ tid }) => tid === viewer.screen.cursor);
  // It has gone: the cursor is on what has taken its place.
  return index >= 0 ? index : Math.max(0, Math.min(before, last));
}

/** The first row to show, from 0, so that a row is in sight and no line is left empty needlessly. */
export function topFor(row: number, top: number, room: number, total: number): number {
  const lowest = Math.min(Math.max(top, row - room + 1), row);
  return Math.max(0, Math.min(lowest, total - room));
}

// What comes in pieces, after what has come before.
function collectLog(viewer: Viewer, { log }: Frame): void {
  if (log === undefined) return;
  const before = viewer.screen.log;
  const last = before.lines.at(-1)?.seq ?? -1;
  const added = log.lines.filter(({ seq }) => seq > last);
  viewer.logLast = log.last;
  if (added.length === 0 && log.dropped === 0) return;
  viewer.change({
    log: { lines: [...before.lines, ...added].slice(-maxLines), dropped: before.dropped + log.dropped },
  });
  if (log.lines.length >= maxPage) viewer.ask();
}

// A syscall that blocks comes twice, and is one line: its end takes the place of its beginning.
function collectTrace(viewer: Viewer, { trace }: Frame): void {
  if (trace === undefined) return;
  viewer.traceLast = trace.last;
  if (trace.records.length === 0 && trace.dropped === 0) return;
  const before = viewer.screen.trace;
  const records = [...before.records];
  const open = new Map(records.flatMap(({ tid, result }, at) => (result === "" ? [[tid, at] as const] : [])));
  for (const record of trace.records) {
    const at = open.get(record.tid);
    const isEnd = at !== undefined && records[at]?.at === record.at && records[at]?.syscall === record.syscall;
    if (isEnd) records[at] = record;
    else records.push(record);
    if (record.result === "") open.set(record.tid, isEnd ? at : records.length - 1);
    else open.delete(record.tid);
  }
  viewer.change({ trace: { ...before, records: records.slice(-maxLines), dropped: before.dropped + trace.dropped } });
}
