// The plain records of a running kernel: the terminal monitor, `ps`, `strace` and any other JSON-RPC client see these and
// nothing else. Times are ms, shares of wall time are 0 to 1, text is not escaped: whoever shows it does that. What can be
// asked for is in protocol.ts.

/**
 * What a task is doing, as one letter: running, ready, waits to read or to write, for a task's end (join), for a message,
 * lock or item, for the time (sleep), for something outside (await), stopped by somebody, finished and still remembered.
 */
export type StateLetter = "R" | "r" | "W" | "w" | "J" | "M" | "S" | "A" | "P" | "Z";

/**
 * What is wrong with a task: in a deadlock, starving, blocks the loop, never yields, leaks a descriptor, crashed, gives up
 * the CPU and does nothing else (yields), mailbox grows, orphan.
 */
export type FindingLetter = "D" | "S" | "B" | "N" | "L" | "X" | "Y" | "G" | "O";

export interface Finding {
  readonly letter: FindingLetter;
  /** The tasks it is about; at most 64. */
  readonly tids: readonly number[];
  /** Of a deadlock those that wait for each other, each for the next; empty: it is that of the whole run. */
  readonly ring?: readonly number[];
  /** One sentence. */
  readonly text: string;
  /** How long it has been so. */
  readonly forMs: number;
}

/** Of a set of durations, ms. */
export interface Spread {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** A spread with its counts: one for each power of two of microseconds, from `lowUs` on. */
export interface Histogram extends Spread {
  readonly lowUs: number;
  readonly counts: readonly number[];
}

/** The top of every screen. Rates and shares are of the last whole second that was watched. */
export interface KernelRecord {
  readonly name: string;
  readonly pid: number;
  /** "20.20.2" */
  readonly node: string;
  /** "epoll", "node", "virtual" */
  readonly machine: string;
  readonly upMs: number;
  readonly access: Access;
  readonly viewers: number;
  /** Shares of wall time: in turns, in the kernel and polls, idle. */
  readonly run: number;
  readonly poll: number;
  readonly idle: number;
  /** Live tasks, and how many of them have each letter. */
  readonly live: number;
  readonly states: Readonly<Partial<Record<StateLetter, number>>>;
  readonly ready: number;
  /** Time from ready to running. */
  readonly readyWait: Spread;
  /** The ready queue's length at the end of each of the last seconds, oldest first; at most 60. */
  readonly readyHistory: readonly number[];
  /** How late timers fired, or would have: a long turn is a lag. */
  readonly lag: Spread;
  /** The largest lag in each of the last seconds, ms, oldest first; at most 60. */
  readonly lagHistory: readonly number[];
  readonly turnsPerS: number;
  readonly trapsPerS: number;
  readonly pollsPerS: number;
  readonly endpoints: number;
  readonly reading: number;
  readonly writing: number;
  readonly timers: number;
  readonly heapBytes: number;
}

export type Access = "full" | "read-only";

/** One line of the table of tasks. What is only measured while somebody watches is null before the first whole second. */
export interface TaskRow {
  readonly tid: number;
  readonly name: string;
  /** Tid of the parent; 0: none. */
  readonly parent: number;
  /** Name of the app that it belongs to; "" for what is the kernel's own. */
  readonly app: string;
  readonly state: StateLetter;
  readonly nice: number;
  /** Share of wall time in turns. */
  readonly cpu: number | null;
  /** Time in turns since it has been watched. */
  readonly runMs: number | null;
  /** Longest time from ready to running in the last second. */
  readonly readyMs: number | null;
  readonly turnsPerS: number | null;
  readonly trapsPerS: number | null;
  /** Longest turn since it has been watched, or since a reset. */
  readonly maxMs: number | null;
  /** `cpu` of each of the last seconds, oldest first; at most 10. */
  readonly cpuHistory: readonly number[];
  /** What it waits for, in words: "read", "tcp 127.0.0.1:7000 <- …". Of a finished one: "exit", how. */
  readonly verb: string;
  readonly object: string;
  /** Tids that could end its wait. */
  readonly holders: readonly number[];
  /** True in a cycle of tasks that wait for each other. */
  readonly isInCycle: boolean;
  /** How long it has been in this state. */
  readonly forMs: number;
  /** Where it stands in the ready queue, from 1; 0: it does not. */
  readonly place: number;
  readonly finding: FindingLetter | "";
  readonly turns: number;
  readonly traps: number;
  readonly children: number;
  readonly mailbox: number;
  readonly endpoints: number;
  /** "name (file:line:column)"; "" where it is not known. */
  readonly spawnedAt: string;
  /** Columns that its wait declares, by name. */
  readonly columns: Readonly<Record<string, string>>;
}

/** Names that `sort`, filters and columns know, each a field of TaskRow. */
export const taskColumns = [
  "tid",
  "state",
  "nice",
  "cpu",
  "run",
  "ready",
  "turns/s",
  "traps/s",
  "max",
  "history",
  "waiting",
  "for",
  "finding",
  "name",
  "parent",
  "app",
  "spawned",
  "turns",
  "traps",
  "children",
  "mailbox",
  "endpoints",
] as const;
export type TaskColumn = (typeof taskColumns)[number];

/** Those that the monitor shows unless it is told, in their order: the first, up to the name. */
export const monitorColumns: readonly TaskColumn[] = taskColumns.slice(0, taskColumns.indexOf("name") + 1);

/** A row and its place in a tree. */
export interface PlacedRow extends TaskRow {
  /** In a tree: for each ancestor and the row itself, whether it is the last of its siblings. Flat: empty. */
  readonly lasts: readonly boolean[];
  /** How many rows this one stands for: itself, and those folded into it. Sums are then of all of them. */
  readonly count: number;
  /** True for a row that stands above already, and closes a cycle. */
  readonly isRepeat: boolean;
}

export interface TaskPage {
  /** Rows that the filter lets through, of all. */
  readonly total: number;
  readonly all: number;
  /** The first row's place, from 0. */
  readonly first: number;
  readonly rows: readonly PlacedRow[];
}

/** One step of the way from a task to what would have to happen. */
export interface ChainStep {
  readonly depth: number;
  readonly tid: number;
  readonly name: string;
  readonly state: StateLetter;
  readonly verb: string;
  readonly object: string;
  readonly forMs: number;
  /** Why the way ends here: in a cycle, with a task that runs, with the time or the outside, or with nobody. */
  readonly end: "" | "cycle" | "running" | "outside" | "nobody";
}

/** One frame of a task, innermost first. */
export interface FrameRecord {
  readonly name: string;
  /** "file:line:column" as the inspector tells; "" before it was asked. */
  readonly at: string;
  /** The source line; "" where it cannot be had. */
  readonly source: string;
  /** Its local variables, shown; only where asked for. */
  readonly locals: Readonly<Record<string, string>>;
}

export interface TaskDetail {
  readonly task: TaskRow;
  /** Where its app comes from; "" if it is not known. */
  readonly module: string;
  /** How long it has been seen, by whoever watches. */
  readonly totalMs: number;
  readonly blockedMs: number | null;
  readonly turnMs: Histogram | null;
  readonly readyWait: Histogram | null;
  /** "pending: TERM", "killed by 3: enough, cleaning up"; "" for none. */
  readonly ending: string;
  readonly childTids: readonly number[];
  readonly chain: readonly ChainStep[];
  readonly waitedBy: readonly { readonly tid: number; readonly name: string; readonly forMs: number }[];
  readonly findings: readonly Finding[];
  readonly frames: readonly FrameRecord[];
  /** "file:line:column in name" of the spawn, and of the spawn of who spawned it, and so on. */
  readonly spawned: readonly string[];
}

/** One syscall of a task that is traced. */
export interface TraceRecord {
  /** Rises by one; a gap is what was dropped. */
  readonly seq: number;
  /** `seq` of the record of its beginning: its own, unless this is the end of a wait. */
  readonly begun?: number;
  /** ms since boot. */
  readonly at: number;
  readonly tid: number;
  readonly name: string;
  /** "ReadWait(tcp 127.0.0.1:7000 <- …)" */
  readonly syscall: string;
  /** "= 32", "= ESRCH no task …"; "" while it blocks. */
  readonly result: string;
  readonly isError: boolean;
  readonly blockedMs: number;
  /** Time in the turn before it, and in its handler. */
  readonly turnMs: number;
  readonly kernelMs: number;
}

export interface TracePage {
  readonly records: readonly TraceRecord[];
  /** To be given as `after` next time. */
  readonly last: number;
  /** Records after `after` that are gone. */
  readonly dropped: number;
}

/** A syscall class, a user's own too. */
export interface SyscallRow {
  readonly name: string;
  readonly family: string;
  readonly calls: number;
  readonly callsPerS: number | null;
  readonly errors: number | null;
  readonly meanBlockedMs: number | null;
  readonly p99BlockedMs: number | null;
  readonly maxBlockedMs: number | null;
  /** Time in its handlers, of wall time. */
  readonly share: number | null;
  /** Tasks that wait in it now. */
  readonly inside: number;
}

/** Something that can be read or written. */
export interface EndpointRow {
  /** Its descriptor; -1 where it has none. */
  readonly fd: number;
  /** "tcp", "unix", "listener", "timer", "process" … */
  readonly kind: string;
  readonly label: string;
  /** Who closes it; 0: nobody. */
  readonly owner: number;
  /** Who waits to read, and to write; 0: nobody. */
  readonly reader: number;
  readonly writer: number;
  readonly forMs: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly finding: FindingLetter | "";
  readonly note: string;
}

export interface LogLine {
  readonly seq: number;
  readonly at: number;
  /** Of the kernel log a level; "stdout" and "stderr" are what apps print. */
  readonly level: "debug" | "info" | "warn" | "error" | "stdout" | "stderr";
  readonly tid: number;
  readonly name: string;
  /** Tid of the main task of the app that the task belongs to; left out where it is none's. */
  readonly app?: number;
  readonly text: string;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  readonly last: number;
  readonly dropped: number;
}

/** A named number that an app publishes. */
export interface GaugeRecord {
  readonly name: string;
  readonly tid: number;
  readonly value: number;
  /** Of each of the last seconds, oldest first; at most 60. */
  readonly history: readonly number[];
}

/** An app that was started on this kernel: by `run`, or by `start`. */
export interface AppRow {
  readonly tid: number;
  readonly name: string;
  readonly path: string;
  readonly argv: readonly string[];
  readonly state: "running" | "returned" | "threw" | "killed";
  /** "TypeError: …", why it was killed; "" else. */
  readonly exit: string;
  readonly startedAt: number;
  readonly tasks: number;
  /** How often one of its name and path was started before. */
  readonly restarts: number;
  readonly cpu: number | null;
  readonly gauges: readonly GaugeRecord[];
}

/** Who waits for whom: the nodes are tasks, and the edges go from who waits to who could end it. */
export interface GraphRecord {
  readonly nodes: readonly { readonly tid: number; readonly name: string; readonly wait: string }[];
  readonly edges: readonly { readonly from: number; readonly to: number; readonly label: string }[];
  readonly cycles: readonly (readonly number[])[];
}

/** A turn that does not end. */
export interface Stuck {
  readonly tid: number;
  readonly name: string;
  readonly forMs: number;
  /** "file:line:column in name", innermost first, as the guard saw it last; empty before it looked. */
  readonly stack: readonly string[];
}
