// The main thread as another thread of the process sees it, and can stop it: through an inspector session, which works
// even while the main thread is in a loop without end. For a worker that watches over a kernel. Each look pauses the main
// thread for some 20 ms, and nothing of it stays: the session ends with the look.
//
// A turn is ended by V8: it throws away the whole JavaScript stack, down to Node's own loop, and runs no `finally`. So that
// is done only where nobody else is on that stack but the kernel and the code of one task, and where the kernel can mend
// what is left (cut-turn.ts): never in the kernel's own code, nor in what it tells of while its tables change, nor where
// the laps do not run straight in a callback of Node's loop.

import type { Debugger } from "node:inspector";
import { SyscallError } from "../errors.ts";
import type { Heartbeat } from "../heartbeat.ts";
import { Inspection } from "./inspection.ts";

/** One JavaScript frame of a turn. */
export interface StuckFrame {
  readonly name: string;
  /** "file:line:column", of the source where its map is known. */
  readonly at: string;
}

/** What the main thread does, as it was seen. */
export interface StuckStack {
  /** Of the task whose turn it is; 0: it is no turn of a task of the kernel that is watched. */
  readonly tid: number;
  readonly name: string;
  /** What the task has on its JavaScript stack, innermost first, without the kernel's own; at most 64. */
  readonly frames: readonly StuckFrame[];
  /** Names of the task's own frames, which are routines and scopes, innermost first; at most 64. */
  readonly logical: readonly string[];
}

/** What became of the attempt to end a turn. */
export type EndOutcome =
  | { readonly outcome: "ended"; readonly stack: StuckStack }
  /** It ended by itself, or another turn is under way. */
  | { readonly outcome: "over" }
  /** It cannot be ended there, and why. */
  | { readonly outcome: "refused"; readonly reason: string; readonly stack: StuckStack };

export interface MainThreadOptions {
  /** The heartbeat of the kernel that is watched. */
  readonly heartbeat: Heartbeat;
  /** Called just before a turn is ended: has the main thread call `kernel.kick()` as soon as it can, by a message to it. */
  readonly kick: () => void;
  /** How long the main thread may take to answer, ms. Default 2,000. */
  readonly patienceMs?: number;
}

/** What to end, and on whose behalf. */
export interface EndOrder {
  /** The task whose turn it must be; 0: nothing is ended, and what runs, if it is no turn at all, is the reason. */
  readonly tid: number;
  /** The tid on whose behalf; 0: from outside. */
  readonly by: number;
  readonly why: string;
  /** How long the turn has taken, ms. */
  readonly forMs: number;
}

/** How often a turn that is just in the kernel is let go on before it is given up. */
const mostTries = 20;
const mostFrames = 64;

export class MainThread {
  readonly #heartbeat: Heartbeat;
  readonly #kick: () => void;
  readonly #patienceMs: number;
  /** One look at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor({ heartbeat, kick, patienceMs = 2_000 }: MainThreadOptions) {
    this.#heartbeat = heartbeat;
    this.#kick = kick;
    this.#patienceMs = patienceMs;
  }

  /**
   * The stack of what the main thread does now, which then goes on.
   * @throws ETIMEDOUT when it does not answer in time: it runs no JavaScript; ENOTSUP where Node has no inspector
   */
  stack(): Promise<StuckStack> {
    return this.#inTurn(async (inspection) => {
      const frames = await inspection.pause();
      return (await this.#look(inspection, frames)).stack;
    });
  }

  /** Ends the turn under way, if it is this task's. @throws ETIMEDOUT, ENOTSUP as `stack` */
  end(order: EndOrder): Promise<EndOutcome> {
    return this.#inTurn((inspection) => this.#end(inspection, order));
  }

  /** A look that is under way ends by itself; later ones are ECANCELED. */
  close(): void {
    this.#isClosed = true;
  }

  #inTurn<T>(look: (inspection: Inspection) => Promise<T>): Promise<T> {
    const next = this.#last.then(async () => {
      if (this.#isClosed) throw new SyscallError("ECANCELED", "the main thread is not watched any more");
      const inspection = await Inspection.begin(this.#patienceMs);
      try {
        return await look(inspection);
      } finally {
        await inspection.end();
      }
    });
    this.#last = next.catch(() => {}); // whoever asked is told
    return next;
  }

  async #end(inspection: Inspection, { tid, by, why, forMs }: EndOrder): Promise<EndOutcome> {
    for (let tries = 1; ; tries++) {
      if ((this.#heartbeat.turn()?.tid ?? 0) !== tid) return { outcome: "over" };
      const frames = await inspection.pause();
      const [innermost] = frames;
      if (tries < mostTries && innermost !== undefined && inspection.isOfKernel(innermost)) {
        await inspection.resume();
        continue;
      }
      const { stack, isKnown } = await this.#look(inspection, frames);
      // Where others have the CPUs it may not come to that in time. It can be asked again.
      if (!isKnown) throw new SyscallError("ETIMEDOUT", "the main thread did not say in time whose turn it has");
      if ((this.#heartbeat.turn()?.tid ?? 0) !== tid) return { outcome: "over" };
      const reason = refusal(inspection, frames, stack);
      if (reason !== undefined) return { outcome: "refused", reason, stack };
      const place = stack.frames[0]?.at ?? "";
      this.#heartbeat.leaveOrder({ by, why: place === "" ? why : `${why} (at ${place})`, forMs });
      // Before, and not after: it is to be the very first that the main thread comes to.
      this.#kick();
      await inspection.terminate();
      return { outcome: "ended", stack };
    }
  }

  async #look(inspection: Inspection, frames: readonly Debugger.CallFrame[]): Promise<Looked> {
    const turn = turnIn(inspection, frames);
    const shown = (turn < 0 ? frames : frames.slice(0, turn)).filter((frame) => !inspection.isOfKernel(frame));
    const stack = shown.slice(0, mostFrames).map((frame) => ({
      name: frame.functionName || "(anonymous)",
      at: inspection.at(frame),
    }));
    const frame = frames[turn];
    const seen = frame === undefined ? undefined : await inspection.evaluate(frame, whose);
    const { id = 0, tid = 0, name = "", logical = [] } = (seen ?? {}) as Partial<Seen>; // what `whose` gives
    const isOurs = id === this.#heartbeat.id;
    return {
      stack: { frames: stack, ...(isOurs ? { tid, name, logical } : { tid: 0, name: "", logical: [] }) },
      isKnown: frame === undefined || seen !== undefined,
    };
  }
}

interface Looked {
  readonly stack: StuckStack;
  /** False where there is a turn, and it did not come out whose. */
  readonly isKnown: boolean;
}

interface Seen {
  readonly id: number;
  readonly tid: number;
  readonly name: string;
  readonly logical: string[];
}

// In the frame of `Kernel.#turn`.
const whose = `({ id: this.heartbeat?.id, tid: this.current?.tid, name: this.current?.name,
  logical: this.current?.frameNames(64) })`;

/** The place of the frame of a kernel's turn; the outermost one, should one kernel run inside a task of another. */
function turnIn(inspection: Inspection, frames: readonly Debugger.CallFrame[]): number {
  return frames.findLastIndex((frame) => inspection.isIn(frame, "kernel", "#turn"));
}

/** Functions of the kernel in which its tables are not at rest. */
const busy: readonly (readonly [file: string, name: string, what: string])[] = [
  ["observer", "tell", "an observer"],
  ["log", "add", "what the kernel log is written to"],
  ["burial", "notify", "who waits for the end of a task"],
];

function refusal(
  inspection: Inspection,
  frames: readonly Debugger.CallFrame[],
  { tid }: StuckStack,
): string | undefined {
  const [innermost] = frames;
  if (innermost === undefined) return "it runs no JavaScript";
  const turn = turnIn(inspection, frames);
  if (turn < 0 || tid === 0) return `what runs is no turn of a task: ${inspection.at(innermost)}`;
  if (inspection.isOfKernel(innermost)) return "it is inside the kernel";
  for (const [file, name, what] of busy) {
    if (frames.slice(0, turn).some((frame) => inspection.isIn(frame, file, name))) return `it is inside ${what}`;
  }
  if (frames.some((frame) => frame.functionName === "runInAsyncScope")) {
    return "it is inside an AsyncResource: Node aborts when such a scope is not left in order";
  }
  const isEndable = frames.slice(turn + 1).some((frame) => places.some((place) => inspection.isIn(frame, ...place)));
  return isEndable
    ? undefined
    : "the machine of its kernel cannot have its turns ended: boot epoll, or node with isEndable";
}

/** Functions that Node's loop calls itself, and that run laps. */
const places: readonly (readonly [file: string, name: string])[] = [
  ["machine/epoll", "#readable"],
  ["machine/hop", "#arrived"],
];
