// Rounds: every case runs once, then every case again, so that a busy moment of the machine hits all of them alike.

import type { Effort } from "./suite.ts";

export interface Case<T> {
  readonly name: string;
  run(): Promise<T>;
}

/** All cases, `effort.rounds` times over; what each gave, by name, in order. */
export async function interleaved<T>(cases: readonly Case<T>[], effort: Effort): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>(cases.map(({ name }) => [name, []]));
  for (let round = 1; round <= effort.rounds; round++) {
    for (const { name, run } of cases) {
      effort.say(`round ${round} of ${effort.rounds}: ${name}`);
      results.get(name)?.push(await run());
    }
  }
  return results;
}
