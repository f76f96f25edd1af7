// What can be seen. Always on, for a few nanoseconds a trap: traps by kind, and a fixed ring of the latest events in
// typed arrays. On top of that, observers: passive listeners that are told of each event and can change nothing; one
// that throws is unplugged. Everything a monitor shows is one of the plain records below.

import { SyscallError } from "./errors.ts";
import type { Exit } from "./exits.ts";
import { holdersOf } from "./holders.ts";
import type { Kernel } from "./kernel.ts";
import { siteText } from "./stack.ts";
import type { Syscall, Wait } from "./syscall.ts";
import { State, type Task } from "./task.ts";
import { shown, truncated } from "./text.ts";

/** A passive listener to task events. Implement what you need; never call into the kernel from it. */
export interface Observer {
  spawn?(task: Task): void;
  /** A syscall is about to be served. */
  trap?(task: Task, syscall: Syscall<unknown>): void;
  block?(task: Task, wait: Wait<unknown>): void;
  /** The task has got into the ready queue. */
  ready?(task: Task): void;
  /** A stopped task's turn had come: it has left the ready queue until it may go on. */
  hold?(task: Task): void;
  exit?(task: Task, exit: Exit): void;
  /** A turn is over, and the kernel's tables are at rest: the place for checkers. */
  turn?(task: Task): void;
  log?(record: LogRecord): void;
}

export type ObserverEvent = keyof Observer;

export type LogLevel = "debug" | "info" | "warn" | "error";

/** One line of the kernel log. */
export interface LogRecord {
  readonly level: LogLevel;
  /** The task it is about; 0: the kernel. */
  readonly tid: number;
  readonly name: string;
  /** Not escaped: whoever shows it does that. */
  readonly text: string;
  /** ms since the kernel booted. */
  readonly at: number;
  /** What else it says, by names; neither is escaped. */
  readonly fields: LogFields;
}

export type LogFields = Readonly<Record<string, string>>;

/** A task as plain data. */
export interface TaskRecord {
  readonly tid: number;
  readonly name: string;
  /** Parent's tid; 0 for the main task, and for those that outlived it. */
  readonly parent: number;
  readonly state: "ready" | "running" | "blocked" | "exited";
  /** What it waits for: "read", "tcp 127.0.0.1:7000 <- …"; empty when it waits for nothing. */
  readonly verb: string;
  readonly object: string;
  /** Tids that could end its wait. */
  readonly holders: readonly number[];
  /** How long it has been in this state, whole ms. */
  readonly forMs: number;
  readonly turns: number;
  readonly traps: number;
  /** Names of its frames, innermost first, at most 64. */
  readonly frames: readonly string[];
  /** True while it gets no turns, whatever its state. */
  readonly stopped: boolean;
  /** Its priority: -20 (most) to 19 (least); 0 for most. */
  readonly nice: number;
  /** "name (file:line:column)" of the spawn; "" where it is not known. */
  readonly spawnedAt: string;
  /** Columns that its wait declares, by name. */
  readonly columns: Readonly<Record<string, string | number>>;
}

const stateNames = {
  [State.ready]: "ready",
  [State.running]: "running",
  [State.arming]: "running",
  [State.blocked]: "blocked",
  [State.exited]: "exited",
} as const;

// The words are the syscall's own code: one that throws spoils its own row and no more.
function waitOf(task: Task): Pick<TaskRecord, "verb" | "object" | "holders"> {
  const wait = task.state === State.blocked ? task.wait?.wait : undefined;
  if (wait === undefined) return { verb: "", object: "", holders: [] };
  try {
    return { verb: String(wait.verb), object: String(wait.object), holders: holdersOf(wait) };
  } catch (error) {
    return { verb: "wait for", object: `something that cannot be shown: ${shown(error)}`, holders: [] };
  }
}

const maxColumns = 8;
const maxColumnLength = 64;

// As the words: the syscall's own code.
function columnsOf(task: Task): Readonly<Record<string, string | number>> {
  const wait = task.state === State.blocked ? task.wait?.wait : undefined;
  if (wait === undefined) return {};
  try {
    const columns = Object.entries(wait.columns?.() ?? {}).slice(0, maxColumns);
    return Object.fromEntries(columns.map(([name, value]) => [truncated(name, maxColumnLength), cell(value)]));
  } catch {
    return {}; // what they would have said is not worth the row
  }
}

function cell(value: unknown): string | number {
  return typeof value === "number" && Number.isFinite(value) ? value : truncated(String(value), maxColumnLength);
}

/** A task as it is now. */
export function taskRecord(task: Task): TaskRecord {
  const { verb, object, holders } = waitOf(task);
  return {
    tid: task.tid,
    name: task.name,
    parent: task.parent?.tid ?? 0,
    state: stateNames[task.state],
    verb,
    object,
    holders,
    forMs: task.state === State.blocked || task.state === State.ready ? task.kernel.uptimeMs - task.since : 0,
    turns: task.turns,
    traps: task.traps,
    frames: task.frameNames(),
    stopped: task.kernel.stopped.has(task),
    nice: task.kernel.traits.get(task)?.nice ?? 0,
    spawnedAt: task.origin.spawn.site === undefined ? "" : siteText(task.origin.spawn.site),
    columns: columnsOf(task),
  };
}

/** Syscall classes that are told apart; the ones beyond are counted together. */
const maxKinds = 1_024;

type SyscallClass = { readonly name: string };

/** Events in the ring that are not traps; a trap is its kind's number. */
export const TraceEvent = { spawn: -1, exit: -2 } as const;

/** An event in the ring is one number: its tid times this, and the event's own, from the smallest on. */
const eventSpan = 2_048;
const leastEvent = TraceEvent.exit;

/** Counters by kind and the ring of the latest events. */
export class Trace {
  /** Calls of routines and scopes. */
  calls = 0;
  // A class is given its number at its first trap. Not kept on the class's prototype, where it would be found faster:
  // a prototype that changes after its first use makes every object of the class slower (12 ns, measured).
  readonly #kinds = new Map<SyscallClass, number>();
  readonly #kindNames: string[] = [];
  /** Traps of each kind, and from `maxKinds` on the ring: one array, since to find each costs as much as to count. */
  readonly #cells: Float64Array;
  // The latest classes, looked through one by one: kinds mostly come in turn, and the Map costs 20 ns.
  readonly #recent: (SyscallClass | undefined)[] = new Array<SyscallClass | undefined>(8).fill(undefined);
  readonly #recentKinds: number[] = new Array<number>(8).fill(0);
  #oldest = 0;
  #latest: SyscallClass | undefined = undefined;
  #latestKind = 0;
  readonly #mask: number;
  #next = 0;

  /** @param size how many events are kept; a power of two */
  constructor(size: number) {
    if (size < 1 || (size & (size - 1)) !== 0) throw new RangeError(`trace size ${size} is not a power of two`);
    this.#cells = new Float64Array(maxKinds + size);
    this.#mask = size - 1;
  }

  /** Notes a trap. @returns the number of its kind */
  trap(tid: number, syscall: Syscall<unknown>): number {
    const made = syscall.constructor;
    const kind = made === this.#latest ? this.#latestKind : this.kindOf(made);
    (this.#cells[kind] as number)++; // numbers of kinds are below the bound
    this.event(tid, kind);
    return kind;
  }

  /** The number of a class of syscalls: from 0, in the order of their first traps. */
  kindOf(made: SyscallClass): number {
    const recent = this.#recent;
    for (let place = 0; place < recent.length; place++) {
      if (recent[place] !== made) continue;
      this.#latest = made;
      this.#latestKind = this.#recentKinds[place] as number; // inside
      return this.#latestKind;
    }
    return this.#lookUp(made);
  }

  #lookUp(made: SyscallClass): number {
    let id = this.#kinds.get(made);
    if (id === undefined) {
      id = Math.min(this.#kindNames.length, maxKinds - 1);
      if (id === maxKinds - 1) this.#kindNames[id] = "(others)";
      else this.#kindNames[this.#kinds.set(made, id).size - 1] = made.name;
    }
    this.#recent[this.#oldest] = made;
    this.#recentKinds[this.#oldest] = id;
    this.#oldest = (this.#oldest + 1) % this.#recent.length;
    return id;
  }

  event(tid: number, event: number): void {
    this.#cells[maxKinds + (this.#next++ & this.#mask)] = tid * eventSpan + (event - leastEvent);
  }

  /** The kinds so far, each in the place of its number: its class (undefined for those beyond the bound) and its traps. */
  kinds(): { readonly name: string; readonly made: SyscallClass | undefined; readonly calls: number }[] {
    const classes: (SyscallClass | undefined)[] = [];
    for (const [made, kind] of this.#kinds) classes[kind] = made;
    return this.#kindNames.map((name, kind) => ({ name, made: classes[kind], calls: this.#cells[kind] ?? 0 }));
  }

  /** Traps so far, of all kinds. */
  get traps(): number {
    let traps = 0;
    for (let kind = 0; kind < this.#kindNames.length; kind++) traps += this.#cells[kind] ?? 0;
    return traps;
  }

  /** Traps so far, by the name of the syscall's class. */
  byKind(): Map<string, number> {
    const counts = new Map<string, number>();
    this.#kindNames.forEach((name, id) => {
      counts.set(name, (counts.get(name) ?? 0) + (this.#cells[id] ?? 0));
    });
    return counts;
  }

  /** The latest events, oldest first. */
  latest(most: number): { tid: number; event: string }[] {
    const names: Record<number, string> = { [-1]: "spawn", [-2]: "exit" };
    const from = Math.max(0, this.#next - Math.min(most, this.#mask + 1));
    const events: { tid: number; event: string }[] = [];
    for (let i = from; i < this.#next; i++) {
      const cell = this.#cells[maxKinds + (i & this.#mask)] ?? 0;
      const tid = Math.floor(cell / eventSpan);
      const event = cell - tid * eventSpan + leastEvent;
      events.push({ tid, event: names[event] ?? this.#kindNames[event] ?? "?" });
    }
    return events;
  }
}

/** @throws EAGAIN at the bound of observers */
export function plugIn({ observers, limits }: Kernel, observer: Observer): void {
  if (observers.length >= limits.observers) {
    throw new SyscallError("EAGAIN", `${observers.length} observers are plugged in, at most ${limits.observers}`);
  }
  observers.push(observer);
}

export function unplug({ observers }: Kernel, observer: Observer): void {
  const place = observers.indexOf(observer);
  if (place >= 0) observers.splice(place, 1);
}

/** Tells every observer; one that throws is unplugged, and the log says so. */
export function tell(kernel: Kernel, event: ObserverEvent, first: unknown, second: unknown): void {
  for (const observer of [...kernel.observers]) {
    try {
      const hook = observer[event] as ((first: unknown, second: unknown) => void) | undefined; // the event's own arguments
      hook?.call(observer, first, second);
    } catch (error) {
      kernel.unobserve(observer);
      kernel.log("error", 0, `an observer was unplugged: its ${event} hook threw ${shown(error)}`);
    }
  }
}
