// stdout and stderr that are closed under us (`yieldix run app.ts | head -1`). The app goes on: a server does not die
// because nobody reads its log any more; one that prints gets EPIPE, and may end of it. Anything else that befalls
// stdout, a full disk for one, is thrown to whoever printed, or said once where it shows too late for that.

import process from "node:process";
import { wasOutputFailureThrown } from "../../kernel/machine/console.ts";
import { printable } from "../../kernel/text.ts";
import { ExitCode } from "./exit-code.ts";

let wasClosed = false;

/** Listens for the errors of both streams, so that none of them ends the process. */
export function guardStreams(): void {
  let isSaid = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    wasClosed ||= isGone(error);
    if (isGone(error) || isSaid || wasOutputFailureThrown()) return;
    isSaid = true;
    process.stderr.write(`yieldix: stdout failed: ${printable(error.message)}\n`);
    process.exitCode = ExitCode.threw;
  });
  // There is nowhere left to say it.
  process.stderr.on("error", () => {});
}

/**
 * True for the error of an app that was still printing when the reader of stdout had had enough: no failure. Nor is it
 * when a group's tasks printed, and all that they threw is that.
 */
export function isAboutClosedOutput(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isAboutClosedOutput);
  return isOutputClosed() && error instanceof Error && isGone(error) && error.message.includes("stdout");
}

// The stream knows it before its event, and forgets it afterwards.
function isOutputClosed(): boolean {
  const { errored } = process.stdout;
  return wasClosed || (errored !== null && isGone(errored));
}

// The reader has gone, or the terminal has.
function isGone(error: NodeJS.ErrnoException): boolean {
  return error.code === "EPIPE" || error.code === "EIO" || error.code === "ERR_STREAM_DESTROYED";
}
