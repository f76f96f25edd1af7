// The suite `scale`: how costs grow with the number of tasks, of timers and of frames, up to 1,000,000.

import { measured } from "../lib/child.ts";
import { nodeCommand } from "../lib/peer.ts";
import { type Case, interleaved } from "../lib/rounds.ts";
import type { Effort, Suite, SuiteResult } from "../lib/suite.ts";
import { checksOf } from "./checks.ts";
import { caseName, type Grown, sizesOf } from "./grown.ts";
import { plotsOf } from "./plots.ts";
import { tablesOf } from "./tables.ts";
import type { Figures, What } from "./what.ts";

const timeoutMs = 180_000;
const quickRounds = 2;

async function run(effort: Effort): Promise<SuiteResult> {
  const sizes = sizesOf(effort.quick);
  const cases: Case<Figures>[] = [];
  for (const [what, ofWhat] of Object.entries(sizes)) {
    for (const size of ofWhat) cases.push(await caseOf(what as What, size)); // a key of `sizes`
  }
  const rounds = await interleaved(cases, effort.quick ? { ...effort, rounds: quickRounds } : effort);
  const grown: Grown = { sizes, rounds };
  return { tables: tablesOf(grown), plots: plotsOf(grown), checks: checksOf(grown) };
}

async function caseOf(what: What, size: number): Promise<Case<Figures>> {
  const command = await nodeCommand(new URL("child.ts", import.meta.url), what, String(size));
  if (typeof command === "string") throw new Error(`this Node cannot run a child: ${command}`);
  const run = async (): Promise<Figures> => (await measured(command, timeoutMs)) as Figures; // what child.ts prints
  return { name: caseName(what, size), run };
}

export const suite: Suite = { name: "scale", run };
