// What Node reports (errno codes, ERR_STREAM_…, TLS and resolver codes) as the errors tasks meet: an errno-style
// code, and a message that names the operation, the endpoint and the way out. The original stays as `cause`.

import { type ErrorCode, SyscallError } from "../errors.ts";

/** Node's own names for what the system would call otherwise. */
const renamed: ReadonlyMap<string, ErrorCode> = new Map([
  ["ERR_STREAM_DESTROYED", "EPIPE"],
  ["ERR_STREAM_WRITE_AFTER_END", "EPIPE"],
  ["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET"],
  ["ERR_SOCKET_CLOSED", "ECONNRESET"],
  ["ABORT_ERR", "ECONNABORTED"],
  ["EAI_AGAIN", "EAGAIN"],
  ["EAI_MEMORY", "EMFILE"],
]);

const advice: ReadonlyMap<ErrorCode, string> = new Map([
  ["EACCES", "permission denied: ports below 1024 and other people's directories need rights"],
  ["EADDRINUSE", "somebody listens there already: choose another address, or port 0 for any free port"],
  ["EADDRNOTAVAIL", "no interface of this host has that address"],
  ["EAGAIN", "the host name could not be resolved just now: try again later"],
  ["ECONNREFUSED", "nobody listens there: start the server, or check the address"],
  ["ECONNRESET", "the peer broke the connection off"],
  ["EHOSTUNREACH", "no way leads to that host: check the address and the network"],
  ["EMFILE", "out of file descriptors: close some, or raise the limit (ulimit -n)"],
  ["ENETUNREACH", "no way leads to that network: check the address and the network"],
  ["ENFILE", "the whole system is out of file descriptors: close some"],
  ["ENOBUFS", "the system is out of memory for sockets: close some"],
  ["ENOENT", "there is no such path"],
  ["ENOMEM", "the system is out of memory: close some connections"],
  ["ENOSPC", "no room: the device is full, or the system watches no more descriptors (fs.epoll.max_user_watches)"],
  ["ENOTFOUND", "no host has that name"],
  ["EPIPE", "nobody reads there any more: the peer has closed, or this end was shut down"],
  ["ETIMEDOUT", "no answer in the time the system allows"],
]);

/** The errno-style code of whatever Node threw or emitted; EIO where it has none. */
export function errorCode(cause: unknown): ErrorCode {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  if (typeof code !== "string") return "EIO";
  return renamed.get(code) ?? (/^E[A-Z0-9]+$/.test(code) ? code : "EPROTO");
}

/**
 * Made anew for each throw, so that two tasks never share one error and its stack.
 * @param cause what Node threw or emitted
 * @param attempt what was tried, on what: "connect tcp -> 127.0.0.1:7000"
 * @param code the code, where it is not that of `cause`
 */
export function systemError(cause: unknown, attempt: string, code: ErrorCode = errorCode(cause)): SyscallError {
  // Node's own words only where we have none: they may repeat what a peer sent.
  const otherwise =
    cause === undefined ? `the system refused with ${code}` : "the system refused; `cause` holds its own words";
  const reason = advice.get(code) ?? otherwise;
  return new SyscallError(code, `${attempt}: ${reason}`, { cause });
}

/** Why a connection did not open. @param label the connection's */
export function connectError(cause: unknown, label: string): SyscallError {
  // Of a host name EAGAIN says something else.
  if (errorCode(cause) !== "EAGAIN" || !label.startsWith("unix ")) return systemError(cause, `connect ${label}`);
  return new SyscallError("EAGAIN", `connect ${label}: as many as may wait there wait already: try again later`, {
    cause,
  });
}
