// What went wrong, as an exit code and a text for stderr. The text begins with one sentence that names the app and the
// error; the logical stack follows, where the fault is the app's. All of it is escaped: messages and names come from outside.

import { DeadlockError, KernelPanic } from "../../kernel/errors.ts";
import { crashReport } from "../../kernel/report.ts";
import type { Task } from "../../kernel/task.ts";
import { printable, printableLines } from "../../kernel/text.ts";
import { ExitStatus } from "../lib/exit-status.ts";
import { UsageError } from "../lib/usage.ts";
import { ClientError } from "./client-error.ts";
import { ExitCode } from "./exit-code.ts";
import { outsideFaults } from "./outside-fault.ts";

/** How a command failed. */
export interface Failure {
  readonly code: number;
  /** Escaped, with a line break at the end. */
  readonly text: string;
}

// A panic's dump has up to 1,100 lines.
const maxTextLength = 1_000_000;

export interface FailureOptions {
  /** The task that threw it, for its logical stack; without one the error's own stack is shown. */
  readonly task?: Task | undefined;
  /** True: with a stack, be the outside to blame or not. */
  readonly stack?: boolean | undefined;
}

/**
 * The failure for whatever was thrown.
 * @param who what failed, in words: "app.ts"
 */
export function failureOf(error: unknown, who: string, { task, stack: isWanted }: FailureOptions = {}): Failure {
  if (error instanceof UsageError || isForeignUsageError(error)) return failure(ExitCode.usage, error.message);
  const end = exitStatusOf(error);
  if (end !== undefined) return end.said === "" ? { code: end.status, text: "" } : failure(end.status, end.said);
  if (error instanceof ClientError) return failure(error.exitCode, error.message);
  if (error instanceof DeadlockError) return failure(ExitCode.deadlock, `${who} ended in a ${error.message}`);
  if (error instanceof KernelPanic) {
    const cause = error.cause === undefined ? "" : `\ncaused by ${stackOf(error.cause)}`;
    return failure(ExitCode.panic, `kernel panic: ${error.message}${cause}\n${error.dump}`);
  }
  const outside = isWanted === true ? undefined : outsideFaults(error);
  if (outside !== undefined)
    return failure(ExitCode.threw, `${who} failed: ${outside.map(sentenceOf).join("\n  and ")}`);
  const stack = task === undefined ? stackOf(error) : crashReport(error, task);
  return failure(ExitCode.threw, `${who} failed: ${sentenceOf(error)}${below(error, stack)}`);
}

// An app in a folder of its own may have a copy of the package of its own.
function isForeignUsageError(error: unknown): error is Error {
  return error instanceof Error && error.name === UsageError.prototype.name;
}

function exitStatusOf(error: unknown): ExitStatus | undefined {
  if (error instanceof ExitStatus) return error;
  const isForeign = error instanceof Error && error.name === ExitStatus.prototype.name;
  const isWhole = isForeign && "status" in error && Number.isInteger(error.status) && "said" in error;
  return isWhole ? (error as ExitStatus) : undefined; // by name, as above
}

/** As `failureOf`, for a task that was killed: there is no stack to show. */
export function killed(error: unknown, who: string): Failure {
  return failure(ExitCode.threw, `${who} failed: ${sentenceOf(error)}`);
}

function failure(code: number, text: string): Failure {
  return { code, text: `yieldix: ${printableLines(text, maxTextLength)}\n` };
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return "it threw what is no Error";
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return printable(`${code}: ${String(error.message).split("\n")[0]}`, maxTextLength);
}

// Without the line that says again what the sentence has said.
function below(error: unknown, stack: string): string {
  const lines = stack.split("\n").filter((line) => line !== "");
  const said = error instanceof Error ? lines.findIndex((line) => line.endsWith(error.message)) : -1;
  return ["", ...lines.slice(0, Math.max(0, said)), ...lines.slice(said + 1)].join("\n").trimEnd();
}

// Frames inside Node say nothing about an app, nor do those of this command, which called whatever is above them.
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  const lines = String(error.stack ?? `${error.name}: ${error.message}`).split("\n");
  const end = lines.findIndex((line) => line.startsWith("    at ") && line.includes(ownFolder));
  const own = end < 0 ? lines : lines.slice(0, end);
  return own.filter((line) => !/^ +at .*\bnode:internal\//.test(line)).join("\n");
}

const ownFolder = new URL(".", import.meta.url).pathname;
