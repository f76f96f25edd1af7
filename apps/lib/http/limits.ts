// Every bound of reading a message of HTTP, with its unit and its default.

import { SyscallError } from "../../../kernel/errors.ts";
import { shown } from "../../../kernel/text.ts";

/** What is read of a message at most. */
export interface MessageLimits {
  /** Bytes of a head, its empty line included; of the trailers of a chunked body; of all its chunk extensions. */
  readonly maxHeadBytes: number;
  /** Header lines of a head. */
  readonly maxHeaders: number;
  /** Bytes of a request's target. */
  readonly maxTargetBytes: number;
  /** Bytes of a body, chunks put together. */
  readonly maxBodyBytes: number;
  /** Milliseconds in which some of a body must come; Infinity: no matter. */
  readonly bodyMs: number;
  /**
   * Bytes a second at least, over all the time that the other end was waited for beyond the first `bodyMs` (of what a server
   * sends: `stalledWriteMs`). Who keeps a connection busy must pay for it.
   */
  readonly minBytesPerSecond: number;
}

export const messageLimits: MessageLimits = Object.freeze({
  maxHeadBytes: 16_384,
  maxHeaders: 100,
  maxTargetBytes: 8_192,
  maxBodyBytes: 8_388_608,
  bodyMs: 30_000,
  minBytesPerSecond: 500,
});

/** So that no count is inexact, and no timer beyond what clocks take. */
const mostOfAll = 2 ** 40;

/**
 * The defaults with `given` over them.
 * @throws EINVAL for a name that is no limit, and for a value that is not at least 1
 */
export function limitsOf<L extends { readonly [name in keyof L]: number }>(defaults: L, given: Partial<L> = {}): L {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      throw new SyscallError(
        "EINVAL",
        `there is no limit ${shown(name)}: they are ${Object.keys(defaults).join(", ")}`,
      );
    }
    const isTime = name.endsWith("Ms");
    const isGood =
      typeof value === "number" && value >= 1 && (isTime || value === Number.POSITIVE_INFINITY || isWhole(value));
    if (!isGood)
      throw new SyscallError(
        "EINVAL",
        `${name} is ${shown(value)}: give ${isTime ? "milliseconds" : "a whole number"} from 1`,
      );
  }
  return Object.freeze({ ...defaults, ...given });
}

function isWhole(value: number): boolean {
  return Number.isInteger(value) && value <= mostOfAll;
}
