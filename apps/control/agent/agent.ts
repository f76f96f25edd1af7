// The agent: reads a kernel and answers what is asked of it. It is a guest on the kernel's thread: it runs between turns,
// never inside one, keeps nothing that grows, and does what costs something only while a session asks for it. Pure: the
// clock, the heap and whatever else is the process's own are given to it, so that it works on a simulated machine too.

import type { Kernel } from "../../../kernel/kernel.ts";
import type { Runnable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import type { Frame, FrameQuery } from "../protocol.ts";
import type { Access, FrameRecord } from "../records.ts";
import { Apps } from "./apps.ts";
import { kernelRecord } from "./kernel-record.ts";
import { Snapshot } from "./moment.ts";
import { Session } from "./session.ts";
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
  /** What was started as an app. Default: nothing. */
  readonly apps?: Apps;
  /** Loads an app's module and makes its program. Without it nothing can be started. */
  readonly load?: (path: string, argv: readonly string[]) => Promise<Runnable>;
  /** Where a task's frames stand, innermost first. Without it they have names only. */
  readonly locate?: (task: Task, withLocals: boolean) => Promise<readonly FrameRecord[]>;
}

export class Agent {
  readonly kernel: Kernel;
  readonly options: AgentOptions;
  readonly apps: Apps;
  readonly #sessions = new Set<Session>();
  #seq = 0;

  constructor(kernel: Kernel, options: AgentOptions) {
    this.kernel = kernel;
    this.options = options;
    this.apps = options.apps ?? new Apps();
  }

  /** Begins a session: what one client asks for, and undoes by leaving. */
  open(access: Access): Session {
    const session = new Session(this, access, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    return session;
  }

  /** Sessions that look at frames. */
  get viewers(): number {
    let viewers = 0;
    for (const session of this.#sessions) if (session.isViewer) viewers++;
    return viewers;
  }

  /** Once a second, by whoever hosts it. */
  tick(): void {}

  /** Ends every session. */
  close(): void {
    for (const session of [...this.#sessions]) session.close();
  }

  /** For sessions. */
  frame(query: FrameQuery, access: Access): Frame {
    const { kernel, options } = this;
    const snapshot = new Snapshot(kernel, this.apps);
    return {
      seq: ++this.#seq,
      at: kernel.clock() - kernel.bootedAt,
      time: options.timeOfDay(),
      kernel: kernelRecord(snapshot, this, access),
      findings: [],
      ...(query.tasks === undefined ? {} : { tasks: taskPage(snapshot, query.tasks) }),
    };
  }
}
