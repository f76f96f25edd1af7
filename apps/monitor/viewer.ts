// The viewer: what it shows, as plain data that the views draw, and the few things that it does with it. Keys change it
// through actions/, frames through frames.ts; whatever takes time is an errand, which a task of its own runs, so that no
// key ever waits for a kernel.

import { type Program, SyscallError } from "../../kernel/syscall.ts";
import type { Frame } from "../control/protocol.ts";
import type { PlacedRow } from "../control/records.ts";
import { Channel, Event } from "../lib/index.ts";
import { RpcError } from "../rpc/index.ts";
import type { Port, Source, Surface, ViewerOptions } from "./given.ts";
import type { Recording } from "./recording.ts";
import type { Replay } from "./replay.ts";
import type { Dialog, Message, Named, Picture, Place, Prompt, Screen, ViewName } from "./views/model.ts";

/** Something that takes time. */
export interface Errand {
  readonly name: string;
  readonly program: () => Program<void>;
}

const maxErrands = 64;
/** Frames that can be stepped back to. */
export const maxKept = 60;

export class Viewer {
  readonly surface: Surface;
  readonly source: Source;
  readonly options: ViewerOptions;
  screen: Screen;
  picture: Picture | undefined = undefined;
  port: Port | undefined = undefined;
  readonly errands: Channel<Errand> = new Channel({ name: "errands", capacity: maxErrands });
  /** Set when a frame is wanted before its time. */
  readonly asked: Event = new Event({ name: "frame wanted" });
  /** Set once, with `exitCode`. */
  readonly left: Event = new Event({ name: "leave" });
  exitCode = 0;
  /** The latest frames, oldest first, and those that a frozen display steps through. */
  readonly kept: Frame[] = [];
  frozen: readonly Frame[] = [];
  /** True once the cursor was moved: before, it is on the first row whatever task that is. */
  isHeld = false;
  /** Where the cursor goes with the next frame; "here": it stays on its line, whatever task that is then. */
  jump: "first" | "last" | "here" | undefined = undefined;
  /** True while what is traced is the task of the detail view, and nobody asked for it by hand. */
  tracesDetail = false;
  /** Of `jump`, what the frame under way was asked with. */
  jumpAsked: "first" | "last" | "here" | undefined = undefined;
  /** The kernel traces what `screen.trace` says, and up to which record it was read; the log likewise. */
  isTracing = false;
  traceLast = 0;
  logLast: number | undefined = undefined;
  /** Of the kernel that the latest connection was to. */
  pid = 0;
  /** Where the last tag was set, for a range. */
  lastTag = 0;
  /** The endpoints of this task alone; 0: all. */
  endpointsOf = 0;
  /** When the newest frame came, and the time now, by the kernel's clock, ms. */
  frameAt = 0;
  now = 0;
  /** When the message was said. */
  saidAt = 0;
  /** The highest tid that was seen: what is above it is new. */
  newest = 0;
  /** Names of tasks that were seen. */
  readonly names: Map<number, string> = new Map();
  /** Where frames are recorded to, and the recording that is replayed. */
  recording: Recording | undefined = undefined;
  replay: Replay | undefined = undefined;
  /** What to do when a dialog that asks is answered with yes. */
  confirmed: (() => void) | undefined = undefined;
  /** The task that was asked where it stands, since its view was opened; 0: none. */
  whereOf = 0;
  /** The priority that a task was given last, and what frame was shown then. */
  niced: { readonly tid: number; readonly nice: number; readonly seq: number } | undefined = undefined;
  /** The task that the cursor was on when a search began. */
  searchedFrom = 0;
  /** Commands that were typed, oldest first, and where among them the line is. */
  readonly history: string[] = [];
  historyAt = 0;
  /** Views that were left by opening another one. */
  readonly trail: ViewName[] = [];

  constructor(surface: Surface, source: Source, options: ViewerOptions) {
    this.surface = surface;
    this.source = source;
    this.options = options;
    this.screen = firstScreen(surface, source, options);
  }

  /** True where nothing can be changed. */
  get isReadOnly(): boolean {
    return (this.screen.frame?.kernel.access ?? "full") === "read-only";
  }

  /** Changes what is shown; it is drawn when the event is over. */
  change(patch: Partial<Screen>): void {
    this.screen = { ...this.screen, ...patch };
  }

  draw(): void {
    const { columns, rows } = this.surface;
    const { size } = this.screen;
    if (size.columns !== columns || size.rows !== rows) this.change({ size: { columns, rows } });
    this.picture = this.options.paint(this.screen);
    this.surface.draw(this.picture.lines, this.picture.cursor);
  }

  /** Says something at the bottom of the screen, until the next key, or for a while. */
  say(text: string, kind: Message["kind"] = "info"): void {
    this.saidAt = this.now;
    this.change({ message: { text, kind } });
  }

  /** Wants a frame now. */
  ask(): void {
    this.asked.set();
  }

  prompt(prompt: Prompt | undefined): void {
    this.change({ prompt });
  }

  dialog(dialog: Dialog | undefined): void {
    this.change({ dialog });
  }

  /** Leaves, with an exit code. */
  leave(code: number): void {
    this.exitCode = code;
    this.left.set();
  }

  /** It is another kernel: nothing that was seen is about it. */
  forget(): void {
    this.kept.length = 0;
    this.names.clear();
    this.newest = 0;
    this.logLast = undefined;
    this.isHeld = false;
    this.whereOf = 0;
    const { trace } = this.screen;
    this.change({
      tagged: new Set(),
      where: undefined,
      cursor: 0,
      log: { lines: [], dropped: 0 },
      trace: { ...trace, tids: [], all: false, records: [], dropped: 0 },
    });
  }

  /** Has a task do something that takes time. What it throws is said on the screen. */
  errand(name: string, program: () => Program<void>): void {
    if (!this.errands.trySend({ name, program })) this.say(`busy: ${name} is left out`, "warn");
  }

  /** The port, for an errand. @throws EPIPE when there is none */
  connected(): Port {
    if (this.port !== undefined) return this.port;
    throw new SyscallError("EPIPE", "there is no connection to the kernel now");
  }

  // What is on the screen

  /** Rows of tasks that came with the frame. */
  get rows(): readonly PlacedRow[] {
    return this.screen.frame?.tasks?.rows ?? [];
  }

  /** Rows that the view has room for. */
  get room(): number {
    return Math.max(1, this.options.roomOf(this.screen));
  }

  get place(): Place {
    return this.placeOf(this.screen.view);
  }

  placeOf(view: ViewName): Place {
    return this.screen.places[view] ?? { top: 0, row: 0 };
  }

  movePlace(place: Place, view: ViewName = this.screen.view): void {
    this.change({ places: { ...this.screen.places, [view]: place } });
  }

  /** The row under the cursor. */
  get cursorRow(): PlacedRow | undefined {
    return this.rows.find(({ tid }) => tid === this.screen.cursor);
  }

  nameOf(tid: number): Named {
    return { tid, name: this.names.get(tid) ?? "" };
  }

  /** The tagged tasks, or the one under the cursor. */
  get targets(): readonly Named[] {
    const { tagged, cursor, view } = this.screen;
    const tids = tagged.size > 0 && view !== "detail" ? [...tagged] : cursor > 0 ? [cursor] : [];
    return tids.map((tid) => this.nameOf(tid));
  }
}

/** Views whose rows are tasks. */
export function isOfTasks(view: ViewName): boolean {
  return view === "tasks" || view === "tree";
}

/** An error as a sentence for the screen. */
export function sentence(error: unknown): string {
  if (error instanceof SyscallError) return `${error.code}: ${error.message}`;
  if (error instanceof RpcError) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function firstScreen(surface: Surface, source: Source, options: ViewerOptions): Screen {
  const { filter, sort, view, isPinned = true } = options;
  const shape = view === "tree" ? "tree" : "flat";
  return {
    size: { columns: surface.columns, rows: surface.rows },
    look: options.look,
    view,
    target: source.label,
    connection: { kind: "connecting" },
    isOwner: options.isOwner === true,
    everyMs: options.everyMs,
    frame: undefined,
    query: {
      tasks: {
        ...(sort === undefined ? {} : { sort: sort.replace(/^-/, ""), isInverted: sort.startsWith("-") }),
        ...(filter === undefined ? {} : { filter }),
        isPinned,
        shape,
        withFinished: true,
      },
    },
    cursor: 0,
    tagged: new Set(),
    born: new Set(),
    places: {},
    columns: options.columns,
    isFollowing: false,
    trace: { tids: [], all: false, isPaused: false, isCounted: false, records: [], dropped: 0 },
    log: { lines: [], dropped: 0 },
    where: undefined,
    recording: "",
    message: options.problem ? { text: options.problem, kind: "warn" } : undefined,
    prompt: undefined,
    dialog: undefined,
    found: "",
  };
}
