// A command that asks a kernel, and cannot go on.

import { SyscallError } from "../../kernel/errors.ts";

/** The message is one sentence, for people. */
export class ClientError extends SyscallError {
  /** One of `ClientCode`. */
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super("ECANCELED", message, options);
    this.exitCode = exitCode;
  }

  static {
    ClientError.prototype.name = "ClientError";
  }
}
