// The end of an app that is neither success nor failure: `grep` that found nothing, `diff` that found something.

import { SyscallError } from "../../kernel/errors.ts";

/**
 * Throw it from an app's main task to end it with an exit status of its own. `yieldix run` prints what is said, if anything
 * is, and no stack.
 * @param status a whole number from 0 to 255
 * @param said one sentence for people; default: none
 * @throws EINVAL for another status
 *
 * ```ts
 * if (found === 0) throw new ExitStatus(1);
 * ```
 */
export class ExitStatus extends Error {
  readonly status: number;
  /** What is printed; "": nothing. */
  readonly said: string;

  constructor(status: number, said = "") {
    super(said === "" ? `exit status ${status}` : said); // monitors show how a task ended
    if (!Number.isInteger(status) || status < 0 || status > 255) {
      throw new SyscallError("EINVAL", `ExitStatus ${status}: give a whole number from 0 to 255`);
    }
    this.status = status;
    this.said = said;
  }

  static {
    ExitStatus.prototype.name = "ExitStatus";
  }
}
