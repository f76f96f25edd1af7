// Channel: items from task to task. Without a buffer the two meet: a send is answered when a receiver has the item in
// hand, as in Stackless Python and in Hoare's CSP; with one, when there is room. Closing it drains, then ends.

import { type Answer, type Kernel, Ring, SyscallError, type Task } from "../../kernel/syscall.ts";
import { shown } from "../../kernel/text.ts";
import { Park, WaitQueue } from "../../syscalls/index.ts";
import { checkedCount, labelOf, maxCapacity, type NameOptions } from "./checked.ts";
import { type Receiver, Source, type Store } from "./source.ts";

/** Who goes on first when a sender and a receiver meet; "none": whoever came second, who has the turn. */
export type Preference = "none" | "receiver" | "sender";

/** What a channel can be told. */
export interface ChannelOptions extends NameOptions {
  /** Items that may wait in it. Default 0: who sends and who receives meet. */
  readonly capacity?: number;
  /** Who goes on first when the two meet. Default "none". */
  readonly preference?: Preference;
}

/**
 * A channel between any number of senders and receivers, all first come, first served. Plain data, made anywhere.
 *
 * `preference` (the idea is Stackless Python's): when a task finds the other side waiting, that one becomes ready, and
 * has its turn in the next lap. By default the task that came goes on with its turn until then. Should the other be
 * preferred, it gives up the rest of its turn, and stands in line behind the other: the other's code goes on first,
 * and whoever was ready before the two goes before both.
 *
 * ```ts
 * const jobs = new Channel<Job>({ capacity: 8, name: "jobs" });
 * yield* new NewTask(worker(jobs));
 * yield* jobs.send(job); // waits while 8 are there
 * jobs.close(); // the worker's loop over jobs.next() ends when it has done them all
 * ```
 */
export class Channel<T> extends Source<T> {
  readonly preference: Preference;
  /** Those that wait for room. For the syscall that waits here. */
  readonly senders: WaitQueue;
  #reason: unknown = undefined;

  /**
   * @param kind for subclasses: what it is called in a monitor, default "channel"
   * @param least for subclasses: the smallest capacity
   * @param store for subclasses: where items are until they are received; default: first in, first out
   * @throws EINVAL for a capacity that is no whole number from 0 to 16,777,216, or another preference; ENAMETOOLONG;
   * TypeError for a name that is no text
   */
  constructor(options: ChannelOptions = {}, kind = "channel", least = 0, store?: Store<T>) {
    const { capacity = 0, preference = "none" } = options;
    const called = labelOf(kind, options.name);
    checkedCount(capacity, `capacity of ${called}`, least, maxCapacity);
    super(called, capacity, store ?? (capacity === 0 ? undefined : new Ring<T>()));
    if (preference !== "none" && preference !== "receiver" && preference !== "sender") {
      throw new SyscallError(
        "EINVAL",
        `preference of ${called} is ${shown(preference)}: give none, receiver or sender`,
      );
    }
    this.preference = preference;
    this.senders = new WaitQueue("send to", () => this.label);
  }

  /**
   * Waits until a receiver has the item, or there is room for it. A sender that is ended before that has not sent it.
   * What a receiver was granted and, being killed, did not take is there for the next one.
   * @throws EPIPE once it is closed, while waiting too; `cause` is the error that it was closed with
   */
  send(item: T): SendItem<T> {
    return new SendItem(this, item);
  }

  /** As `send`, without waiting: false when it would have to. Callable from anywhere. @throws EPIPE once it is closed */
  trySend(item: T): boolean {
    return this.accept(item, this.rankOf(item), undefined);
  }

  /**
   * Nothing more can be sent; those that wait to send get EPIPE, their items were not sent. What is there can still be
   * received, then `next` gives `{done: true}` and `receive` throws EPIPE. Closing it again does nothing. One who was
   * told the end has been told it, even if a killed receiver gives an item back after that.
   * @param error what receivers get instead of the end
   */
  close(error?: unknown): void {
    if (!this.end(error)) return;
    this.#reason = error;
    this.senders.refuseAll(() => this.#refusal());
  }

  /** For SendItem: what decides its place in a store that is not first in, first out. Asked when it is sent, in the sender. */
  rankOf(_item: T): number {
    return 0;
  }

  /** For SendItem: true when it has been sent. @throws EPIPE when it cannot be any more */
  accept(item: T, rank: number, kernel: Kernel | undefined): boolean {
    if (this.closed) throw this.#refusal();
    if (this.hand(item)) {
      if (this.preference === "receiver") endTurn(kernel);
      return true;
    }
    if (this.store === undefined || this.size >= this.capacity) return false;
    this.store.push(item, rank);
    return true;
  }

  protected override takeDirectly(receiver: Receiver<T>, kernel: Kernel | undefined): boolean {
    const sender = this.#released(kernel);
    if (sender === undefined) return false;
    receiver.grant(sender.item, ++this.granted);
    return true;
  }

  /** Lets in those that wait, as far as there is room. */
  protected override sizeChanged(kernel: Kernel | undefined): void {
    while (this.senders.size > 0 && this.size < this.capacity) {
      const sender = this.#released(kernel);
      if (sender !== undefined) this.store?.push(sender.item, sender.rank);
    }
  }

  // The first sender that waits, and now waits no more: its item is sent.
  #released(kernel: Kernel | undefined): SendItem<T> | undefined {
    const { senders } = this;
    for (let first = senders.first; first !== undefined; first = senders.first) {
      if (!senders.answer(first, undefined)) continue;
      if (this.preference === "sender") endTurn(kernel);
      return first as SendItem<T>; // nobody else joins it
    }
    return undefined;
  }

  #refusal(): SyscallError {
    const options = this.#reason === undefined ? undefined : { cause: this.#reason };
    return new SyscallError("EPIPE", `${this.label} is closed: nothing more can be sent to it`, options);
  }
}

// The gate cuts the turn once this syscall has been served, so that the task is made ready after the one just woken.
function endTurn(kernel: Kernel | undefined): void {
  if (kernel !== undefined) kernel.trapsLeft = 0;
}

/** Sends an item: what `send` of a channel or a queue gives. */
export class SendItem<T> extends Park {
  readonly channel: Channel<T>;
  readonly item: T;
  readonly rank: number;

  constructor(channel: Channel<T>, item: T) {
    super(channel.senders);
    this.channel = channel;
    this.item = item;
    this.rank = channel.rankOf(item);
  }

  override handle(task: Task, kernel: Kernel): Answer<void> {
    return this.channel.accept(this.item, this.rank, kernel) ? undefined : super.handle(task, kernel);
  }

  /** Sent is sent, whether or not the sender lives to hear of it. */
  override giveBack(): void {}
}
