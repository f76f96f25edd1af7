// The suite `switch`: what a trap, a call, a switch, a spawn and a waiting task cost, here and in other systems.

import { measured } from "../lib/child.ts";
import { nodeCommand } from "../lib/peer.ts";
import type { Effort, Suite, SuiteResult } from "../lib/suite.ts";
import { checksOf } from "./checks.ts";
import { memoryRounds, timingRounds } from "./measure.ts";
import { type OperationName, operationNames } from "./peers/peer.ts";
import { allSystems, fewSystems } from "./systems.ts";
import { type Mixed, memoryTable, mixedTable, timingTable, vocabularyTable } from "./tables.ts";
import type { Vocabulary } from "./vocabulary.ts";

async function run(effort: Effort): Promise<SuiteResult> {
  const systems = effort.quick ? await fewSystems() : await allSystems();
  const minMs = effort.quick ? 20 : 50;
  const timings = await timingRounds(systems, minMs, effort);
  const operations = effort.quick ? (["trap"] as const) : operationNames;
  const mixed = await mixedRounds(minMs, operations, effort);
  const vocabulary = await vocabularyRounds(minMs, effort);
  // A million takes a while and hardly varies.
  const most = await memoryRounds(effort.quick ? systems.slice(0, 1) : systems, 1_000_000, { ...effort, rounds: 1 });
  const memory = new Map([[1_000_000, most]]);
  if (!effort.quick) memory.set(100_000, await memoryRounds(systems, 100_000, effort));
  const waiting = systems.filter(({ mostParked }) => mostParked > 0);
  return {
    tables: [
      timingTable(systems, timings),
      mixedTable(mixed, operations),
      vocabularyTable(vocabulary),
      memoryTable(waiting, memory),
    ],
    plots: [],
    checks: checksOf({ timings, mixed, vocabulary, memory: most }),
  };
}

async function mixedRounds(minMs: number, operations: readonly OperationName[], effort: Effort): Promise<Mixed[]> {
  const command = await nodeCommand(new URL("mixed.ts", import.meta.url), String(minMs), ...operations);
  if (typeof command === "string") throw new Error(`this Node cannot run a child: ${command}`);
  const rounds: Mixed[] = [];
  for (let round = 0; round < effort.rounds; round++) {
    effort.say(`round ${round + 1} of ${effort.rounds}: all in one process`);
    rounds.push((await measured(command, 120_000)) as Mixed); // what mixed.ts prints
  }
  return rounds;
}

async function vocabularyRounds(minMs: number, effort: Effort): Promise<Vocabulary[]> {
  const command = await nodeCommand(new URL("vocabulary-child.ts", import.meta.url), String(minMs));
  if (typeof command === "string") throw new Error(`this Node cannot run a child: ${command}`);
  const rounds: Vocabulary[] = [];
  for (let round = 0; round < effort.rounds; round++) {
    effort.say(`round ${round + 1} of ${effort.rounds}: the rest of the vocabulary`);
    rounds.push((await measured(command, 120_000)) as Vocabulary); // what vocabulary-child.ts prints
  }
  return rounds;
}

export const suite: Suite = { name: "switch", run };
