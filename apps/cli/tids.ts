// Tids and small numbers on a command line.

import { printable } from "../../kernel/text.ts";
import { UsageError } from "../lib/usage.ts";

/** Tids that one command takes. */
const maxTids = 1_000;

/** A tid as typed. @throws UsageError for what is none */
export function tidOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`${printable(text, 64)} is no tid: give a whole number from 1 on, as yieldix ps lists them`);
}

/** For an argument of several: adds one. @throws UsageError for more than 1,000 */
export function tidsOf(text: string, before: readonly number[] | undefined): readonly number[] {
  const tids = [...(before ?? []), tidOf(text)];
  if (tids.length <= maxTids) return tids;
  throw new UsageError(`more than ${maxTids} tids: give them to several commands`);
}

/** Makes a parser of an option's number within bounds. @param option for the message: "--delay" */
export function numberOf(option: string, least: number, most: number, isWhole = false): (text: string) => number {
  return (text) => {
    const value = /^-?\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value;
    throw new UsageError(
      `${option} ${printable(text, 64)}: give a ${isWhole ? "whole " : ""}number from ${least} to ${most}`,
    );
  };
}
