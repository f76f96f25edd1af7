// The agent: reads a kernel and answers what is asked of it. It is a guest on the kernel's thread: it runs between turns,
// never inside one, keeps nothing that grows, and does what costs something only while a session asks for it. Pure: the
// clock, the heap and whatever else is the process's own are given to it, so that it works on a simulated machine too.

import type { Kernel } from "../../../kernel/kernel.ts";
import type { Task } from "../../../kernel/task.ts";
import type { Tracing } from "../../../kernel/tracing.ts";
import type { Frame, FrameQuery } from "../protocol.ts";
import type { Access, Finding, FrameRecord, KernelRecord, Stuck } from "../records.ts";
import type { Load } from "./actions.ts";
import { Apps, appRows } from "./apps.ts";
import { Births } from "./births.ts";
import { syscallRows, tracePage } from "./calls.ts";
import { type Past, taskDetail } from "./detail.ts";
import { endpointPage } from "./endpoints.ts";
import { Findings } from "./findings.ts";
import { graphRecord } from "./graph.ts";
import { kernelRecord } from "./kernel-record.ts";
import { OutputRing } from "./output-ring.ts";
import { Session } from "./session.ts";
import { Snapshot } from "./snapshot.ts";
import { taskPage } from "./tasks.ts";

export interface AgentOptions {
  /** The kernel's name, for people: the app's. */
  readonly name: string;
  readonly pid: number;
  /** Version of Node. */
  readonly node: string;
  readonly heapBytes: () => number;
  /** ms since 1970. */
  readonly timeOfDay: () => number;
  /** What was started as an app. Default: nothing yet. */
  readonly apps?: Apps;
  /** What apps have printed, and the kernel has logged. Default: what it logs alone, unless somebody tells. */
  readonly output?: OutputRing;
  /** Loads an app's module and makes its program. Without it nothing can be started. */
  readonly load?: Load;
  /** Where a task's frames stand, innermost first. Without it they have names only. */
  readonly locate?: (task: Task, withLocals: boolean) => Promise<readonly FrameRecord[]> | readonly FrameRecord[];
  /** Ends the run in good order. Default: cancels the main task, and kills it after 3 s. @param why for its tasks */
  readonly stop?: (why: string) => void;
  /** Whether a viewer is on its way: a total deadlock is held for it as for one that looks. Default: never. */
  readonly isAwaited?: () => boolean;
}

/** Who asks for a frame. */
export interface Viewer {
  readonly access: Access;
  readonly tracing: Tracing | undefined;
}

/** What the clock on the wall may be off before it is believed, ms. */
const steadyMs = 20;

export class Agent implements Past {
  readonly kernel: Kernel;
  readonly options: AgentOptions;
  readonly apps: Apps;
  /** What the kernel logs, and what apps print, if somebody tells. */
  readonly output: OutputRing;
  readonly #sessions = new Set<Session>();
  readonly #findings = new Findings();
  readonly #births = new Births();
  readonly #declared = new Set<string>();
  #seq = 0;
  /** ms since 1970; NaN: nobody has asked yet. */
  #bootTime = Number.NaN;

  constructor(kernel: Kernel, options: AgentOptions) {
    this.kernel = kernel;
    this.options = options;
    this.apps = options.apps ?? new Apps();
    this.output = options.output ?? new OutputRing(kernel, (tid) => this.apps.of(tid, kernel));
  }

  /** Begins a session: what one client asks for, and undoes by leaving. */
  open(access: Access): Session {
    const session = new Session(this, access, () => {
      this.#sessions.delete(session);
      this.#watchChanged();
    });
    this.#sessions.add(session);
    return session;
  }

  /** Sessions that look at frames. */
  get viewers(): number {
    let viewers = 0;
    for (const session of this.#sessions) if (session.isViewer) viewers++;
    return viewers;
  }

  /** True while anybody watches or traces: `tick` is to be called then. */
  get isWatched(): boolean {
    return this.kernel.watching !== undefined;
  }

  /**
   * A second is over: closes the window of what is measured, and looks for what only shows in time. To be called once a
   * second while it is watched.
   */
  tick(): void {
    const { kernel } = this;
    if (kernel.watching === undefined) return;
    kernel.watching.tick();
    this.#births.note(kernel.nextTid, this.#uptimeMs());
    if (this.viewers > 0) this.#findings.look(this.#snapshot());
  }

  /** A turn that had not ended is over: the guard tells, which may not know the task's name. */
  noteStuck(stuck: Stuck): void {
    const { tasks, exits } = this.kernel;
    const name = tasks.get(stuck.tid)?.name ?? exits.find(stuck.tid)?.name ?? stuck.name;
    this.#findings.stuckTurns.over({ ...stuck, name }, this.#uptimeMs());
  }

  /** Ends every session. */
  close(): void {
    for (const session of [...this.#sessions]) session.close();
  }

  /** For sessions: one of them watches from now on, or does no longer. */
  watch(isWatching: boolean): void {
    if (isWatching) this.kernel.watch();
    else this.kernel.unwatch();
    this.#watchChanged();
  }

  /** For sessions. @throws RpcError -32602 */
  frame(query: FrameQuery, { access, tracing }: Viewer): Frame {
    const { kernel } = this;
    const snapshot = this.#snapshot();
    this.#births.note(kernel.nextTid, snapshot.uptimeMs);
    const findings = this.#findings.find(snapshot);
    const { tasks, detail, trace, syscalls, endpoints, log } = query;
    return {
      seq: ++this.#seq,
      ...this.#moment(),
      kernel: this.#kernelRecord(snapshot, access),
      findings,
      ...(tasks === undefined ? {} : { tasks: taskPage(snapshot, tasks) }),
      ...(detail === undefined ? {} : { detail: taskDetail(detail, snapshot, this) }),
      ...(trace === undefined ? {} : { trace: tracePage(tracing, trace) }),
      ...(syscalls === undefined ? {} : { syscalls: syscallRows(snapshot, syscalls.sort, syscalls.isInverted) }),
      ...(endpoints === undefined ? {} : { endpoints: endpointPage(snapshot, this.#findings.endpoints, endpoints) }),
      ...(log === undefined ? {} : { log: this.output.page(log) }),
      ...(query.apps === true ? { apps: appRows(snapshot) } : {}),
      ...(query.graph === true ? { graph: graphRecord(snapshot) } : {}),
    };
  }

  /** For details. */
  seenSince(tid: number): number {
    return this.#births.seenSince(tid);
  }

  /** For details: the findings of the latest frame about a task. */
  about(tid: number): readonly Finding[] {
    return this.#findings.about(tid);
  }

  // The two clocks tick apart from each other: taken anew each time, `time - at` would jump by a millisecond, and with it every
  // time of day that a client makes of an `at`. It only changes where the clock on the wall was set, or ran off.
  #moment(): Pick<Frame, "at" | "time"> {
    const at = this.kernel.clock() - this.kernel.bootedAt;
    const bootTime = this.options.timeOfDay() - at;
    if (!(Math.abs(bootTime - this.#bootTime) <= steadyMs)) this.#bootTime = bootTime;
    return { at, time: this.#bootTime + at };
  }

  #snapshot(): Snapshot {
    const { kernel, apps } = this;
    return new Snapshot(kernel, { watch: kernel.watching, apps, declared: this.#declared });
  }

  #kernelRecord(snapshot: Snapshot, access: Access): KernelRecord {
    const { name, pid, node, heapBytes } = this.options;
    return kernelRecord(snapshot, { name, pid, node, heapBytes: heapBytes(), access, viewers: this.viewers });
  }

  // Only who looks at frames would see a deadlock that is held: for a trace alone the run ends.
  #watchChanged(): void {
    const watch = this.kernel.watching;
    if (watch === undefined) this.#births.forget();
    else watch.holdsDeadlock = this.viewers > 0 || this.options.isAwaited?.() === true;
  }

  #uptimeMs(): number {
    return Math.floor(this.kernel.clock() - this.kernel.bootedAt);
  }
}
