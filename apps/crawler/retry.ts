// When a request that failed is made again: what may pass does so after a while, and longer each time. What the server
// itself says of the time counts more.

import { httpDate } from "../lib/http/index.ts";

/** The first wait, doubled each time, up to the last; ms. */
const [firstMs, lastMs] = [500, 30_000];

/** Whoever asks for a longer wait is not asked again, ms. */
export const maxRetryAfterMs = 60_000;

/** Faults of the way there that may be over the next time; EPROTO: it broke off. A certificate or a name that is not there stay. */
const passing: ReadonlySet<string> = new Set([
  "EAGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "EMFILE",
  "ENETUNREACH",
  "ENFILE",
  "EPIPE",
  "EPROTO",
  "ETIMEDOUT",
]);

/** Whether an error of a connection may pass. */
export function isPassing(code: string): boolean {
  return passing.has(code);
}

/** Whether a status may pass: the server's own faults, and 429, "too many requests", alone of those that are ours. */
export function isPassingStatus(status: number): boolean {
  return status === 429 || (status >= 500 && status <= 599);
}

/**
 * How long to wait before a request is made again, ms; undefined: not at all.
 * @param tries how often it has failed, 1 or more
 * @param chance from [0, 1): tasks that failed together do not come again together
 * @param retryAfter the header of that name, if there is one
 * @param date the header of that name
 */
export function retryMs(tries: number, chance: number, retryAfter?: string, date?: string): number | undefined {
  const ownMs = Math.round(Math.min(firstMs * 2 ** (tries - 1), lastMs) * (0.5 + chance / 2));
  const askedMs = retryAfterMs(retryAfter, date) ?? 0;
  return askedMs > maxRetryAfterMs ? undefined : Math.max(askedMs, ownMs);
}

/**
 * How long a server asks to be left alone, ms; undefined: it does not.
 * @param retryAfter seconds, or a date: that is later than the answer's own by so much, as there is no other clock to read it by
 */
function retryAfterMs(retryAfter: string | undefined, date: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\s*[0-9]{1,9}\s*$/.test(retryAfter)) return 1_000 * Number(retryAfter);
  const until = httpDate(retryAfter);
  const since = httpDate(date ?? "");
  return until === undefined || since === undefined ? undefined : Math.max(0, 1_000 * (until - since));
}

/**
 * How long nothing at all should be asked of a host that has answered so, ms: it has said how long, or that all of it was
 * too much.
 * @param waitMs as `retryMs` has it
 */
export function restMs(
  answer: { readonly status: number; readonly retryAfter: string | undefined; readonly date: string | undefined },
  waitMs: number | undefined,
): number {
  if (answer.status === 429) return waitMs ?? maxRetryAfterMs;
  return answer.status === 503 && retryAfterMs(answer.retryAfter, answer.date) !== undefined ? (waitMs ?? 0) : 0;
}
