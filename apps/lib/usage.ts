// The error for a command line that cannot be obeyed, and the numbers of one.

import { SyscallError } from "../../kernel/errors.ts";

/**
 * Throw it from an app whose arguments ask for what cannot be: `yieldix run` prints the message alone and exits with 2.
 * The message is one sentence, the thing and the way out; a usage text may follow on lines of its own.
 */
export class UsageError extends SyscallError {
  constructor(message: string) {
    super("EINVAL", message);
  }

  /** What `parseArgs` of node:util has thrown, as the error that the app throws. @param usage the app's usage text */
  static from(error: unknown, usage: string): UsageError {
    return new UsageError(`${error instanceof Error ? error.message.trimEnd() : String(error)}\n${usage}`);
  }

  static {
    UsageError.prototype.name = "UsageError";
  }
}

/**
 * The whole number that an option gives, as it was typed: digits and nothing else.
 * @param name the option's, without its dashes
 * @param bounds the least and the most it may be
 * @param usage for the error: the app's usage text, where its caller does not add it
 * @throws UsageError for what is no whole number, or none within the bounds
 *
 * ```ts
 * const port = wholeNumber("port", values.port ?? "7000", [0, 65_535], usage);
 * ```
 */
export function wholeNumber(
  name: string,
  text: string,
  bounds: readonly [least: number, most: number],
  usage = "",
): number {
  const [least, most] = bounds;
  const value = Number(text);
  if (/^[0-9]{1,10}$/.test(text) && value >= least && value <= most) return value;
  const sentence = `--${name} ${JSON.stringify(text)} is not a whole number from ${least} to ${most}`;
  throw new UsageError(usage === "" ? sentence : `${sentence}\n${usage}`);
}
