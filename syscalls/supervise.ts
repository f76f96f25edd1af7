// Supervise: tasks that are started again when they fail, after Erlang's supervisors. A group whose body watches over its
// members: what ends the group ends them, and what one's end means for the others is the strategy's to say.

import {
  Call,
  type Kernel,
  type Program,
  type Runnable,
  SyscallError,
  shown,
  type Task,
  type Tid,
} from "../kernel/syscall.ts";
import { Crew, type Restart, type Strategy } from "./crew.ts";
import { Frame } from "./frame.ts";
import { GetTime } from "./get-time.ts";
import { Group } from "./group.ts";
import type { Members } from "./members.ts";

/** Makes the program of a child, anew for each start. Called in the child itself: what it throws is the child's. */
export type ChildProgram = () => Runnable<unknown>;

/** A child and when it is started again. */
export interface ChildSpec {
  readonly run: ChildProgram;
  /** "permanent" (default): whatever its end; "transient": unless it returned; "temporary": never. */
  readonly restart?: Restart;
}

/** What a supervisor can be told. */
export interface SuperviseOptions {
  /**
   * Who is started again with a child that failed: "one-for-one" (default): nobody; "all-for-one": all others;
   * "rest-for-one": those named after it. They are ended first, as by the end of a group.
   */
  readonly strategy?: Strategy;
  /** How many restarts there may be in `withinMs`; one more, and all of it fails. Default 1. */
  readonly restarts?: number;
  /** Default 5,000 ms. */
  readonly withinMs?: number;
  /**
   * How long a child's restart waits, ms: the first, then twice as long each time, up to the second. One that has lived for
   * `withinMs` begins anew. Default [0, 0].
   */
  readonly backOffMs?: readonly [firstMs: number, mostMs: number];
}

/**
 * Starts a child for each name, in order, and keeps them running. Returns when none is left and none is to be started
 * again. When it is cancelled, closed or killed, so are the children, and they are over before it is. A child's crash is
 * reported on the kernel log, and so is each restart.
 *
 * A child's end by a cancel or a kill of somebody else's is a failure: a permanent or transient one is started again.
 *
 * @throws ELOOP when there were too many restarts, the latest failure as its `cause`: the supervisor's own supervisor may
 * know better; EINVAL for options that cannot be
 *
 * ```ts
 * yield* new Supervise(
 *   {
 *     store: () => store(),
 *     web: { run: () => web(8080), restart: "transient" },
 *   },
 *   { strategy: "rest-for-one", restarts: 5, withinMs: 60_000, backOffMs: [100, 10_000] },
 * );
 * ```
 */
export class Supervise extends Call<void> {
  readonly #crew: Crew;

  constructor(children: Readonly<Record<string, ChildSpec | ChildProgram>>, options: SuperviseOptions = {}) {
    super();
    const { strategy = "one-for-one", restarts = 1, withinMs = 5_000, backOffMs = [0, 0] } = options;
    if (!strategies.has(strategy)) throw invalid(`strategy ${shown(strategy)} is none: ${[...strategies].join(", ")}`);
    if (!Number.isInteger(restarts) || restarts < 0) throw invalid(`restarts ${shown(restarts)} is no whole number`);
    if (!(withinMs > 0)) throw invalid(`withinMs ${shown(withinMs)} is no time over 0`);
    const [firstMs, mostMs] = backOffMs;
    if (!(firstMs >= 0 && mostMs >= firstMs && mostMs < Number.POSITIVE_INFINITY)) {
      throw invalid(`backOffMs ${shown(backOffMs)} is no pair of times, the first at most the second`);
    }
    const specs = Object.entries(children).map(([name, given]) => checkedSpec(name, given));
    this.#crew = new Crew(specs, { strategy, restarts, withinMs, firstMs, mostMs });
  }

  override get family(): string {
    return "task";
  }

  override enter(task: Task, kernel: Kernel): Runnable<void> {
    const say = (text: string): void => kernel.log("warn", task.tid, text);
    return supervised(new Group((members) => supervise(this.#crew, members, say)));
  }
}

const strategies: ReadonlySet<string> = new Set(["one-for-one", "all-for-one", "rest-for-one"]);
const restarting: ReadonlySet<string> = new Set(["permanent", "transient", "temporary"]);

function checkedSpec(
  name: string,
  given: ChildSpec | ChildProgram,
): { name: string; run: ChildProgram; restart: Restart } {
  const { run, restart = "permanent" } = typeof given === "function" ? { run: given } : given;
  if (typeof run !== "function") throw invalid(`child ${name} has no function that makes its program`);
  if (!restarting.has(restart))
    throw invalid(`restart ${shown(restart)} of ${name} is none: ${[...restarting].join(", ")}`);
  return { name, run, restart };
}

function invalid(what: string): SyscallError {
  return new SyscallError("EINVAL", `Supervise: ${what}`);
}

// The body is the only one that can fail its group, and its failure is the supervisor's.
function* supervised(group: Group<void>): Program<void> {
  try {
    yield* group;
  } catch (error) {
    throw error instanceof AggregateError && error.errors.length === 1 ? error.errors[0] : error;
  }
}

function* supervise(crew: Crew, members: Members, say: (text: string) => void): Program<void> {
  for (;;) {
    for (const child of crew.dueBy(yield* new GetTime())) {
      const ended = child.begin(yield* new GetTime());
      const program = new Frame(inside(child.run), child.name);
      child.tid = yield* members.spawn(program, child.name, { ended, reported: true });
    }
    if (!crew.isNeeded) return;
    const wait = crew.next();
    if (wait !== undefined) yield* wait;
    const doomed: Tid[] = crew.judge(yield* new GetTime(), say);
    if (doomed.length > 0) yield* members.end(doomed, "one of its siblings failed");
  }
}

function* inside(run: ChildProgram): Program<unknown> {
  return yield* new Frame(run(), "child");
}
