// What a system is for this suite: the same few operations, each done `count` times, and tasks that wait for ever.

import type { Operation } from "../../lib/timing.ts";

/** The operations, in the order of the tables. */
export const operationNames = ["trap", "deepTrap", "call", "switch", "channel", "spawn"] as const;
export type OperationName = (typeof operationNames)[number];

export interface Peer {
  readonly operations: Partial<Readonly<Record<OperationName, Operation>>>;
  /** Starts so many tasks that wait, has them kept alive, and calls `parked` when all of them do. */
  park(count: number, parked: () => void): unknown;
}

/** How deep the deep trap is. */
export const depth = 50;

export type Timings = Partial<Record<OperationName, number>>;

/** What one more waiting task takes. */
export interface Memory {
  /** Bytes of heap (of Go, of heap and stacks); undefined where the system does not tell. */
  readonly heap?: number;
  /** Bytes of resident memory. */
  readonly resident: number;
}
