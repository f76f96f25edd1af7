// Gets what is at an address, patiently: what may pass is tried again, within a host's manners. It never throws for what
// the other end does, it says what that was.

import { Buffer } from "node:buffer";
import { Cancelled } from "../../kernel/errors.ts";
import type { Connection } from "../../kernel/machine/machine.ts";
import { type Program, type Routine, routine, type Syscall, SyscallError } from "../../kernel/syscall.ts";
import { Connect, ConnectTls, GetRandom, Sleep, Timeout } from "../../syscalls/index.ts";
import { type Body, HttpError, type IncomingResponse, readResponse, sendRequest } from "../lib/http/index.ts";
import { Reader } from "../lib/index.ts";
import type { Host } from "./host.ts";
import { isPassing, isPassingStatus, retryMs } from "./retry.ts";
import { agent } from "./robots.ts";

/** What a request is allowed. */
export interface Patience {
  /** How long it may take, its body included, ms. */
  readonly timeoutMs: number;
  /** How often it is made again. */
  readonly retries: number;
  /** Bytes of a body that are read; the rest is left. */
  readonly maxBytes: number;
}

/** Where a body goes. */
export interface Sink {
  write(bytes: Uint8Array): void;
}

/** What is counted meanwhile. */
export interface Meter {
  bytes: number;
  retries: number;
}

/** What came. */
export interface Got {
  readonly status: number;
  /** Of its headers, what there is of Content-Type, Location and Retry-After. */
  readonly type: string;
  readonly location: string | undefined;
  readonly retryAfter: string | undefined;
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

export interface Wanted extends Patience {
  readonly url: string;
  readonly host: Host;
  readonly meter: Meter;
  /** Asked with each response where its body goes; undefined: it is not read. */
  readonly sink: (response: IncomingResponse) => Sink | undefined;
}

/** As often as need be and is allowed; the first try begins at once, the others wait and take their turn at the host. */
export const get: Routine<[wanted: Wanted], Got | Fault> = routine(function* get(wanted) {
  for (let tries = 1; ; tries++) {
    const came = yield* tried(wanted);
    const mayPass = "code" in came ? came.mayPass : isPassingStatus(came.status);
    if (!mayPass || tries > wanted.retries) return came;
    const waitMs = retryMs(tries, yield* new GetRandom(), "code" in came ? undefined : came.retryAfter);
    if (waitMs === undefined) return came;
    wanted.meter.retries++;
    yield* new Sleep(waitMs);
    yield* wanted.host.turn();
  }
});

const tried = routine(function* tried(wanted: Wanted): Program<Got | Fault> {
  try {
    return yield* new Timeout(wanted.timeoutMs, once(wanted));
  } catch (error) {
    if (!(error instanceof SyscallError) || error instanceof Cancelled) throw error;
    const isNonsense = error instanceof HttpError && error.status === 502; // what answers so, speaks so
    return { code: error.code, message: error.message, mayPass: isPassing(error.code) && !isNonsense };
  }
});

const headers = { "User-Agent": agent, Accept: "text/html, application/xhtml+xml, */*;q=0.1" };
/** How much is read of a body is counted here. */
const limits = { maxBodyBytes: Number.POSITIVE_INFINITY };

// One connection to a request: whoever gives up half-way through a body must close it anyway.
const once = routine(function* once({ url, meter, sink, maxBytes }: Wanted): Program<Got> {
  const { host, pathname, search } = new URL(url);
  const connection = yield* connectTo(url);
  try {
    yield* sendRequest(connection, { target: `${pathname}${search}`, host, headers });
    const response = yield* readResponse(new Reader(connection), "GET", limits);
    const { read, isCut } = yield* poured(response.body, sink(response), maxBytes, meter);
    return {
      status: response.status,
      type: response.headers.get("content-type") ?? "",
      location: utf8(response.headers.get("location")),
      retryAfter: response.headers.get("retry-after"),
      bytes: read,
      isCut,
    };
  } finally {
    connection.close();
  }
});

/** Of a header what was meant: servers send addresses in UTF-8, which headers give as Latin-1. */
function utf8(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text, "latin1").toString("utf8");
}

// A syscall and no routine: whoever yields it owns the connection, or there is none.
function connectTo(url: string): Syscall<Connection> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, ""); // those of an IPv6 address
  if (protocol === "https:") return new ConnectTls({ host, port: Number(port || 443) });
  return new Connect({ host, port: Number(port || 80) });
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
