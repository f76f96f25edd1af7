// The error for a command line that cannot be obeyed.

import { SyscallError } from "../../kernel/errors.ts";

/**
 * Throw it from an app whose arguments ask for what cannot be: `yieldix run` prints the message alone and exits with 2.
 * The message is one sentence, the thing and the way out; a usage text may follow on lines of its own.
 */
export class UsageError extends SyscallError {
  constructor(message: string) {
    super("EINVAL", message);
  }

  static {
    UsageError.prototype.name = "UsageError";
  }
}
