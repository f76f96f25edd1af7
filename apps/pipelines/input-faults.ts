// What is wrong with the input is no fault of the app's: it is said in one sentence, without a stack. Nor is a full disk.

import { type Program, type Runnable, SyscallError } from "../../kernel/syscall.ts";
import { framed } from "../../syscalls/frame.ts";
import { ExitStatus } from "../lib/index.ts";

const codes: ReadonlySet<string> = new Set(
  "EACCES EIO EISDIR EMSGSIZE ENAMETOOLONG ENOENT ENOTDIR ENXIO EPROTO ESPIPE".split(" "),
);

/** Whether an error is about what was to be read: it is not there, may not be read, or is not what it should be. */
export function isInputFault(error: unknown): error is SyscallError {
  return error instanceof SyscallError && codes.has(error.code);
}

/** Whether an error is about what was to be written: there is no room for it. */
export function isOutputFault(error: unknown): error is SyscallError {
  return error instanceof SyscallError && ["EDQUOT", "EFBIG", "ENOSPC"].includes(error.code);
}

/** Runs a program; where its input is at fault, the app ends with 2. @throws ExitStatus, or what the program throws */
export function* readingInput<T>(program: Runnable<T>): Program<T> {
  try {
    return yield* framed(program, "reading");
  } catch (error) {
    throw isInputFault(error) ? new ExitStatus(2, error.message) : error;
  }
}
