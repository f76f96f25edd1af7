// Programs that the laws of channels, queues and broadcasts are tested with.

import type { Channel, Program } from "../../apps/index.ts";
import type { Source } from "../../apps/lib/source.ts";
import { Kernel } from "../../kernel/index.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { Invariants } from "../kit/index.ts";

/** Sends each item, and notes those that were sent. */
export function* sending<T>(channel: Channel<T>, items: readonly T[], sent: T[] = []): Program<void> {
  for (const item of items) {
    yield* channel.send(item);
    sent.push(item);
  }
}

/** Receives until the end. */
export function* receiving<T>(channel: Source<T>, into: T[]): Program<void> {
  for (let next = yield* channel.next(); !next.done; next = yield* channel.next()) into.push(next.value);
}

/** A run in which each lap's order is a matter of chance. */
export function shuffled<T>(seed: number, quantum: number, program: () => Program<T>): T {
  const machine = new VirtualMachine({ seed });
  const chance = new VirtualMachine({ seed: seed + 1 });
  const kernel = new Kernel(machine, { quantum, shuffle: () => chance.random(), log: () => undefined });
  const invariants = new Invariants(kernel);
  kernel.addObserver(invariants);
  const value = kernel.runSync(program());
  invariants.finish();
  return value;
}
