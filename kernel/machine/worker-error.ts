// What a job came to, as it goes from one thread to the other: an error as plain data, because structured clone keeps
// neither its class nor its code, and fails for one that holds what it cannot copy.

import { SyscallError } from "../errors.ts";

/** What a job returned, or threw. */
export type Outcome = { readonly value: unknown } | { readonly thrown: Thrown };

/** An error, or another value that was thrown. */
export type Thrown =
  | {
      readonly name: string;
      readonly message: string;
      readonly stack: string;
      readonly code: string;
      readonly cause: Thrown | undefined;
    }
  | { readonly value: unknown };

const deepest = 8;

/** For the thread of the job. */
export function described(error: unknown, depth = 0): Thrown {
  if (!(error instanceof Error)) return { value: error };
  const { name, message, stack = "", cause } = error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const inner = cause === undefined || depth >= deepest ? undefined : described(cause, depth + 1);
  return { name: String(name), message: String(message), stack: String(stack), code, cause: inner };
}

const classes = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError } as const;

/** For the thread that asked: an error with the message, the stack and the code of the one that was thrown. */
export function revived(thrown: Thrown): unknown {
  if ("value" in thrown) return thrown.value;
  const { name, message, stack, code, cause } = thrown;
  const options = cause === undefined ? {} : { cause: revived(cause) };
  let error: Error;
  if (name === "SyscallError") error = new SyscallError(code, message, options);
  else if (Object.hasOwn(classes, name))
    error = new classes[name as keyof typeof classes](message, options); // it is one
  else error = new Error(message, options);
  if (error.name !== name) Object.defineProperty(error, "name", { value: name, configurable: true });
  if (code !== "" && !("code" in error)) Object.defineProperty(error, "code", { value: code, enumerable: true });
  error.stack = stack;
  return error;
}
