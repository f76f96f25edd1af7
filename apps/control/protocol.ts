// What can be asked of a running kernel. Everything is pulled: whoever does not ask costs nothing, and a viewer that is
// stuck cannot fill a buffer. The answers are the records of records.ts.

import type { Call } from "../../kernel/syscall.ts";
import type {
  Access,
  AppRow,
  EndpointRow,
  Finding,
  FrameRecord,
  GraphRecord,
  KernelRecord,
  LogPage,
  Stuck,
  SyscallRow,
  TaskDetail,
  TaskPage,
  TracePage,
} from "./records.ts";

/** The version of what is below; a client of another one says so and stops. */
export const protocolVersion = 1;

/** What is wanted of the tasks: which, in what order, from where to where. */
export interface TaskQuery {
  /** A column's name, or one that a wait declares. Default "cpu", largest first; of text smallest first. */
  readonly sort?: string;
  /** Turns the column's usual order round. */
  readonly isInverted?: boolean;
  /** As typed; see filter.ts. Default: all. */
  readonly filter?: string;
  readonly offset?: number;
  /** Rows at most; default 100, at most 10,000. */
  readonly limit?: number;
  /** The window is moved so that this task's row is in it. */
  readonly cursor?: number;
  /** Rows with a finding come first, whatever the order, the worst before the others; an orphan is no reason. */
  readonly isPinned?: boolean;
  /** Finished tasks too, for as long as they are remembered; at most 1,024. */
  readonly withFinished?: boolean;
  /** Flat; by parent, by who waits for whom, or one row for all tasks of one spawn site. Default "flat". */
  readonly shape?: "flat" | "tree" | "waits" | "sites";
  /** In a tree: whose children are folded away. */
  readonly folded?: readonly number[];
}

/** What a screen shows: asked for in one call, so that its parts are of one moment. */
export interface FrameQuery {
  readonly tasks?: TaskQuery;
  /** A task's detail. */
  readonly detail?: number;
  readonly trace?: TraceQuery;
  readonly syscalls?: { readonly sort?: string; readonly isInverted?: boolean };
  readonly endpoints?: { readonly tid?: number; readonly offset?: number; readonly limit?: number };
  readonly log?: LogQuery;
  readonly apps?: boolean;
  readonly graph?: boolean;
}

export interface TraceQuery {
  /** Whose; empty: everybody's. */
  readonly tids: readonly number[];
  readonly after?: number;
  readonly limit?: number;
}

export interface LogQuery {
  /** Of this task. */
  readonly tid?: number;
  /** Of this task, and of all that belong to the app whose main task it is. */
  readonly app?: number;
  readonly after?: number;
  readonly limit?: number;
}

export interface Frame {
  /** Rises by one for each frame of a kernel. */
  readonly seq: number;
  /** ms since boot, and the time of day as ms since 1970. */
  readonly at: number;
  readonly time: number;
  readonly kernel: KernelRecord;
  readonly findings: readonly Finding[];
  readonly tasks?: TaskPage;
  /** Null when the task has ended and is not remembered, or never was. */
  readonly detail?: TaskDetail | null;
  readonly trace?: TracePage;
  readonly syscalls?: readonly SyscallRow[];
  readonly endpoints?: { readonly total: number; readonly rows: readonly EndpointRow[] };
  readonly log?: LogPage;
  readonly apps?: readonly AppRow[];
  readonly graph?: GraphRecord;
}

export type SignalName = "TERM" | "KILL" | "INT" | "HUP" | "USR1" | "USR2" | "STOP" | "CONT";

/**
 * The methods, each with its params and its result. They are called as in the JSON-RPC server: params is an object.
 * Those of `changing` are refused on a read-only port.
 */
export interface Methods {
  /** The token is for a port on TCP, which wants to be told it before anything else is asked. */
  readonly hello: { params: { version: number; token?: string }; result: Hello };
  readonly frame: { params: FrameQuery; result: Frame };
  /** Where its frames stand, by the inspector. */
  readonly where: { params: { tid: number; withLocals?: boolean }; result: readonly FrameRecord[] };
  /** Traces these tasks, or all, for this connection; replaces what it traced before. Nothing: no more. */
  readonly trace: { params: { tids?: readonly number[]; all?: boolean }; result: null };
  readonly signal: { params: { tids: readonly number[]; signal: SignalName }; result: readonly SignalOutcome[] };
  readonly renice: { params: { tids: readonly number[]; nice: number }; result: readonly SignalOutcome[] };
  /** Forgets totals, maxima and histograms of these tasks; empty: of all. */
  readonly reset: { params: { tids: readonly number[] }; result: null };
  readonly start: { params: { path: string; argv: readonly string[]; name?: string }; result: { tid: number } };
  /** How a task ended; waits for at most `waitMs`. Null: it has not. */
  readonly exit: { params: { tid: number; waitMs?: number }; result: ExitText | null };
  /** Ends the run in good order. */
  readonly stop: { params: { why: string }; result: null };
  /** What the kernel is stuck in; null: it is not. Answered by the guard alone. */
  readonly stuck: { params: Record<string, never>; result: Stuck | null };
}

export type MethodName = keyof Methods;

/** Whatever answers: a kernel's control port over a socket, a kernel in this process, a recording. */
export interface ControlPort {
  /** @throws RpcError with one of `errorCodes`; EPIPE when it is gone */
  ask<M extends MethodName>(method: M, params: Methods[M]["params"]): Call<Methods[M]["result"]>;
}

/** Methods that change something. */
export const changing: readonly MethodName[] = ["signal", "renice", "reset", "start", "stop"];

export interface Hello {
  readonly version: number;
  readonly name: string;
  readonly pid: number;
  readonly access: Access;
}

export interface SignalOutcome {
  readonly tid: number;
  /** "taken", "default", "ended", or an error's code. */
  readonly outcome: string;
  readonly text: string;
}

export interface ExitText {
  readonly status: "returned" | "threw" | "killed";
  readonly text: string;
}

/** Error codes beside those of JSON-RPC. `data` of `notResponding` is a `Stuck`. */
export const errorCodes = {
  /** The kernel does not answer: a turn does not end. */
  notResponding: -32_001,
  /** A method that changes something, on a read-only port. */
  readOnly: -32_002,
  /** A SyscallError; `data.code` is its code. */
  system: -32_003,
  /** The kernel is gone, or is going. */
  gone: -32_004,
  /** Whoever asks has not said the token that this port wants. */
  forbidden: -32_005,
} as const;
