// Source: what can be received from. It is the half that channels, queues and subscriptions have in common: items that
// are there, tasks that wait for some, and an end. Each item goes to one receiver, in order, first come, first served.
// What was granted to a task that is killed before it takes it comes back to the place it had. So an item is never lost
// while its source lives, and never received twice.

import { type Answer, type Kernel, SyscallError, type Task } from "../../kernel/syscall.ts";
import { Park, type Step, WaitQueue } from "../../syscalls/index.ts";
import { Returned } from "../../syscalls/returned.ts";

/** Where items are until they are received; in which order they leave it is its own affair. */
export interface Store<T> {
  readonly size: number;
  push(item: T, rank: number): void;
  /** The next item. Not asked when it is empty. */
  shift(): T | undefined;
}

/** Who is granted an item. */
export interface Receiver<T> {
  /** @param order the item's place among all that were granted: it goes back there, if it goes back */
  grant(item: T, order: number): void;
}

export abstract class Source<T> {
  /** How many items there may be before whoever sends one has to wait. */
  readonly capacity: number;
  /** Those that wait for an item: nobody, while there is one. For the syscalls that wait here. */
  readonly receivers: WaitQueue<unknown>;
  protected readonly store: Store<T> | undefined;
  /** How many different items have been granted. */
  protected granted = 0;
  /** All of them come before what is in the store. */
  readonly #returned = new Returned<T>();
  readonly #called: string;
  #closed = false;
  #error: unknown = undefined;

  /** @param called "channel jobs": what it is called in a monitor */
  protected constructor(called: string, capacity: number, store: Store<T> | undefined) {
    this.#called = called;
    this.capacity = capacity;
    this.store = store;
    this.receivers = new WaitQueue<unknown>("receive from", () => this.label);
  }

  /** How many items are here. Over `capacity` only after a kill, by what its task had been granted. */
  get size(): number {
    return this.#returned.size + (this.store === undefined ? 0 : this.store.size);
  }

  /** True once nothing more can be sent; what is here can still be received. */
  get closed(): boolean {
    return this.#closed;
  }

  /** "channel jobs (3 of 8)", as monitors show it. */
  get label(): string {
    return this.capacity === 0 ? this.#called : `${this.#called} (${this.size} of ${this.capacity})`;
  }

  /**
   * Waits for an item and answers with it.
   * @throws once it is closed and drained: EPIPE, or the error that it was closed with
   */
  receive(): ReceiveItem<T> {
    return new ReceiveItem(this);
  }

  /**
   * Waits for an item: `{done: false, value}`, or `{done: true}` once it is closed and drained. For loops:
   *
   * ```ts
   * for (let job = yield* jobs.next(); !job.done; job = yield* jobs.next()) yield* work(job.value);
   * ```
   * @throws the error that it was closed with, if it was with one, once it is drained
   */
  next(): NextItem<T> {
    return new NextItem(this);
  }

  /** As `next`, without waiting: undefined when there is nothing now. Callable from anywhere. */
  tryReceive(): Step<T> | undefined {
    const receiver = new NextItem(this);
    if (this.take(receiver, undefined)) return receiver.answer();
    return this.closed ? this.atEnd() : undefined;
  }

  /** Takes out all that can be had now. Callable from anywhere. */
  drain(): T[] {
    const items: T[] = [];
    const receiver = new ReceiveItem(this);
    while (this.take(receiver, undefined)) items.push(receiver.answer());
    return items;
  }

  /** For the syscalls that wait here: grants the next item, if there is one. @param kernel undefined: not in a turn */
  take(receiver: Receiver<T>, kernel: Kernel | undefined): boolean {
    const { store } = this;
    const returned = this.#returned.shift();
    if (returned !== undefined) {
      receiver.grant(returned.item, returned.order);
    } else if (store !== undefined && store.size !== 0) {
      receiver.grant(store.shift() as T, ++this.granted); // it is not empty
    } else {
      return this.takeDirectly(receiver, kernel);
    }
    this.sizeChanged(kernel);
    return true;
  }

  /** For the syscalls that wait here: what was granted to a task that will not take it. */
  putBack(item: T, order: number): void {
    if (this.#handTo(item, order)) return;
    this.#returned.add(item, order);
    this.sizeChanged(undefined);
  }

  /** For the syscalls that wait here: what `next` answers at the end. @throws the error that it was closed with */
  atEnd(): Step<T> {
    if (this.#error !== undefined) throw this.#error;
    return ended;
  }

  /** Takes out what would be next. */
  protected drop(): void {
    if (this.#returned.shift() === undefined && this.store !== undefined && this.store.size > 0) {
      this.store.shift();
      this.granted++;
    }
  }

  /** Grants an item from the hand of whoever waits to send it. */
  protected takeDirectly(_receiver: Receiver<T>, _kernel: Kernel | undefined): boolean {
    return false;
  }

  /** There are more or fewer items than before. */
  protected abstract sizeChanged(kernel: Kernel | undefined): void;

  /** Gives an item to the first that waits. */
  protected hand(item: T): boolean {
    if (this.receivers.first === undefined || !this.#handTo(item, this.granted + 1)) return false;
    this.granted++;
    return true;
  }

  #handTo(item: T, order: number): boolean {
    const { receivers } = this;
    for (let first = receivers.first; first !== undefined; first = receivers.first) {
      const receiver = first as Taking<T, unknown>; // nobody else joins it
      receiver.grant(item, order);
      if (receivers.answer(receiver, receiver.answer())) return true;
    }
    return false;
  }

  /** Ends it: what is here can still be received, and then comes the end. False if it had ended before. */
  protected end(error: unknown): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#error = error;
    const { receivers } = this;
    for (let first = receivers.first; first !== undefined; first = receivers.first) {
      (first as Taking<T, unknown>).endIn(receivers); // as above
    }
    return true;
  }
}

const ended: { readonly done: true } = Object.freeze({ done: true });

/** What both ways to receive have in common. */
abstract class Taking<T, A> extends Park<A> implements Receiver<T> {
  readonly source: Source<T>;
  /** What it was granted, and its place among all that were granted. */
  item: T | undefined = undefined;
  order = 0;

  constructor(source: Source<T>) {
    super(source.receivers as WaitQueue<A>); // each that waits in it is handed its own kind of answer
    this.source = source;
  }

  override handle(task: Task, kernel: Kernel): Answer<A> {
    const { source } = this;
    if (source.take(this, kernel)) return this.answer();
    return source.closed ? this.atEnd() : super.handle(task, kernel);
  }

  grant(item: T, order: number): void {
    this.item = item;
    this.order = order;
  }

  /** What it answers, once it was granted an item. */
  abstract answer(): A;

  /** What it answers when no more will come. */
  abstract atEnd(): A;

  /** It waits, and no more will come. */
  endIn(receivers: WaitQueue<unknown>): void {
    try {
      receivers.answer(this as Park<unknown>, this.atEnd()); // its own kind of answer
    } catch (error) {
      receivers.refuse(this as Park<unknown>, error); // as above
    }
  }
}

/** Receives an item: what `receive` of a channel, a queue or a subscription gives. */
export class ReceiveItem<T> extends Taking<T, T> {
  override answer(): T {
    return this.item as T; // it was granted one
  }

  override atEnd(): T {
    this.source.atEnd();
    throw new SyscallError("EPIPE", `${this.source.label} is closed, and nothing is left in it: read it with next()`);
  }

  override giveBack(item: T): void {
    this.source.putBack(item, this.order);
  }
}

/** Receives an item or the end: what `next` of a channel, a queue or a subscription gives. */
export class NextItem<T> extends Taking<T, Step<T>> {
  override answer(): Step<T> {
    return { done: false, value: this.item as T }; // as above
  }

  override atEnd(): Step<T> {
    return this.source.atEnd();
  }

  override giveBack(step: Step<T>): void {
    if (!step.done) this.source.putBack(step.value, this.order);
  }
}
