// Tell and Receive: a mailbox for each task, as in Erlang. Whoever knows a tid may send to it, without a channel that both
// know of; the receiver picks what it wants, and the rest stays in order. A mailbox is only there once it is used, and
// goes with its task.

import {
  type Answer,
  type Kernel,
  Syscall,
  SyscallError,
  type Task,
  type Tid,
  type Wait,
  type Waiter,
} from "../kernel/syscall.ts";

/** A message with its place among all that were sent to the task. */
interface Letter {
  readonly message: unknown;
  readonly order: number;
}

interface Mailbox {
  /** In order. */
  readonly letters: Letter[];
  /** More than one only in a Select. */
  readonly receivers: Set<Receiver>;
  /** How many have come. */
  count: number;
}

interface Receiver {
  /** True if it took it. */
  take(letter: Letter): boolean;
}

const mailboxes = new WeakMap<Task, Mailbox>();

function mailboxOf(task: Task): Mailbox {
  let mailbox = mailboxes.get(task);
  if (mailbox === undefined) {
    mailbox = { letters: [], receivers: new Set(), count: 0 };
    mailboxes.set(task, mailbox);
  }
  return mailbox;
}

/**
 * Puts a message into a task's mailbox and answers whether the task was alive; if it was not, nothing becomes of the message.
 * That it was put there does not say that it will be received: what is left when the task ends is lost with it.
 *
 * It never waits. A receiver that does not keep up is told of by EAGAIN, at the bound; to wait for it, use a Channel.
 * @throws ESRCH if no task ever had this tid; EAGAIN when as many messages as may (1,024, the kernel's `messages`) wait
 * there already
 *
 * ```ts
 * yield* new Tell(server, { from: yield* new GetTid(), ask: "time" });
 * ```
 */
export class Tell extends Syscall<boolean> {
  readonly tid: Tid;
  readonly message: unknown;

  constructor(tid: Tid, message: unknown) {
    super();
    this.tid = tid;
    this.message = message;
  }

  override get family(): string {
    return "task";
  }

  override handle(_task: Task, kernel: Kernel): boolean {
    const task = kernel.find(this.tid);
    if (task === undefined) return false;
    const mailbox = mailboxOf(task);
    const letter = { message: this.message, order: mailbox.count };
    for (const receiver of mailbox.receivers) {
      if (!receiver.take(letter)) continue;
      mailbox.count++;
      return true;
    }
    const { messages } = kernel.limits;
    if (mailbox.letters.length >= messages) {
      throw new SyscallError(
        "EAGAIN",
        `task ${task.tid} has ${messages} messages that it has not received: try again later`,
      );
    }
    mailbox.letters.push(letter);
    mailbox.count++;
    return true;
  }
}

/**
 * Waits for a message to the calling task and answers with it: the oldest there is, or the oldest that `match` says yes to;
 * the others stay where they are. `match` may be asked in the turn of whoever sends: it should only look. The idea of a
 * selective receive is Erlang's; so is its trap, that each look goes over all that was left before.
 * @param match says whether a message is wanted; a type guard gives the answer its type. What it throws is thrown here
 *
 * ```ts
 * const isReply = (message: unknown): message is Reply => message instanceof Reply && message.id === id;
 * const reply = yield* new Timeout(1_000, new Receive(isReply));
 * ```
 */
export class Receive<T = unknown> extends Syscall<T> implements Wait<T>, Receiver {
  readonly match: ((message: unknown) => message is T) | ((message: unknown) => boolean) | undefined;
  #mailbox: Mailbox | undefined = undefined;
  #waiter: Waiter<T> | undefined = undefined;
  /** The place of the message that it was granted. */
  #order = 0;

  constructor(match?: ((message: unknown) => message is T) | ((message: unknown) => boolean)) {
    super();
    if (match !== undefined && typeof match !== "function") {
      throw new TypeError("Receive needs a function that says whether a message is wanted, or nothing");
    }
    this.match = match;
  }

  get verb(): string {
    return "receive";
  }

  get object(): string {
    return this.match === undefined ? "a message" : `a message that ${this.match.name || "matches"}`;
  }

  /** Those that wait at the mailbox. For checkers. */
  get queue(): { readonly size: number } | undefined {
    return this.#mailbox?.receivers;
  }

  override get family(): string {
    return "sync";
  }

  override handle(task: Task, _kernel: Kernel): Answer<T> {
    const mailbox = mailboxOf(task);
    this.#mailbox = mailbox;
    const place = mailbox.letters.findIndex(({ message }) => this.#wants(message));
    const letter = mailbox.letters[place];
    if (letter !== undefined) {
      mailbox.letters.splice(place, 1);
      return this.#grant(letter);
    }
    return task.block<T>(this, (waiter) => {
      this.#waiter = waiter;
      mailbox.receivers.add(this);
      return () => mailbox.receivers.delete(this);
    });
  }

  /** For the sender. */
  take(letter: Letter): boolean {
    try {
      if (!this.#wants(letter.message)) return false;
    } catch (error) {
      this.#mailbox?.receivers.delete(this);
      this.#waiter?.fail(error);
      return false;
    }
    this.#mailbox?.receivers.delete(this);
    return this.#waiter?.wake(this.#grant(letter)) === true;
  }

  /** Back to its place: the cleanup of the task that was killed may receive it. */
  giveBack(message: T): void {
    const letters = this.#mailbox?.letters;
    const later = letters?.findIndex(({ order }) => order > this.#order) ?? -1;
    letters?.splice(later < 0 ? letters.length : later, 0, { message, order: this.#order });
  }

  #wants(message: unknown): boolean {
    return this.match === undefined || this.match(message);
  }

  #grant({ message, order }: Letter): T {
    this.#order = order;
    return message as T; // `match` says so, or the caller does
  }
}

/** How many messages a task has that it has not received. For monitors. */
export function mailboxSize(task: Task): number {
  return mailboxes.get(task)?.letters.length ?? 0;
}
