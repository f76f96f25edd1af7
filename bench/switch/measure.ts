// Runs the systems in turn and gathers their figures.

import { measured } from "../lib/child.ts";
import { type Case, interleaved } from "../lib/rounds.ts";
import type { Effort } from "../lib/suite.ts";
import type { Memory, Timings } from "./peers/peer.ts";
import type { System } from "./systems.ts";

const timeoutMs = 180_000;

/** One result a round, by system; nothing for those that cannot be run. */
export async function timingRounds(
  systems: readonly System[],
  minMs: number,
  effort: Effort,
): Promise<Rounds<Timings>> {
  return await interleaved(casesOf<Timings>(systems, "time", minMs), effort);
}

export async function memoryRounds(systems: readonly System[], tasks: number, effort: Effort): Promise<Rounds<Memory>> {
  const able = systems.filter(({ mostParked }) => mostParked >= tasks);
  return await interleaved(casesOf<Memory>(able, "park", tasks), effort);
}

export type Rounds<T> = ReadonlyMap<string, readonly T[]>;

function casesOf<T>(systems: readonly System[], what: string, amount: number): Case<T>[] {
  return systems.flatMap(({ name, command }) => {
    if (typeof command === "string") return [];
    const run = async (): Promise<T> => (await measured([...command, what, String(amount)], timeoutMs)) as T; // the peers' protocol
    return [{ name: `${name}`, run }];
  });
}

/** One figure of each round; undefined if a system was not run or does not have it. */
export function valuesOf<T>(rounds: Rounds<T>, name: string, pick: (result: T) => number | undefined): number[] {
  return (rounds.get(name) ?? []).flatMap((result) => pick(result) ?? []);
}
