// The waits for channels, queues and what is like them.

import type { SendItem } from "../../../apps/lib/channel.ts";
import { Broadcast, Channel, PriorityQueue, Queue, type Subscription } from "../../../apps/lib/index.ts";
import type { Program } from "../../../kernel/syscall.ts";
import type { CheckOptions } from "../../kit/index.ts";
import { held, type Table } from "./held.ts";

export const channels: Table = {
  "broadcast.send": () =>
    held(({ broadcast }) => broadcast.send("news"), {
      *setup() {
        const subscribed = yield* subscribing(1);
        subscribed.broadcast.trySend("fills it");
        return subscribed;
      },
      answer: ({ subscription }) => subscription.tryReceive(),
      ready: ({ subscription }) => subscription.tryReceive(),
      personal: true,
    }),
  "channel.next": () =>
    held(
      (channel) => channel.next(),
      met(() => new Channel()),
    ),
  "channel.next, buffered": () =>
    held(
      (channel) => channel.next(),
      met(() => new Channel({ capacity: 8 })),
    ),
  "channel.receive": () =>
    held(
      (channel) => channel.receive(),
      met(() => new Channel()),
    ),
  "channel.receive, buffered": () =>
    held(
      (channel) => channel.receive(),
      met(() => new Channel({ capacity: 8 })),
    ),
  "channel.send": () =>
    held((channel) => channel.send("item"), {
      *setup() {
        return new Channel<string>();
      },
      answer: (channel) => channel.receive(),
      ready: (channel) => channel.receive(),
      waiting: ({ senders }) => senders.size,
      personal: true,
    }),
  "channel.send, buffered": () =>
    held(
      (channel) => channel.send("item"),
      full(() => new Channel({ capacity: 1 })),
    ),
  "priorityQueue.next": () =>
    held(
      (queue) => queue.next(),
      met(() => ranked(8)),
    ),
  "priorityQueue.receive": () =>
    held(
      (queue) => queue.receive(),
      met(() => ranked(8)),
    ),
  "priorityQueue.send": () =>
    held(
      (queue) => queue.send("item"),
      full(() => ranked(1)),
    ),
  "queue.join": () =>
    held((queue) => queue.join(), {
      *setup() {
        const queue = new Queue<string>();
        yield* queue.send("item");
        yield* queue.receive();
        return queue;
      },
      answer: (queue) => queue.done(),
      ready: (queue) => queue.done(),
      single: true,
    }),
  "queue.next": () =>
    held(
      (queue) => queue.next(),
      met(() => new Queue()),
    ),
  "queue.receive": () =>
    held(
      (queue) => queue.receive(),
      met(() => new Queue()),
    ),
  "queue.send": () =>
    held(
      (queue) => queue.send("item"),
      full(() => new Queue({ capacity: 1 })),
    ),
  "subscription.next": () => held(({ subscription }) => subscription.next(), heard),
  "subscription.receive": () => held(({ subscription }) => subscription.receive(), heard),
};

function ranked(capacity: number): PriorityQueue<string> {
  return new PriorityQueue({ rank: ({ length }) => length, capacity });
}

/** What is sent comes to one that receives, or waits for one. */
function met(make: () => Channel<string>): CheckOptions<Channel<string>> {
  const send = (channel: Channel<string>): SendItem<string> => channel.send("item");
  return {
    *setup(): Program<Channel<string>> {
      return make();
    },
    answer: send,
    ready: send,
    waiting: ({ receivers }) => receivers.size,
  };
}

/** One that has no room. To be let in is no more than the news that the item is sent. */
function full(make: () => Channel<string>): CheckOptions<Channel<string>> {
  return {
    *setup(): Program<Channel<string>> {
      const channel = make();
      channel.trySend("fills it");
      return channel;
    },
    answer: (channel) => channel.tryReceive(),
    ready: (channel) => channel.tryReceive(),
    waiting: ({ senders }) => senders.size,
    personal: true,
  };
}

interface Subscribed {
  readonly broadcast: Broadcast<string>;
  readonly subscription: Subscription<string>;
}

function* subscribing(capacity: number): Program<Subscribed> {
  const broadcast = new Broadcast<string>({ capacity });
  return { broadcast, subscription: yield* broadcast.subscribe() };
}

/** What a subscriber waits for. */
const heard: CheckOptions<Subscribed> = {
  setup: () => subscribing(8),
  answer: ({ broadcast }) => broadcast.trySend("news"),
  ready: ({ broadcast }) => broadcast.trySend("news"),
  waiting: ({ subscription }) => subscription.receivers.size,
};
