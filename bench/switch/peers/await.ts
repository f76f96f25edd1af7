// Async functions, no library. They have no channel: it is made of promises as ours is of wait queues. A call of an
// async function starts a task, so spawning is calling.

import { depth, type Peer } from "./peer.ts";

async function awaits(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
}

async function deepAwaits(left: number, count: number): Promise<void> {
  await (left > 0 ? deepAwaits(left - 1, count) : awaits(count));
}

async function nothing(): Promise<void> {}

async function calls(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await nothing();
}

class Channel {
  readonly #items: number[] = [];
  readonly #waiting = new Set<() => void>();

  async send(item: number): Promise<void> {
    while (this.#items.length > 0) await this.#change();
    this.#items.push(item);
    this.#changed();
  }

  async receive(): Promise<number> {
    for (;;) {
      const item = this.#items.pop();
      if (item !== undefined) {
        this.#changed();
        return item;
      }
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #changed(): void {
    for (const resolve of this.#waiting) {
      this.#waiting.delete(resolve);
      resolve();
    }
  }
}

async function echo(from: Channel, to: Channel, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await to.send(await from.receive());
}

async function roundTrips(count: number): Promise<number> {
  const [there, back] = [new Channel(), new Channel()];
  void echo(there, back, count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    await there.send(i);
    sum += await back.receive();
  }
  return sum;
}

const kept: (() => void)[] = [];

async function waiting(): Promise<void> {
  await new Promise<void>((resolve) => kept.push(resolve));
}

export const peer: Peer = {
  operations: {
    trap: awaits,
    deepTrap: (count) => deepAwaits(depth - 1, count),
    call: calls,
    switch: (count) => Promise.all([awaits(count / 2), awaits(count / 2)]),
    channel: roundTrips,
  },
  park(count, parked) {
    for (let i = 0; i < count; i++) void waiting();
    parked();
    return kept.length;
  },
};
