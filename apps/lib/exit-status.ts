// The end of an app that is neither success nor failure: `grep` that found nothing, `diff` that found something.

import { SyscallError } from "../../kernel/errors.ts";

/**
 * Throw it from an app's main task to end it with an exit status of its own. `yieldix run` prints the message, if there is one,
 * and nothing else.
 * @param status a whole number from 0 to 255
 * @param message one sentence for people; default: none
 * @throws EINVAL for another status
 *
 * ```ts
 * if (found === 0) throw new ExitStatus(1);
 * ```
 */
export class ExitStatus extends Error {
  readonly status: number;

  constructor(status: number, message = "") {
    super(message);
    if (!Number.isInteger(status) || status < 0 || status > 255) {
      throw new SyscallError("EINVAL", `ExitStatus ${status}: give a whole number from 0 to 255`);
    }
    this.status = status;
  }

  static {
    ExitStatus.prototype.name = "ExitStatus";
  }
}
