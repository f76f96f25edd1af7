// What is typed, checked: filters, intervals, tids.

import { parseFilter } from "../control/filter.ts";

/** What is wrong with a filter; "" for nothing. */
export function filterFault(text: string): string {
  try {
    parseFilter(text);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** ms, from seconds as typed; undefined for what is no interval. */
export function intervalOf(text: string): number | undefined {
  const ms = /^(\d{1,4}(\.\d{0,3})?|\.\d{1,3})$/.test(text) ? Math.round(Number(text) * 1_000) : Number.NaN;
  return ms >= 0 && ms <= 3_600_000 ? ms : undefined;
}

export function isTid(text: string): boolean {
  return /^\d{1,15}$/.test(text) && Number(text) > 0;
}
