// What a screen shows: everything that the views are drawn from, as plain data. The program keeps it and changes it; the
// views only read it. Nothing here knows a terminal, the time or a kernel.

import type { Frame, FrameQuery, SignalName } from "../../control/protocol.ts";
import type { FrameRecord, LogLine, Stuck, TaskColumn, TraceRecord } from "../../control/records.ts";
import type { ActionName } from "./keys.ts";
import type { StyledLine } from "./line.ts";

/** In the order of the tabs. "tree" shows `query.tasks.shape`: by parent, by who waits for whom, by spawn site. */
export type ViewName = "tasks" | "tree" | "detail" | "io" | "syscalls" | "log" | "apps" | "trace";

export interface Screen {
  readonly size: Size;
  readonly look: Look;
  readonly view: ViewName;
  /** How it is connected: "unix:4021.sock". */
  readonly target: string;
  readonly connection: Connection;
  /** It is the user's own run in this terminal, and ends with the viewer. */
  readonly isOwner: boolean;
  /** Between two frames; 0: as fast as they come. */
  readonly everyMs: number;
  /** The newest one, or the one that is looked at. */
  readonly frame: Frame | undefined;
  /** What that frame was asked for with: order, filter, shape, what is folded, whose detail. */
  readonly query: FrameQuery;
  /** Of the views of tasks: the tid that the cursor is on; 0: none. */
  readonly cursor: number;
  readonly tagged: ReadonlySet<number>;
  /** Tids that were not there in the frame before. */
  readonly born: ReadonlySet<number>;
  /** Where each view is scrolled to. */
  readonly places: Readonly<Partial<Record<ViewName, Place>>>;
  /** Columns of the views of tasks, chosen and in order; undefined: those that fit. */
  readonly columns: readonly string[] | undefined;
  /** True while the cursor's row keeps its place on the screen, whatever the order. */
  readonly isFollowing: boolean;
  /** Whose syscalls are traced, those that came, oldest first, and how many were lost. */
  readonly trace: Trace;
  /** Lines of the log, oldest first, and how many were lost. */
  readonly log: { readonly lines: readonly LogLine[]; readonly dropped: number };
  /** Frames of a task as the inspector saw them, after how many of its turns; undefined before anybody asked. */
  readonly where: { readonly tid: number; readonly turns: number; readonly frames: readonly FrameRecord[] } | undefined;
  /** File that frames are recorded to; "": none. */
  readonly recording: string;
  /** What happened last. */
  readonly message: Message | undefined;
  /** What is being typed. */
  readonly prompt: Prompt | undefined;
  /** What lies over the view. */
  readonly dialog: Dialog | undefined;
  /** The last text that was searched for; its matches are marked. */
  readonly found: string;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What the terminal can do, and what its user wants. */
export interface Look {
  readonly glyphs: "unicode" | "ascii";
  readonly hasColour: boolean;
  /** h, j, k and l move; K kills. */
  readonly isVi: boolean;
  /** What local time is ahead of UTC, minutes. */
  readonly zoneMinutes: number;
}

/** Where the frame comes from, and whether more will. */
export type Connection =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** The display stands still: `back` frames before the newest of `kept`. */
  | { readonly kind: "frozen"; readonly back: number; readonly kept: number }
  /** A recording, at `place` of `frames`, from 1. */
  | { readonly kind: "replay"; readonly place: number; readonly frames: number; readonly isPlaying: boolean }
  | { readonly kind: "reconnecting"; readonly ageMs: number; readonly why: string }
  | { readonly kind: "stuck"; readonly stuck: Stuck; readonly ageMs: number }
  | { readonly kind: "gone"; readonly ageMs: number; readonly why: string };

/** Which row is at the top, from 0, and for rows that are no tasks which one the cursor is on. */
export interface Place {
  readonly top: number;
  readonly row: number;
  /** The end stays in sight as more comes: log and trace. */
  readonly isAtEnd?: boolean;
}

export interface Trace {
  /** Empty and not `all`: nobody's. */
  readonly tids: readonly number[];
  readonly all: boolean;
  readonly isPaused: boolean;
  /** Shown as counts by syscall. */
  readonly isCounted: boolean;
  readonly records: readonly TraceRecord[];
  readonly dropped: number;
}

export interface Message {
  readonly text: string;
  readonly kind: "info" | "good" | "warn" | "bad";
}

/** A line that is typed at the bottom of the screen. */
export interface Prompt {
  readonly kind: "find" | "filter" | "command" | "tid" | "interval";
  readonly text: string;
  /** Before which character the next one goes. */
  readonly at: number;
  /** What it could become, and which of those is chosen; -1: none. */
  readonly completions: readonly string[];
  readonly choice: number;
  /** What is wrong with it, or what it does; "": nothing to say. */
  readonly hint: string;
}

export interface Named {
  readonly tid: number;
  readonly name: string;
}

export type Dialog =
  | { readonly kind: "help"; readonly top: number }
  /** Which signal to send; all who get it are listed. `choice` is a place in `signalChoices`. */
  | { readonly kind: "signal"; readonly targets: readonly Named[]; readonly choice: number; readonly top: number }
  /** `choice` is a place in `choices`: every column, and what waits declare. */
  | { readonly kind: "columns"; readonly choices: readonly ColumnChoice[]; readonly choice: number }
  | { readonly kind: "sort"; readonly choices: readonly (TaskColumn | string)[]; readonly choice: number }
  /** A question that Enter or y answers with yes, and everything else with no. */
  | { readonly kind: "confirm"; readonly question: string; readonly targets: readonly Named[] }
  | { readonly kind: "text"; readonly title: string; readonly text: string; readonly top: number }
  /** A task's frames with their local variables. */
  | { readonly kind: "locals"; readonly task: Named; readonly frames: readonly FrameRecord[]; readonly top: number };

export interface ColumnChoice {
  readonly name: string;
  readonly isShown: boolean;
}

/** The signal menu, in its order. */
export const signalChoices: readonly { readonly signal: SignalName; readonly word: string; readonly text: string }[] = [
  { signal: "TERM", word: "Cancel", text: "an error is thrown in; it may tidy up" },
  { signal: "KILL", word: "Kill", text: "finally runs, nothing can catch it" },
  { signal: "STOP", word: "Stop", text: "no more turns until it is continued" },
  { signal: "CONT", word: "Continue", text: "turns again" },
  { signal: "INT", word: "Interrupt", text: "cancels, unless it is waited for" },
  { signal: "HUP", word: "Hang up", text: "cancels, unless it is waited for" },
  { signal: "USR1", word: "User 1", text: "only for who waits for it" },
  { signal: "USR2", word: "User 2", text: "only for who waits for it" },
];

/** A drawn screen: `size.rows` lines of `size.columns` cells. */
export interface Picture {
  readonly lines: readonly StyledLine[];
  /** Where the terminal's own cursor is shown, from 0; undefined: nowhere. */
  readonly cursor: { readonly row: number; readonly column: number } | undefined;
  readonly regions: readonly Region[];
  /** Of the dialog, else of the view: what scrolls in it; absent: nothing does. */
  readonly scroll?: Scroll;
}

/** Lines that are in sight: from `top`, from 0, `rows` of `total`. */
export interface Scroll {
  readonly top: number;
  readonly rows: number;
  readonly total: number;
}

/** What a click in these cells means. Of those that overlap the last counts. */
export interface Region {
  readonly row: number;
  /** From 0; `to` is the first that is outside. */
  readonly from: number;
  readonly to: number;
  readonly target: Target;
}

export type Target =
  | { readonly kind: "task"; readonly tid: number }
  /** Of a view whose rows are no tasks, or of a dialog: its place, from 0. */
  | { readonly kind: "row"; readonly row: number }
  | { readonly kind: "choice"; readonly choice: number }
  | { readonly kind: "sort"; readonly column: string }
  | { readonly kind: "view"; readonly view: ViewName }
  | { readonly kind: "action"; readonly action: ActionName };
