// The suite `pipelines`: what an item costs in each style of pipeline, a coroutine beside an object with a method; and what a
// web server's log of 1,000,000 lines comes to in memory and time.

import { measured } from "../lib/child.ts";
import { median } from "../lib/figures.ts";
import { nodeCommand } from "../lib/peer.ts";
import { interleaved } from "../lib/rounds.ts";
import type { Check, Effort, Suite, SuiteResult } from "../lib/suite.ts";
import { type Styled, styles } from "./styles.ts";
import { type Costs, type LogCosts, lineCounts, logTable, styleTable } from "./tables.ts";

const timeoutMs = 120_000;
/** What the check is about. */
const few: readonly Styled[] = ["async generator", "tasks on channels"];

async function run(effort: Effort): Promise<SuiteResult> {
  const names = effort.quick ? few : (Object.keys(styles) as Styled[]); // its own names
  const minMs = effort.quick ? 20 : 50;
  const costs = await interleaved(
    names.map((name) => ({ name, run: () => child<Costs>("style-child.ts", String(minMs), name) })),
    effort,
  );
  if (effort.quick) return { tables: [styleTable(costs)], plots: [], checks: [costCheck(costs)] };
  const logs = await interleaved(
    lineCounts.map((lines) => ({ name: `${lines} lines`, run: () => child<LogCosts>("log-child.ts", String(lines)) })),
    effort,
  );
  return { tables: [styleTable(costs), logTable(logs)], plots: [], checks: [costCheck(costs), memoryCheck(logs)] };
}

async function child<T>(file: string, ...args: string[]): Promise<T> {
  const command = await nodeCommand(new URL(file, import.meta.url), ...args);
  if (typeof command === "string") throw new Error(`this Node cannot run a child: ${command}`);
  return (await measured(command, timeoutMs)) as T; // what that file prints
}

function costCheck(rounds: ReadonlyMap<string, readonly Costs[]>): Check {
  const of = (name: Styled): number => median((rounds.get(name) ?? []).map((costs) => costs[5]));
  return {
    goal: "five stages of tasks cost at most half more than five of async generators",
    value: of("tasks on channels") / of("async generator"),
    unit: "×",
    atMost: 1.5,
    floor: 2,
  };
}

function memoryCheck(rounds: ReadonlyMap<string, readonly LogCosts[]>): Check {
  const [first, last] = [lineCounts[0], lineCounts.at(-1)].map((lines) =>
    median((rounds.get(`${lines} lines`) ?? []).map(({ peakMb }) => peakMb)),
  );
  return {
    goal: "a log of 1,000,000 lines takes at most half more memory than one of 100,000",
    value: (last ?? Number.NaN) / (first ?? Number.NaN),
    unit: "×",
    atMost: 1.5,
  };
}

export const suite: Suite = { name: "pipelines", run };
