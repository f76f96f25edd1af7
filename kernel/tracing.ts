// Whole syscalls of the tasks that are traced: what was asked, what came of it, how long it took. Who traces has a ring of
// records of its own, bounded, and reads it when he likes; a syscall that blocks is in it twice, at its beginning and, with a
// new number, at its end, so that whoever reads on sees both.

import { SyscallError } from "./errors.ts";
import { Ring } from "./queue.ts";
import type { Task } from "./task.ts";
import { failureText } from "./wording.ts";

const maxTracings = 16;
const maxRecords = 4_096;
const maxTids = 1_024;

/** A syscall of a traced task, at its beginning or at its end. */
export interface TracedCall {
  /** Rises by one. */
  readonly seq: number;
  /** `seq` of the record of its beginning: another one where this is the end of a wait. */
  readonly begun: number;
  /** When it was made, ms since boot. */
  readonly at: number;
  readonly tid: number;
  readonly name: string;
  /** "ReadWait(tcp 127.0.0.1:7000 <- …)" */
  readonly syscall: string;
  /** "= 32", "= ESRCH no task …", "killed by 3: enough"; "" while it blocks. */
  readonly result: string;
  readonly isError: boolean;
  readonly blockedMs: number;
  /** Time in the program before it, since its turn began or the traced syscall before ended. */
  readonly turnMs: number;
  /** Time in its handler, and in arming its wait. */
  readonly kernelMs: number;
}

export interface TracedPage {
  /** Oldest first. */
  readonly records: readonly TracedCall[];
  /** To be given as `after` next time. */
  readonly last: number;
  /** Records after `after` that are gone. */
  readonly dropped: number;
}

/** What somebody traces. */
export class Tracing {
  readonly #tids: ReadonlySet<number> | undefined;
  readonly #records = new Ring<TracedCall>();
  readonly #onStop: (tracing: Tracing) => void;
  #seq = 0;

  constructor(tids: ReadonlySet<number> | undefined, onStop: (tracing: Tracing) => void) {
    this.#tids = tids;
    this.#onStop = onStop;
  }

  /**
   * Records after a seq, oldest first, of the latest 4,096.
   * @param limit at most so many
   */
  page(after = 0, limit = 1_000): TracedPage {
    const first = Math.max(after + 1, this.#seq - this.#records.size + 1);
    const records: TracedCall[] = [];
    for (const record of this.#records) {
      if (record.seq >= first && records.length < limit) records.push(record);
    }
    return { records, last: records.at(-1)?.seq ?? Math.max(after, first - 1), dropped: first - after - 1 };
  }

  /** No more, and nothing is kept. Twice is once. */
  stop(): void {
    this.#onStop(this);
    while (this.#records.shift() !== undefined);
  }

  /** For the tracer. */
  wants(tid: number): boolean {
    return this.#tids === undefined || this.#tids.has(tid);
  }

  /** For the tracer. @param begun 0 for a beginning @returns its seq */
  add(call: Omit<TracedCall, "seq" | "begun">, begun: number): number {
    const seq = ++this.#seq;
    this.#records.push({ seq, begun: begun === 0 ? seq : begun, ...call });
    if (this.#records.size > maxRecords) this.#records.shift();
    return seq;
  }
}

/** A syscall under way. */
export interface CallUnderWay {
  readonly task: Task;
  readonly syscall: string;
  /** On the machine's clock, ms. */
  readonly madeAt: number;
  readonly turnMs: number;
  kernelMs: number;
  /** In each tracing that was told of its beginning, the seq of that; undefined before it blocks. */
  begun: Map<Tracing, number> | undefined;
}

/** All that is traced of one kernel. */
export class Tracer {
  readonly #bootedAt: number;
  readonly #tracings = new Set<Tracing>();
  readonly #calls = new Map<Task, CallUnderWay>();
  readonly #onEmpty: () => void;

  /**
   * @param bootedAt on the machine's clock, ms
   * @param onEmpty called when nobody traces any more
   */
  constructor(bootedAt: number, onEmpty: () => void) {
    this.#bootedAt = bootedAt;
    this.#onEmpty = onEmpty;
  }

  /** @throws EAGAIN at the bound, E2BIG for too many tids */
  start(tids: Iterable<number> | "all"): Tracing {
    if (this.#tracings.size >= maxTracings) {
      throw new SyscallError("EAGAIN", `${maxTracings} traces are running, as many as can be: stop one first`);
    }
    const wanted = tids === "all" ? undefined : new Set(tids);
    if (wanted !== undefined && wanted.size > maxTids) {
      throw new SyscallError("E2BIG", `a trace is of at most ${maxTids} tasks, not ${wanted.size}: trace all`);
    }
    const tracing = new Tracing(wanted, (stopped) => this.#stop(stopped));
    this.#tracings.add(tracing);
    return tracing;
  }

  wants(tid: number): boolean {
    for (const tracing of this.#tracings) if (tracing.wants(tid)) return true;
    return false;
  }

  /** A syscall will answer later, or is to suspend its task first. */
  hold(call: CallUnderWay): void {
    this.#calls.set(call.task, call);
  }

  /** A task's syscall that is not over. */
  heldOf(task: Task): CallUnderWay | undefined {
    return this.#calls.get(task);
  }

  /** It waits: that is told now. */
  blocks(call: CallUnderWay): void {
    call.begun = new Map();
    this.#tell(call, "", false, 0);
  }

  /** It is over. */
  ends(call: CallUnderWay, result: string, isError: boolean, blockedMs: number): void {
    if (this.#calls.get(call.task) === call) this.#calls.delete(call.task);
    this.#tell(call, result, isError, blockedMs);
  }

  #tell(call: CallUnderWay, result: string, isError: boolean, blockedMs: number): void {
    const { task, syscall, madeAt, turnMs, kernelMs, begun } = call;
    const at = madeAt - this.#bootedAt;
    const said = { at, tid: task.tid, name: task.name, syscall, result, isError, blockedMs, turnMs, kernelMs };
    for (const tracing of this.#tracings) {
      if (!tracing.wants(task.tid)) continue;
      const seq = tracing.add(said, begun?.get(tracing) ?? 0);
      if (result === "") begun?.set(tracing, seq);
    }
  }

  #stop(tracing: Tracing): void {
    if (this.#tracings.delete(tracing) && this.#tracings.size === 0) this.#onEmpty();
  }
}

/** Why a task's wait ended without an answer, as a result. */
export function undoneText(task: Task): string {
  const { ending } = task;
  if (ending?.kill !== undefined) return `killed ${by(ending.kill)}`;
  if (ending?.cancel !== undefined && task.answer === ending.cancel) return `cancelled ${by(ending.cancel)}`;
  if (ending?.unwinding !== undefined) return "given up: a scope around it has ended";
  return task.isOver ? "its task has ended" : failureText(task.answer);
}

function by({ by: tid, why }: { readonly by: number; readonly why: string }): string {
  const whom = tid === 0 ? "from outside" : `by ${tid}`;
  return why === "" ? whom : `${whom}: ${why}`;
}
