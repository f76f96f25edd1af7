// What a failing run says beside its error: one line with the seed, the turn and the call that replays it.

import type { RunOptions } from "./run.ts";

/** True when chance decides more than latencies: then the seed is worth naming. */
export function isByChance({ faults = "none", schedule = "fifo" }: RunOptions): boolean {
  return faults !== "none" || schedule !== "fifo";
}

/** The line. @param turn how many turns there had been */
export function replayLine(options: RunOptions, turn: number): string {
  const { seed = 1, schedule, faults, quantum } = options;
  const given = Object.entries({ seed, schedule, faults, quantum }).filter(([, value]) => value !== undefined);
  const shown = given.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ");
  return `seed ${seed}, turn ${turn}: to replay it, run(program, { ${shown} })`;
}

const lineBefore = /\n?seed -?\d+, turn \d+: to replay it, [^\n]*$/;

/**
 * The error with the line under its message: the same object, so that its class, its code and its fields stay. What has
 * no message to add to is made the cause of an error that has. One that is thrown again and again has the latest line.
 */
export function withLine(error: unknown, line: string): unknown {
  if (!(error instanceof Error) || !Object.isExtensible(error)) return new Error(line, { cause: error });
  const { message: before, stack } = error;
  const message = before.replace(lineBefore, "");
  const both = message === "" ? line : `${message}\n${line}`;
  // As V8 makes it: no field that a comparison or a print of the error would show.
  Object.defineProperty(error, "message", { value: both, configurable: true, writable: true });
  if (typeof stack === "string") error.stack = before === "" ? stack : stack.replace(before, () => both);
  return error;
}
