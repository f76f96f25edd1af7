// The suite `monitor`: what it costs a kernel to be seen, and a viewer to show it.

import { Build } from "../echo/build.ts";
import { guarded } from "../echo/running.ts";
import { measured } from "../lib/child.ts";
import { type Case, interleaved } from "../lib/rounds.ts";
import type { Effort, Suite, SuiteResult } from "../lib/suite.ts";
import { checksOf } from "./checks.ts";
import { served } from "./served.ts";
import { tablesOf } from "./tables.ts";
import type { Figures, What } from "./what.ts";

const timeoutMs = 120_000;
/** Each round of these takes seconds; their figures are middles of many already. */
const longRounds = 2;
const short: readonly What[] = ["plain", "uncounted", "watched", "traced"];
const long: readonly What[] = ["frames", "drawing", "ending", "deaf"];
/** Of these, what is measured for every change: no servers, no waiting. */
const quick: readonly What[] = ["frames", "drawing"];

async function run(effort: Effort): Promise<SuiteResult> {
  const build = await Build.make();
  const child = build.compiled("bench/monitor/child.ts");
  const caseOf = (what: What): Case<Figures> => ({
    name: what,
    run: async () => (await measured([process.execPath, "--expose-gc", child, what], timeoutMs)) as Figures, // what it prints
  });
  const fewRounds = { ...effort, rounds: effort.quick ? 1 : Math.min(longRounds, effort.rounds) };
  const rounds = new Map([
    ...(await interleaved(short.map(caseOf), effort)),
    ...(await interleaved((effort.quick ? quick : long).map(caseOf), fewRounds)),
  ]);
  const all = effort.quick ? new Map() : await served(build, effort);
  const checks = checksOf(rounds, all);
  return {
    tables: tablesOf(rounds, all),
    plots: [],
    checks: effort.quick ? checks.filter(({ value }) => !Number.isNaN(value)) : checks,
  };
}

export const suite: Suite = { name: "monitor", run: (effort) => guarded(() => run(effort)) };
