// Whether the world outside is to blame for an error: a port that is taken, a file that is not there, a name that does not
// resolve. Its sentence says all that helps then; where in the app it happened is of use for the app's own faults.

import { SyscallError } from "../../kernel/errors.ts";

/** Codes by which nothing but the outside refuses. */
const outside: ReadonlySet<string> = new Set([
  "EACCES",
  "EADDRINUSE",
  "EADDRNOTAVAIL",
  "ECERT",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EDQUOT",
  "EEXIST",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EISDIR",
  "ENETDOWN",
  "ENETUNREACH",
  "ENFILE",
  "ENOBUFS",
  "ENODATA",
  "ENODEV",
  "ENOENT",
  "ENOMEM",
  "ENOSPC",
  "ENOTDIR",
  "ENOTFOUND",
  "ENXIO",
  "EROFS",
  "ESPIPE",
  "ETXTBSY",
  "EXDEV",
]);

/** Codes that the kernel and apps have a use for as well: a closed channel, a deadline, too many restarts. Of these only what the system said. */
const either: ReadonlySet<string> = new Set([
  "EAGAIN",
  "EFBIG",
  "EIO",
  "ELOOP",
  "EMFILE",
  "ENAMETOOLONG",
  "EPERM",
  "EPIPE",
  "ETIMEDOUT",
]);

const maxErrors = 16;

/**
 * The errors that an error consists of, if the outside is to blame for each: one, or those of an AggregateError, each sentence
 * once. Undefined otherwise, and where there are too many to be told one by one.
 */
export function outsideFaults(error: unknown): readonly SyscallError[] | undefined {
  const found = new Map<string, SyscallError>();
  return collect(error, found, 0) && found.size > 0 ? [...found.values()] : undefined;
}

// An AggregateError may have itself among its errors.
function collect(error: unknown, found: Map<string, SyscallError>, depth: number): boolean {
  if (isOutsideFault(error)) return found.set(error.message, error).size <= maxErrors;
  if (!(error instanceof AggregateError) || depth >= maxErrors) return false;
  return error.errors.every((one: unknown) => collect(one, found, depth + 1));
}

function isOutsideFault(error: unknown): error is SyscallError {
  if (!isOfSyscall(error)) return false;
  return outside.has(error.code) || (either.has(error.code) && isSystems(error.cause));
}

// By name too: an app in a folder of its own may have a copy of the package of its own.
function isOfSyscall(error: unknown): error is SyscallError {
  if (!(error instanceof Error && hasCode(error))) return false;
  return error instanceof SyscallError || error.name === SyscallError.prototype.name;
}

function isSystems(cause: unknown): boolean {
  return hasCode(cause) && !isOfSyscall(cause);
}

function hasCode(error: unknown): error is { readonly code: string } {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string";
}
