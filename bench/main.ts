// `npm run bench [-- [--quick] [--render] [--rounds <n>] [suite…]]`: runs suites, prints their tables and checks, and keeps the
// results in results.json, RESULTS.md and plots/. `--quick` is for every change: small, writes nothing, and exits 1
// when a check fell below its floor. `--render` measures nothing and only writes RESULTS.md and the plots anew.

import { mkdir, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { checkText, verdict } from "./lib/checks.ts";
import { describeRun } from "./lib/machine.ts";
import { plotSvg } from "./lib/plot.ts";
import { resultsMarkdown } from "./lib/report.ts";
import { merged, readSections, type Section, writeSections } from "./lib/results.ts";
import type { Check, Effort, Suite, SuiteResult } from "./lib/suite.ts";
import { tableText } from "./lib/table.ts";

const suiteNames: readonly string[] = ["switch", "scale", "pipelines", "echo", "evolution", "http", "monitor"];
const quickRounds = 3;
const fullRounds = 5;
const resultsFile = new URL("results.json", import.meta.url);
const reportFile = new URL("RESULTS.md", import.meta.url);
const plotsFolder = new URL("plots/", import.meta.url);

interface Options {
  readonly quick: boolean;
  readonly render: boolean;
  readonly rounds: number;
  readonly suites: readonly string[];
}

/** Exits 2 for options or suites that there are not. */
function optionsOf(args: string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { quick: { type: "boolean" }, render: { type: "boolean" }, rounds: { type: "string" } },
    });
    const unknown = positionals.find((name) => !suiteNames.includes(name));
    if (unknown !== undefined)
      throw new Error(`there is no suite "${unknown}": the suites are ${suiteNames.join(", ")}`);
    const { quick = false, render = false } = values;
    const rounds = Number(values.rounds ?? (quick ? quickRounds : fullRounds));
    if (!Number.isInteger(rounds) || rounds < 1)
      throw new Error(`--rounds ${values.rounds}: give a whole number from 1`);
    return { quick, render, rounds, suites: positionals.length > 0 ? positionals : suiteNames };
  } catch (error) {
    console.error(`bench: ${messageOf(error)}`);
    return process.exit(2);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A suite's module, which may not be there yet. */
async function load(name: string): Promise<Suite | undefined> {
  const module = new URL(`${name}/index.ts`, import.meta.url);
  try {
    const loaded = (await import(module.href)) as { suite: Suite }; // the contract of lib/suite.ts
    return loaded.suite;
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND"; // import throws Errors
    if (!isAbsent || !messageOf(error).includes(`${name}/index.ts`)) throw error;
    console.log(`suite ${name}: bench/${name}/index.ts is not there, left out\n`);
    return undefined;
  }
}

/** A line of progress that the next one overwrites; nothing where nobody watches. */
function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function print({ tables, checks }: SuiteResult): void {
  say("");
  for (const table of tables) console.log(tableText(table));
  for (const check of checks) console.log(checkText(check));
  console.log("");
}

async function write(sections: readonly Section[]): Promise<void> {
  await mkdir(plotsFolder, { recursive: true });
  await writeFile(reportFile, resultsMarkdown(sections));
  for (const plot of sections.flatMap(({ result }) => result.plots)) {
    await writeFile(new URL(`${plot.file}.svg`, plotsFolder), plotSvg(plot));
  }
}

/** Says which checks fell below their floor. @returns the exit code */
function judged(checks: readonly Check[]): number {
  const fallen = checks.filter((check) => verdict(check) === "fell");
  for (const check of fallen) console.error(`bench: worse than its floor: ${checkText(check)}`);
  return fallen.length > 0 ? 1 : 0;
}

async function main({ quick, render, rounds, suites }: Options): Promise<number> {
  if (render) {
    await write(await readSections(resultsFile));
    return 0;
  }
  const effort: Effort = { quick, rounds, say };
  const fresh: Section[] = [];
  for (const name of suites) {
    const suite = await load(name);
    if (suite === undefined) continue;
    const result = await suite.run(effort);
    print(result);
    fresh.push({ suite: name, about: describeRun(effort.rounds), result });
    if (quick) continue;
    const sections = merged(await readSections(resultsFile), fresh, suiteNames);
    await writeSections(resultsFile, sections);
    await write(sections);
  }
  return quick ? judged(fresh.flatMap(({ result }) => result.checks)) : 0;
}

// So that what is to be cleaned up at the exit is.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main(optionsOf(process.argv.slice(2)));
