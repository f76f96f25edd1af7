// What is asked of a pool of connections, taken apart: to whom it goes, and what.

import { type Runnable, SyscallError } from "../../../kernel/syscall.ts";
import { shown, truncated } from "../../../kernel/text.ts";
import type { IncomingResponse, OutgoingRequest } from "./client.ts";
import type { MessageLimits } from "./limits.ts";

/** A request, but for where it goes, and what is read of its response. */
export interface PoolRequest extends Omit<OutgoingRequest, "target" | "host"> {
  readonly limits?: Partial<MessageLimits>;
  /** True: on a connection that nobody has used before, as for a try after one that failed. Default false. */
  readonly fresh?: boolean;
}

/** An exchange, and to whom it goes. */
export interface Wanted {
  readonly origin: string;
  readonly isSecure: boolean;
  readonly address: { readonly host: string; readonly port: number };
  readonly method: string;
  /** Whether a connection will do that may turn out to be closed. */
  readonly mayBeUsed: boolean;
  readonly request: OutgoingRequest;
  readonly limits: Partial<MessageLimits>;
  readonly use: (response: IncomingResponse) => Runnable<unknown>;
}

/** @throws EINVAL for a url that is none of HTTP */
export function wantedOf(
  url: string,
  { fresh = false, limits = {}, ...request }: PoolRequest,
  use: Wanted["use"],
): Wanted {
  const { host, hostname, origin, pathname, port, protocol, search } = parsed(url);
  const isSecure = protocol === "https:";
  const name = hostname.replace(/^\[|\]$/g, ""); // those of an IPv6 address
  const method = request.method ?? "GET";
  return {
    origin,
    isSecure,
    address: { host: name, port: Number(port || (isSecure ? 443 : 80)) },
    method,
    mayBeUsed: !fresh && idempotent.has(method),
    request: { ...request, target: `${pathname}${search}`, host },
    limits,
    use,
  };
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new SyscallError(
    "EINVAL",
    `${shown(truncated(String(text), 64))} is no address: http://host/path or https://…`,
  );
}

/** Methods of requests that may be made twice as well as once (RFC 9110, 9.2.2). */
const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
