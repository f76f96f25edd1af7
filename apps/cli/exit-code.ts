// What the command's exit status says.

import { constants } from "node:os";

/** 128 + the signal's number is added by `signalCode`. */
export const ExitCode = {
  /** The main task returned, ended cleanly when it was asked to, or had nobody left to print to. */
  ok: 0,
  /** The main task, or the app's own module, threw. */
  threw: 1,
  /** No such app, not an app, no such option. */
  usage: 2,
  /** Every task waited, and nothing could wake any. */
  deadlock: 3,
  /** The kernel found itself broken: EX_SOFTWARE of sysexits.h. */
  panic: 70,
} as const;

/** As a shell reports a death by this signal: 129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM. */
export function signalCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
