// What the command's exit status says. An app may say something of its own: ExitStatus of apps/lib.

import { constants } from "node:os";

/** Of `yieldix run`. 128 + the signal's number is added by `signalCode`. */
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

/** Of the commands that ask a running kernel: `ps`, `kill`, `strace` and the others. As grep's, and one more. */
export const ClientCode = {
  /** Found, or done for at least one of the tasks; or nobody reads the output any more. */
  done: 0,
  /** Nothing there: no such task, none that matches, nothing to draw; or the kernel refused it. */
  none: 1,
  /** No such option, a filter that cannot be read, several kernels and none named. */
  usage: 2,
  /** No kernel runs, it cannot be reached, or it is stuck and does not answer. */
  unattached: 3,
} as const;

/** The same for people, below `--help`. */
export const clientCodes = "Exit codes: 0 done, 1 nothing found or refused, 2 usage, 3 no kernel to ask.";

/** As a shell reports a death by this signal: 129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM. */
export function signalCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
