// A channel without a buffer: who comes first waits, and the item goes from hand to hand. Two syscalls, as a user of
// the kernel writes them; each wait is undone if its task is ended, and an item that was granted to a task that is
// killed before it takes it goes to the next.

import {
  type Answer,
  type Kernel,
  Syscall,
  type Task,
  type Undo,
  type Wait,
  type Waiter,
} from "../../../kernel/syscall.ts";

export class Channel<T> {
  readonly senders: Waiter<void>[] = [];
  readonly receivers: Waiter<T>[] = [];
  /** Granted, and not taken. */
  readonly returned: T[] = [];
}

/** Waits until somebody has the item. */
export class Send<T> extends Syscall<void> implements Wait<void> {
  readonly verb = "send to";
  readonly object = "channel";
  readonly channel: Channel<T>;
  readonly item: T;

  constructor(channel: Channel<T>, item: T) {
    super();
    this.channel = channel;
    this.item = item;
  }

  override handle(task: Task, _kernel: Kernel): Answer<void> {
    const { receivers } = this.channel;
    for (let receiver = receivers.shift(); receiver !== undefined; receiver = receivers.shift()) {
      if (receiver.wake(this.item)) return undefined;
    }
    return task.block<void>(this, joinSenders);
  }
}

/** Waits for an item. */
export class Receive<T> extends Syscall<T> implements Wait<T> {
  readonly verb = "receive from";
  readonly object = "channel";
  readonly channel: Channel<T>;

  constructor(channel: Channel<T>) {
    super();
    this.channel = channel;
  }

  override handle(task: Task, _kernel: Kernel): Answer<T> {
    const { senders, returned } = this.channel;
    const before = returned.pop();
    if (before !== undefined) return before;
    for (let sender = senders.shift(); sender !== undefined; sender = senders.shift()) {
      if (sender.wake()) return (sender.wait as Send<T>).item; // only a Send joins them
    }
    return task.block<T>(this, joinReceivers);
  }

  giveBack(item: T): void {
    this.channel.returned.push(item);
  }
}

function joinSenders(waiter: Waiter<void>): Undo<void> {
  (waiter.wait as Send<unknown>).channel.senders.push(waiter); // only armed above
  return leaveSenders;
}

function joinReceivers<T>(waiter: Waiter<T>): Undo<T> {
  (waiter.wait as Receive<T>).channel.receivers.push(waiter); // only armed above
  return leaveReceivers;
}

function leaveSenders(waiter: Waiter<void>): void {
  remove((waiter.wait as Send<unknown>).channel.senders, waiter); // only armed above
}

function leaveReceivers<T>(waiter: Waiter<T>): void {
  remove((waiter.wait as Receive<T>).channel.receivers, waiter); // only armed above
}

function remove<T>(waiters: Waiter<T>[], waiter: Waiter<T>): void {
  const place = waiters.indexOf(waiter);
  if (place >= 0) waiters.splice(place, 1);
}
