// What a check says: whether a goal is met, and whether it fell below its floor.

import { numberText } from "./figures.ts";
import type { Check } from "./suite.ts";

/** "fell": worse than its floor, so worse than it has been. */
export type Verdict = "met" | "missed" | "fell";

/** A value that is no number meets nothing. */
export function verdict({ value, atMost, floor }: Check): Verdict {
  if (floor !== undefined && !(value <= floor)) return "fell";
  return value <= atMost ? "met" : "missed";
}

/** One line, for the terminal. */
export function checkText(check: Check): string {
  const { goal, value, unit, atMost, floor, remark } = check;
  const limits = `goal <= ${amount(atMost, unit)}${floor === undefined ? "" : `, floor ${amount(floor, unit)}`}`;
  const said = verdict(check);
  const why = said === "met" || remark === undefined ? "" : ` ${remark}`;
  return `${said.padEnd(6)}  ${goal}: ${amount(value, unit)} (${limits})${why}`;
}

/** The goals of a suite as a Markdown table. */
export function checksMarkdown(checks: readonly Check[]): string {
  const rows = checks.map((check) => {
    const { goal, value, unit, atMost, remark = "" } = check;
    const said = verdict(check) === "met" ? "met" : "missed";
    return `| ${goal} | ${amount(value, unit)} | ≤ ${amount(atMost, unit)} | ${said} | ${said === "met" ? "" : remark} |`;
  });
  return [
    "### Goals",
    "",
    "| goal | measured | limit | | remark |",
    "| --- | ---: | ---: | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function amount(value: number, unit: string): string {
  return unit === "" ? numberText(value) : `${numberText(value)} ${unit}`;
}
