// Group: tasks that belong to a part of a program. That part is not over before they are, whatever the end: this is what
// makes spawning as safe as calling. After trio's nursery and Python's TaskGroup.

import { Call, type Kernel, type Program, type Runnable, type Syscall, type Task } from "../kernel/syscall.ts";
import { thrownText } from "./exit-text.ts";
import { Frame } from "./frame.ts";
import { Members } from "./members.ts";
import { checkedLimit, isCancelOf, Roster } from "./roster.ts";

/** What a group can be told. */
export interface GroupOptions {
  /** At most so many members at a time, daemons not counted; who spawns one more waits for a place. Default: no limit. */
  readonly limit?: number;
}

/**
 * Runs a body that can start members beside itself, and gives its value when it and all members are over.
 *
 * - The first failure, of the body or of a member, ends the rest: members are cancelled, all at once, youngest first, and
 *   killed when they are still there after the kernel's `graceMs`; the body's frames are closed, as by a Timeout.
 * - All failures are thrown as one AggregateError, in the order in which they came. Always: a single one, too. When the
 *   group's task is killed meanwhile, they are on the kernel log; past a deadline around it, they are its `cause`.
 * - A member that was killed or cancelled has not failed: somebody wanted that. Who needs its value, joins it.
 * - A cancel of the group's task, or a deadline around it, cancels the members; a kill kills them. In each case they are
 *   over before the group's frame is. Only a cleanup that has to be dropped does not wait for them.
 * - Daemon members (`members.spawnDaemon`) are cancelled when the body and all others are over.
 *
 * @throws AggregateError of what the body and the members threw; ECANCELED when it was cancelled by `members.cancel` and
 * has no value; EINVAL for a limit that is none
 *
 * ```ts
 * const pages = yield* new Group(function* (members) {
 *   const tids: Tid<Page>[] = [];
 *   for (const url of urls) tids.push(yield* members.spawn(fetchPage(url)));
 *   const pages: Page[] = [];
 *   for (const tid of tids) pages.push(yield* new Join(tid));
 *   return pages;
 * });
 * ```
 */
export class Group<T> extends Call<T> {
  readonly #body: (members: Members) => Runnable<T>;
  readonly #limit: number;
  #roster: Roster | undefined = undefined;

  /** @param body makes the program to run; gets the group's members, to spawn others */
  constructor(body: (members: Members) => Runnable<T>, options: GroupOptions = {}) {
    super();
    if (typeof body !== "function")
      throw new TypeError("Group needs a function that makes its body: function* (members)");
    this.#body = body;
    this.#limit = checkedLimit(options.limit ?? Number.POSITIVE_INFINITY);
  }

  override get family(): string {
    return "task";
  }

  override enter(task: Task, _kernel: Kernel): Runnable<T> {
    const roster = new Roster(task, task.depth + 1, this.#limit);
    this.#roster = roster;
    return scope(roster, new Frame(this.#body(new Members(roster)), this.#body.name || "body of a group"));
  }

  override leave(): void {
    this.#roster?.leave();
  }
}

// The body, then the wait for whoever is left. Whatever ends either of them, an error thrown in or a `return()`, makes
// the members end, and is held back until they have: nothing leaves this loop before.
function* scope<T>(roster: Roster, body: Call<T>): Program<T> {
  let returned: { readonly value: T } | undefined;
  let step: Syscall<void> | Call<T> | undefined = body;
  while (step !== undefined) {
    let isClosed = true;
    try {
      const value: T | void = yield* step;
      if (step === body) returned = bodyReturned(roster, value as T); // the body's own
      isClosed = false;
    } catch (error) {
      roster.threw(error);
      isClosed = false;
    } finally {
      if (isClosed) {
        roster.closed();
        step = rest(roster);
        // biome-ignore lint/correctness/noUnsafeFinally: this is what holds a return() back
        continue;
      }
    }
    step = rest(roster);
  }
  return outcome(roster, returned);
}

function rest({ children }: Roster): Syscall<void> | undefined {
  return children.size === 0 ? undefined : children.rest();
}

function bodyReturned<T>(roster: Roster, value: T): { readonly value: T } {
  roster.bodyOver();
  return { value };
}

function outcome<T>(roster: Roster, returned: { readonly value: T } | undefined): T {
  const { cancelled, failures, task } = roster;
  const [first] = failures;
  if (failures.length === 1 && isCancelOf(task, first)) throw first;
  if (failures.length > 0) {
    const count = failures.length === 1 ? "failed" : `has ${failures.length} failures, the first`;
    throw new AggregateError(failures, `the group of task ${task.tid} ${count}: ${thrownText(first)}`);
  }
  if (returned === undefined && cancelled !== undefined) throw cancelled;
  return returned?.value as T; // undefined only when the frame is being closed: nobody gets it
}
