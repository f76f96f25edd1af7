// Gets what is at an address, and says when it is worth asking again, within a host's manners. It never throws for what the
// other end does, it says what that was.

import { Buffer } from "node:buffer";
import { Cancelled } from "../../kernel/errors.ts";
import { type Program, type Routine, routine, SyscallError } from "../../kernel/syscall.ts";
import { truncated } from "../../kernel/text.ts";
import { GetRandom, GetTime, Sleep, Timeout } from "../../syscalls/index.ts";
import { type Body, type HeaderFields, HttpError, type IncomingResponse } from "../lib/http/index.ts";
import type { Crawl } from "./crawl.ts";
import type { Host } from "./host.ts";
import { isPassing, isPassingStatus, restMs, retryMs } from "./retry.ts";
import { agent } from "./robots.ts";

/** Where a body goes. */
export interface Sink {
  write(bytes: Uint8Array): void;
}

export interface Wanted {
  readonly url: string;
  /** How often it has been asked for in vain. */
  readonly failures: number;
  /** Bytes of its body that are read; the rest is left. */
  readonly maxBytes: number;
  /** Asked with the response where its body goes; undefined: it is not read. */
  readonly sink: (response: IncomingResponse) => Sink | undefined;
}

/** What came. */
export interface Got {
  readonly status: number;
  /** Of its headers, what there is of Content-Type, Location, Retry-After and Date. */
  readonly type: string;
  readonly location: string | undefined;
  readonly retryAfter: string | undefined;
  readonly date: string | undefined;
  /** In what its body is packed; undefined: it is not. */
  readonly coding: string | undefined;
  /** Of its body, that were read. */
  readonly bytes: number;
  /** True when there was more. */
  readonly isCut: boolean;
}

/** Why nothing came. */
export interface Fault {
  /** "ECONNRESET", "ETIMEDOUT", … */
  readonly code: string;
  readonly message: string;
  /** Whether it may be over the next time. */
  readonly mayPass: boolean;
}

/** One try. It waits until one more connection may be used, and has its time from then on. */
export const get: Routine<[wanted: Wanted, crawl: Crawl], Got | Fault> = routine(function* get(wanted, crawl) {
  const { connections, options, pool, report } = crawl;
  const request = { headers, limits, fresh: wanted.failures > 0 };
  const asked = pool.exchange(wanted.url, (response) => taken(response, wanted, report), request);
  try {
    return yield* connections.hold(new Timeout(options.timeoutMs, asked));
  } catch (error) {
    if (!(error instanceof SyscallError) || error instanceof Cancelled) throw error;
    const isNonsense = error instanceof HttpError && error.status === 502; // what answers so, speaks so
    return { code: error.code, message: error.message, mayPass: isPassing(error.code) && !isNonsense };
  }
});

/** As often as need be and is allowed, each time in its turn at the host. */
export const getPatiently: Routine<[wanted: Omit<Wanted, "failures">, host: Host, crawl: Crawl], Got | Fault> = routine(
  function* getPatiently(wanted, host, crawl) {
    for (let failures = 0; ; failures++) {
      yield* host.turn();
      const came = yield* get({ ...wanted, failures }, crawl);
      const waitMs = yield* againAfter(came, failures + 1, host, crawl);
      if (waitMs === undefined) return came;
      yield* new Sleep(waitMs);
    }
  },
);

/**
 * How long to wait before the same is asked for again, ms; undefined: it is not. A host that wants to be let alone is.
 * @param failures how often it has been asked for in vain, if this was
 */
export const againAfter: Routine<[came: Got | Fault, failures: number, host: Host, crawl: Crawl], number | undefined> =
  routine(function* againAfter(came, failures, host, { options, report }) {
    const isFault = "code" in came;
    if (isFault ? !came.mayPass : !isPassingStatus(came.status)) return undefined;
    const answer = isFault ? undefined : came;
    const waitMs = retryMs(failures, yield* new GetRandom(), answer?.retryAfter, answer?.date);
    if (answer !== undefined) host.rest((yield* new GetTime()) + restMs(answer, waitMs));
    if (waitMs === undefined || failures > options.retries) return undefined;
    report.retries++;
    return waitMs;
  });

const headers = {
  "User-Agent": agent,
  Accept: "text/html, application/xhtml+xml, */*;q=0.1",
  "Accept-Encoding": "identity", // without it a server may pack what it sends
};
/** How much is read of a body is counted here. */
const limits = { maxBodyBytes: Number.POSITIVE_INFINITY };

// Of a body that nobody wants, and of one that is too long, the rest is the pool's affair.
const taken = routine(function* taken(response: IncomingResponse, wanted: Wanted, meter: Meter): Program<Got> {
  const { body, headers: given, status } = response;
  const { read, isCut } = yield* poured(body, wanted.sink(response), wanted.maxBytes, meter);
  return {
    status,
    type: utf8(given.get("content-type")) ?? "",
    location: utf8(given.get("location")),
    retryAfter: given.get("retry-after"),
    date: given.get("date"),
    coding: codingOf(given),
    bytes: read,
    isCut,
  };
});

/** What is counted meanwhile. */
interface Meter {
  bytes: number;
}

/** Characters of a coding that are kept. */
const maxCoding = 32;

/** In what a body is packed, by the head of its message: "gzip"; undefined: it is not. */
export function codingOf(given: HeaderFields): string | undefined {
  const coding = given.get("content-encoding")?.trim().toLowerCase() ?? "";
  return coding === "" || coding === "identity" ? undefined : truncated(coding, maxCoding);
}

/** What is wrong with that. */
export function inCoding(coding: string): string {
  return `packed as ${JSON.stringify(coding)}, which was not asked for and cannot be read here`;
}

/**
 * Of a header what was meant: servers send addresses in UTF-8, which headers give as Latin-1. And a copy: what is listed of a
 * page would keep the whole head in memory, of which a part of a text is only a view.
 */
function utf8(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text, "latin1").toString("utf8");
}

const poured = routine(function* poured(
  body: Body,
  sink: Sink | undefined,
  maxBytes: number,
  meter: Meter,
): Program<{ read: number; isCut: boolean }> {
  let read = 0;
  if (sink === undefined) return { read, isCut: false };
  for (let piece = yield* body.next(); !piece.done; piece = yield* body.next()) {
    const bytes = piece.value.subarray(0, maxBytes - read);
    sink.write(bytes);
    read += bytes.length;
    meter.bytes += bytes.length;
    if (bytes.length < piece.value.length) return { read, isCut: true };
  }
  return { read, isCut: false };
});
