// One task in full.

import { siteText } from "../../../kernel/stack.ts";
import { Mark, State, type Task } from "../../../kernel/task.ts";
import type { Times } from "../../../kernel/times.ts";
import { pendingSignals } from "../../../syscalls/signal.ts";
import type { Finding, FrameRecord, Histogram, TaskDetail } from "../records.ts";
import { chainOf } from "./chain.ts";
import { EndedEntry, type LiveEntry } from "./entry.ts";
import { plainRow } from "./placed.ts";
import type { Snapshot } from "./snapshot.ts";

/** Of lists that grow with the system. */
const maxTids = 1_000;
const maxLineage = 16;

/** What is known beside the moment. */
export interface Past {
  /** Since when a task has been seen, ms since boot. */
  seenSince(tid: number): number;
  /** Findings about a task. */
  about(tid: number): readonly Finding[];
}

/** The detail of a task; null when it has ended and is not remembered, or never was. */
export function taskDetail(tid: number, snapshot: Snapshot, past: Past): TaskDetail | null {
  const entry = snapshot.entry(tid);
  if (entry !== undefined) return liveDetail(entry, snapshot, past);
  const record = snapshot.kernel.exits.find(tid);
  if (record === undefined) return null;
  const ended = new EndedEntry(record, snapshot);
  return {
    ...nothing,
    task: plainRow(ended),
    module: snapshot.apps.get(snapshot.appTidOf(tid))?.path ?? "",
    findings: past.about(tid),
  };
}

const nothing = {
  totalMs: 0,
  blockedMs: null,
  turnMs: null,
  readyWait: null,
  ending: "",
  childTids: [],
  chain: [],
  waitedBy: [],
  frames: [],
  spawned: [],
};

function liveDetail(entry: LiveEntry, snapshot: Snapshot, past: Past): TaskDetail {
  const { task, tid, watched } = entry;
  const totalMs = Math.max(0, snapshot.uptimeMs - past.seenSince(tid));
  return {
    task: plainRow(entry),
    module: snapshot.apps.get(snapshot.appTidOf(tid))?.path ?? "",
    totalMs,
    blockedMs: snapshot.last === undefined ? null : Math.min(totalMs, blockedMs(entry)),
    turnMs: histogram(watched?.turnTimes),
    readyWait: histogram(watched?.readyWaits),
    ending: endingText(task),
    childTids: snapshot.live
      .filter(({ parent }) => parent === tid)
      .slice(0, maxTids)
      .map((child) => child.tid),
    chain: chainOf(tid, snapshot),
    waitedBy: waitedBy(tid, snapshot),
    findings: past.about(tid),
    frames: framesOf(task),
    spawned: lineage(task),
  };
}

/** A task's frames by name alone, innermost first: where they stand only the inspector knows. */
export function framesOf(task: Task): FrameRecord[] {
  return task.frameNames().map((name) => ({ name, at: "", source: "", locals: {} }));
}

// Waits that are over, and the one under way.
function blockedMs({ task, watched, forMs }: LiveEntry): number {
  return (watched?.blockedMs ?? 0) + (task.state === State.blocked ? forMs : 0);
}

function histogram(times: Times | undefined): Histogram | null {
  if (times === undefined || times.count === 0) return null;
  const { p50, p90, p99, max, lowUs, counts } = times;
  return { p50, p90, p99, max, lowUs, counts };
}

function waitedBy(tid: number, snapshot: Snapshot): TaskDetail["waitedBy"] {
  return snapshot.waiting
    .waitersOf(tid)
    .slice(0, maxTids)
    .flatMap((waiter) => {
      const entry = snapshot.entry(waiter);
      return entry === undefined ? [] : [{ tid: waiter, name: entry.name, forMs: entry.forMs }];
    });
}

/** What is to become of a task: a kill or a cancel on its way, signals that it has not taken. */
function endingText(task: Task): string {
  const parts: string[] = [];
  const { ending, marks } = task;
  if (ending?.kill !== undefined) {
    parts.push(`killed ${byText(ending.kill)}${(marks & Mark.unwinding) === 0 ? "" : ", cleaning up"}`);
  } else if (ending?.cancel !== undefined) {
    const isDelivered = (marks & Mark.cancelled) === 0 && !ending.isCancelHeld;
    const held = ending.isCancelHeld ? ", held back by a shield" : "";
    parts.push(`cancelled ${byText(ending.cancel)}${isDelivered ? ", and goes on" : held}`);
  }
  const signals = pendingSignals(task);
  if (signals.length > 0) parts.push(`pending: ${signals.join(", ")}`);
  return parts.join("; ");
}

function byText({ by, why }: { readonly by: number; readonly why: string }): string {
  return `${by === 0 ? "from outside" : `by ${by}`}${why === "" ? "" : `: ${why}`}`;
}

/** "file:line:column in name" of its spawn, then of its parent's, and so on. */
function lineage(task: Task): string[] {
  const lines: string[] = [];
  for (let at: Task | undefined = task; at !== undefined && lines.length < maxLineage; at = at.parent) {
    const { site } = at.origin.spawn;
    const text = site === undefined ? "" : siteText(site);
    if (text !== "") lines.push(text.replace(/^(.+) \((.+)\)$/s, "$2 in $1"));
  }
  return lines;
}
