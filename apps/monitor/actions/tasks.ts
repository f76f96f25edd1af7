// What is done to tasks: tags, signals, priorities, and looking into one.

import { type Program, SyscallError } from "../../../kernel/syscall.ts";
import type { SignalName, SignalOutcome } from "../../control/protocol.ts";
import type { FrameRecord, PlacedRow } from "../../control/records.ts";
import { RpcError } from "../../rpc/index.ts";
import { isOfTasks, type Viewer } from "../viewer.ts";
import { signalChoices } from "../views/model.ts";
import { move } from "./moving.ts";
import { show } from "./rows.ts";

const maxTags = 1_000;

/** Tags the task under the cursor, or takes its tag away, and goes to the next. */
export function tag(viewer: Viewer): void {
  const { cursor, tagged } = viewer.screen;
  const isTagged = tagged.has(cursor);
  setTags(viewer, isTagged ? [...tagged].filter((tid) => tid !== cursor) : [...tagged, cursor]);
  viewer.lastTag = isTagged ? 0 : cursor;
  move(viewer, 1);
}

/** Tags all from the last tag to the cursor. */
export function tagRange(viewer: Viewer): void {
  const { rows, screen } = viewer;
  const here = rows.findIndex(({ tid }) => tid === screen.cursor);
  const there = rows.findIndex(({ tid }) => tid === viewer.lastTag);
  if (here < 0) return;
  const from = there < 0 ? here : there;
  const range = rows.slice(Math.min(from, here), Math.max(from, here) + 1).map(({ tid }) => tid);
  setTags(viewer, [...screen.tagged, ...range]);
  viewer.lastTag = screen.cursor;
}

/** Tags the task under the cursor and all below it, on the screen or not. */
export function tagChildren(viewer: Viewer): void {
  const { cursor } = viewer.screen;
  viewer.errand("tag", function* look(): Program<void> {
    const frame = yield* viewer.connected().ask("frame", { tasks: { sort: "tid", limit: 10_000 } });
    const family = familyOf(frame.tasks?.rows ?? [], cursor);
    for (const { tid, name } of family) viewer.names.set(tid, name);
    setTags(viewer, [...viewer.screen.tagged, ...family.map(({ tid }) => tid)]);
  });
}

/** A task and all below it. */
export function familyOf(rows: readonly PlacedRow[], root: number): readonly PlacedRow[] {
  const family = new Set([root]);
  // Tids rise, so parents come before their children, but for those that were adopted.
  for (let size = 0; size < family.size; ) {
    size = family.size;
    for (const { tid, parent } of rows) if (family.has(parent)) family.add(tid);
  }
  return rows.filter(({ tid }) => family.has(tid));
}

export function untagAll(viewer: Viewer): void {
  setTags(viewer, []);
}

function setTags(viewer: Viewer, tids: readonly number[]): void {
  const tagged = new Set(tids.slice(0, maxTags));
  if (tids.length > maxTags) viewer.say(`no more than ${maxTags} tasks can be tagged`, "warn");
  viewer.change({ tagged });
}

/** The signal menu, for the tagged tasks or the one under the cursor. */
export function openSignals(viewer: Viewer): void {
  const { targets } = viewer;
  if (isRefused(viewer) || targets.length === 0) return;
  viewer.dialog({ kind: "signal", targets, choice: 0, top: 0 });
}

/** Sends a signal, and says what became of it. */
export function sendSignal(viewer: Viewer, signal: SignalName, tids: readonly number[]): void {
  const word = signalChoices.find((choice) => choice.signal === signal)?.word ?? signal;
  viewer.errand(word, function* send(): Program<void> {
    const outcomes = yield* viewer.connected().ask("signal", { tids, signal });
    sayOutcomes(viewer, `${word} (${signal})`, outcomes);
    untagAll(viewer);
    viewer.ask();
  });
}

/** Changes the priority of the tagged tasks, or of the one under the cursor. */
export function renice(viewer: Viewer, by: number): void {
  const tids = viewer.targets.map(({ tid }) => tid);
  if (isRefused(viewer) || tids.length === 0) return;
  const nice = Math.max(-20, Math.min(niceNow(viewer) + by, 19));
  viewer.niced = { tid: viewer.screen.cursor, nice, seq: viewer.screen.frame?.seq ?? 0 };
  viewer.errand("renice", function* renice(): Program<void> {
    const outcomes = yield* viewer.connected().ask("renice", { tids, nice });
    sayOutcomes(viewer, "renice", outcomes);
    viewer.ask();
  });
}

/** The priority of the task under the cursor, also when it was changed since the frame that is shown. */
function niceNow({ niced, cursorRow, screen: { cursor, frame } }: Viewer): number {
  if (niced !== undefined && niced.tid === cursor && niced.seq === frame?.seq) return niced.nice;
  const row = cursorRow ?? (frame?.detail?.task.tid === cursor ? frame.detail.task : undefined);
  return row?.nice ?? 0;
}

/** Forgets what was measured of these tasks. */
export function reset(viewer: Viewer): void {
  const tids = viewer.targets.map(({ tid }) => tid);
  if (isRefused(viewer) || tids.length === 0) return;
  viewer.errand("reset", function* reset(): Program<void> {
    yield* viewer.connected().ask("reset", { tids });
    viewer.say(`forgot what was measured of ${counted(tids.length)}`, "good");
    viewer.ask();
  });
}

/** Asks where a task's frames stand. @param withLocals also what its variables are, in a dialog */
export function where(viewer: Viewer, withLocals: boolean): void {
  const { cursor } = viewer.screen;
  if (cursor === 0) return;
  if (!withLocals && isOfTasks(viewer.screen.view)) show(viewer, "detail", true);
  viewer.errand("where", function* where(): Program<void> {
    const frames = yield* askWhere(viewer, cursor, withLocals);
    if (withLocals) viewer.dialog({ kind: "locals", task: viewer.nameOf(cursor), frames, top: 0 });
  });
}

/** Once for each task whose view is opened, without being told to: it costs the kernel some 20 ms. */
export function whereOnce(viewer: Viewer): void {
  const { view, cursor, connection, frame } = viewer.screen;
  if (view !== "detail") viewer.whereOf = 0;
  const isShown = view === "detail" && connection.kind === "live" && frame?.detail?.task.tid === cursor;
  if (!isShown || viewer.whereOf === cursor || frame.detail?.frames.length === 0) return;
  viewer.whereOf = cursor;
  viewer.errand("where", function* whereOnce(): Program<void> {
    try {
      yield* askWhere(viewer, cursor, false);
    } catch (error) {
      // It has ended meanwhile, or its kernel does not answer. Nobody has asked, so nobody is told.
      if (!(error instanceof RpcError || error instanceof SyscallError)) throw error;
    }
  });
}

function* askWhere(viewer: Viewer, tid: number, withLocals: boolean): Program<readonly FrameRecord[]> {
  viewer.whereOf = tid;
  const frames = yield* viewer.connected().ask("where", { tid, withLocals });
  const { task } = viewer.screen.frame?.detail ?? {};
  viewer.change({ where: { tid, turns: task?.tid === tid ? task.turns : -1, frames } });
  return frames;
}

/** Where nothing may be changed: says so. */
export function isRefused(viewer: Viewer): boolean {
  if (!viewer.isReadOnly && viewer.replay === undefined) return false;
  viewer.say(viewer.replay === undefined ? "this port is read-only" : "this is a recording", "warn");
  return true;
}

function sayOutcomes(viewer: Viewer, what: string, outcomes: readonly SignalOutcome[]): void {
  const bad = outcomes.filter(({ outcome }) => /^E[A-Z]+$/.test(outcome));
  const [first] = bad;
  if (first !== undefined) {
    const rest = bad.length > 1 ? ` and ${bad.length - 1} more` : "";
    viewer.say(`${what}: ${first.tid}: ${first.outcome} ${first.text}${rest}`, "bad");
    return;
  }
  const [only] = outcomes;
  const whom = outcomes.length === 1 ? `task ${only?.tid}: ${only?.text || only?.outcome}` : counted(outcomes.length);
  viewer.say(`${what}: ${whom}`, "good");
}

function counted(count: number): string {
  return count === 1 ? "1 task" : `${count} tasks`;
}
