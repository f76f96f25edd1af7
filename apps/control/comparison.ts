// How what a column holds is compared with what somebody has written in a filter.

import type { Column } from "./columns.ts";
import { expressionOf } from "./expression.ts";

/** What a column holds. */
type Found = string | number | null;
/** From a value as it is written to whether it is so of what is found; a sentence where the value cannot be. */
export type Comparison = (value: string, operator: string) => ((found: Found) => boolean) | string;

/**
 * How a column is compared; undefined where one of its kind cannot be compared so.
 * @param isDeclared by a wait: it is text, and may be a number
 */
export function comparisonOf(kind: Column["kind"], operator: string, isDeclared: boolean): Comparison | undefined {
  const isOrder = operator.startsWith("<") || operator.startsWith(">");
  if (kind === "text") {
    if (operator === "~") return matching;
    return isOrder ? (isDeclared ? ordering("number") : undefined) : containing;
  }
  if (operator === "~") return undefined;
  if (kind === "letter") return isOrder ? undefined : oneOfLetters;
  return ordering(kind);
}

const matching: Comparison = (pattern) => {
  const expression = expressionOf(pattern);
  return typeof expression === "string" ? expression : (found) => found !== null && expression.test(String(found));
};

const containing: Comparison = (value, operator) => {
  const wanted = value.toLowerCase();
  const isWhole = operator === "=";
  return (found) => {
    const text = found === null ? undefined : String(found).toLowerCase();
    return isWhole ? text === wanted : text?.includes(wanted) === true;
  };
};

const oneOfLetters: Comparison = (letters) => (found) => {
  if (found === null || found === "") return false;
  return letters === "*" || letters.includes(String(found));
};

function ordering(kind: keyof typeof wantedOf): Comparison {
  return (value, operator) => {
    const wanted = numberIn(value, kind);
    if (wanted === undefined) return `expected ${wantedOf[kind]}, found ${value}`;
    return (found) => isSo(operator, numberOf(found), wanted);
  };
}

const wantedOf = {
  number: "a number",
  percent: "a number of percent, as 5 or 0.5%",
  duration: "a duration with its unit, as 200ms, 10s or 4m12s",
} as const;

/** How a column can be compared, in a sentence. */
export function waysText(name: string, kind: Column["kind"]): string {
  if (kind === "text") return `${name} is text: write ${name}:, ${name}= or ${name}~`;
  if (kind === "letter") return `${name} is a letter: write ${name}:`;
  return `${name} is a number: write ${name}:, ${name}< or ${name}>`;
}

function numberIn(value: string, kind: keyof typeof wantedOf): number | undefined {
  if (kind === "duration") return durationIn(value);
  const digits = kind === "percent" ? value.replace(/%$/, "") : value;
  return /^-?\d+(\.\d+)?$/.test(digits) ? Number(digits) : undefined;
}

const unitMs: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** "200ms", "10s", "4m12s", as ms; undefined for what is none. 0 needs no unit. */
export function durationIn(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, number, , unit = ""] of text.matchAll(/(\d+(\.\d+)?)(ms|s|m|h)/g)) {
    sum += Number(number) * (unitMs.get(unit) ?? 0);
  }
  return sum;
}

function numberOf(found: Found): number {
  if (typeof found !== "string") return found ?? Number.NaN;
  return found.trim() === "" ? Number.NaN : Number(found);
}

// What is not known is neither more nor less than anything.
function isSo(operator: string, found: number, wanted: number): boolean {
  switch (operator) {
    case ">":
      return found > wanted;
    case ">=":
      return found >= wanted;
    case "<":
      return found < wanted;
    case "<=":
      return found <= wanted;
    default:
      return found === wanted;
  }
}
