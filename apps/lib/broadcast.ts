// Broadcast: each subscriber gets each item, in the order in which they were sent. A subscriber that is slow holds the
// senders up, or misses items and can see how many, as you choose; it never makes anything grow without a bound.

import { type Answer, type Kernel, Ring, Syscall, SyscallError, type Task, type Tid } from "../../kernel/syscall.ts";
import type { ExitWatcher } from "../../kernel/task.ts";
import { shown } from "../../kernel/text.ts";
import { Park, WaitQueue } from "../../syscalls/index.ts";
import { checkedCount, labelOf, maxCapacity, type NameOptions } from "./checked.ts";
import { Source } from "./source.ts";

/** What becomes of an item when a subscriber has as many as it may: its senders wait, or that subscriber misses one. */
export type WhenFull = "wait" | "drop oldest";

/** What a broadcast can be told. */
export interface BroadcastOptions extends NameOptions {
  /** Items that may wait for each subscriber. Default 1,024. */
  readonly capacity?: number;
  /** Default "wait": a send waits until each subscriber has room. */
  readonly whenFull?: WhenFull;
  /** How many may subscribe. Default 65,536. */
  readonly subscribers?: number;
}

/**
 * Sends each item to everybody who subscribes. Nobody subscribes: an item that is sent is gone. Plain data, made anywhere.
 *
 * ```ts
 * const prices = new Broadcast<Price>({ capacity: 16, whenFull: "drop oldest", name: "prices" });
 *
 * const mine = yield* prices.subscribe(); // in each task that listens
 * for (let price = yield* mine.next(); !price.done; price = yield* mine.next()) show(price.value, mine.missed);
 *
 * yield* prices.send(price);
 * ```
 */
export class Broadcast<T> {
  /** Items that may wait for each subscriber. */
  readonly capacity: number;
  readonly whenFull: WhenFull;
  readonly #called: string;
  readonly #maxSubscribers: number;
  readonly #subscriptions = new Set<Subscription<T>>();
  /** Those that have no room: while there are any, senders wait. */
  readonly #full = new Set<Subscription<T>>();
  readonly #senders: WaitQueue;
  #closed = false;
  #reason: unknown = undefined;

  /** @throws EINVAL for a bound that is no whole number from 1 to 16,777,216, or another `whenFull`; ENAMETOOLONG */
  constructor(options: BroadcastOptions = {}) {
    const { capacity = 1_024, subscribers = 65_536, whenFull = "wait" } = options;
    const called = labelOf("broadcast", options.name);
    if (whenFull !== "wait" && whenFull !== "drop oldest") {
      throw new SyscallError("EINVAL", `whenFull of ${called} is ${shown(whenFull)}: give "wait" or "drop oldest"`);
    }
    this.#called = called;
    this.capacity = checkedCount(capacity, `capacity of ${called}`, 1, maxCapacity);
    this.#maxSubscribers = checkedCount(subscribers, `subscribers of ${called}`, 1, maxCapacity);
    this.whenFull = whenFull;
    this.#senders = new WaitQueue(
      "send to",
      () => this.label,
      () => this.#slow(),
    );
  }

  /** How many subscribe. */
  get size(): number {
    return this.#subscriptions.size;
  }

  /** True once nothing more can be sent. */
  get closed(): boolean {
    return this.#closed;
  }

  /** "broadcast prices (2 of 5 full)", as monitors show it. */
  get label(): string {
    return `${this.#called} (${this.#full.size} of ${this.size} full)`;
  }

  /**
   * Subscribes the calling task to what is sent from now on. The subscription ends with its `close()`, and with the task.
   * @throws EPIPE when it is closed, EAGAIN at the bound of subscribers
   */
  subscribe(): Subscribe<T> {
    return new Subscribe(this);
  }

  /**
   * Gives an item to everybody, or to nobody: waits until each subscriber has room, if they are not to miss any. A sender
   * that is ended before that has not sent it.
   * @throws EPIPE once it is closed, while waiting too; `cause` is the error that it was closed with
   */
  send(item: T): SendToAll<T> {
    return new SendToAll(this, item, this.#senders);
  }

  /** As `send`, without waiting: false when it would have to. Callable from anywhere. @throws EPIPE once it is closed */
  trySend(item: T): boolean {
    if (this.#closed) throw this.#refusal();
    if (this.#full.size > 0 && this.whenFull === "wait") return false;
    for (const subscription of this.#subscriptions) subscription.put(item);
    return true;
  }

  /**
   * Nothing more can be sent; those that wait to send get EPIPE. Subscribers receive what is there for them, then the
   * end. Closing it again does nothing.
   * @param error what subscribers get instead of the end
   */
  close(error?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reason = error;
    this.#senders.refuseAll(() => this.#refusal());
    for (const subscription of this.#subscriptions) subscription.close(error);
  }

  /** For Subscribe. */
  add(task: Task): Subscription<T> {
    if (this.#closed) throw this.#refusal();
    if (this.size >= this.#maxSubscribers) {
      throw new SyscallError("EAGAIN", `${this.label}: at most ${this.#maxSubscribers} may subscribe`);
    }
    const subscription = new Subscription(this, `subscription to ${this.#called}`, task);
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /** For a subscription: whether it has room, now that it has more or fewer items than before. */
  note(subscription: Subscription<T>, isFull: boolean): void {
    if (isFull) this.#full.add(subscription);
    else if (this.#full.delete(subscription)) this.#letIn();
  }

  /** For a subscription that is over. */
  remove(subscription: Subscription<T>): void {
    this.#subscriptions.delete(subscription);
    this.note(subscription, false);
  }

  // Those that wait to send, as long as everybody has room.
  #letIn(): void {
    const senders = this.#senders;
    for (let first = senders.first; first !== undefined && this.#full.size === 0; first = senders.first) {
      if (senders.answer(first, undefined)) this.trySend((first as SendToAll<T>).item); // nobody else joins it
    }
  }

  #slow(): Tid[] {
    return [...new Set([...this.#full].map(({ owner }) => owner.tid))];
  }

  #refusal(): SyscallError {
    const options = this.#reason === undefined ? undefined : { cause: this.#reason };
    return new SyscallError("EPIPE", `${this.label} is closed: nothing more can be sent to it`, options);
  }
}

/** What one subscriber gets. `receive`, `next`, `tryReceive` and `drain` as a channel has them. */
export class Subscription<T> extends Source<T> implements ExitWatcher {
  /** A subscriber is nobody who waits for its task. */
  readonly passive = true;
  /** With whose end it ends. */
  readonly owner: Task;
  readonly #broadcast: Broadcast<T>;
  #missed = 0;

  /** For Broadcast. */
  constructor(broadcast: Broadcast<T>, called: string, owner: Task) {
    super(called, broadcast.capacity, new Ring<T>());
    this.#broadcast = broadcast;
    this.owner = owner;
    owner.watchExit(this);
  }

  /** How many items it has not been given, in all, because it had as many as it may. */
  get missed(): number {
    return this.#missed;
  }

  /** Ends it: no more will come, and nobody waits for it any more. What is there can still be received. */
  close(error?: unknown): void {
    if (!this.end(error)) return;
    this.owner.unwatchExit(this);
    this.#broadcast.remove(this);
  }

  /** For Broadcast. */
  put(item: T): void {
    if (this.hand(item)) return;
    if (this.size >= this.capacity) {
      this.drop();
      this.#missed++;
    }
    this.store?.push(item, 0);
    this.sizeChanged();
  }

  /** For the kernel: its owner is over. */
  exited(): void {
    this.close();
  }

  protected override sizeChanged(): void {
    if (!this.closed) this.#broadcast.note(this, this.size >= this.capacity);
  }
}

/** Subscribes: what `subscribe` of a broadcast gives. */
export class Subscribe<T> extends Syscall<Subscription<T>> {
  readonly broadcast: Broadcast<T>;

  constructor(broadcast: Broadcast<T>) {
    super();
    this.broadcast = broadcast;
  }

  override get family(): string {
    return "sync";
  }

  override handle(task: Task, _kernel: Kernel): Subscription<T> {
    return this.broadcast.add(task);
  }
}

/** Sends to everybody: what `send` of a broadcast gives. */
export class SendToAll<T> extends Park {
  readonly broadcast: Broadcast<T>;
  readonly item: T;

  constructor(broadcast: Broadcast<T>, item: T, senders: WaitQueue) {
    super(senders);
    this.broadcast = broadcast;
    this.item = item;
  }

  override handle(task: Task, kernel: Kernel): Answer<void> {
    return this.broadcast.trySend(this.item) ? undefined : super.handle(task, kernel);
  }

  /** Sent is sent, whether or not the sender lives to hear of it. */
  override giveBack(): void {}
}
