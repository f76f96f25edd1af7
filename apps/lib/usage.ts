// The error for a command line that cannot be obeyed, and the numbers of one.

import { SyscallError } from "../../kernel/errors.ts";

/**
 * Throw it from an app whose arguments ask for what cannot be: `yieldix run` prints the message alone and exits with 2.
 * The message is one sentence, the thing and the way out; `app` adds how the app is called, on lines of its own.
 */
export class UsageError extends SyscallError {
  constructor(message: string) {
    super("EINVAL", message);
  }

  static {
    UsageError.prototype.name = "UsageError";
  }
}

type Bounds = readonly [least: number, most: number];

/**
 * The whole number that an option gives, as it was typed: digits and nothing else.
 * @param name the option's, without its dashes
 * @param bounds the least and the most it may be
 * @throws UsageError for what is no whole number, or none within the bounds
 *
 * ```ts
 * const port = wholeNumber("port", values.port ?? "7000", [0, 65_535]);
 * ```
 */
export function wholeNumber(name: string, text: string, bounds: Bounds): number {
  return numberIn(`--${name}`, text, bounds);
}

/** The same of anything. @param what it is, as a user knows it */
export function numberIn(what: string, text: string, [least, most]: Bounds): number {
  const value = Number(text);
  if (/^[0-9]{1,10}$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${what} ${JSON.stringify(text)} is not a whole number from ${least} to ${most}`);
}
