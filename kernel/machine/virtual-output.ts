// The simulated standard output: keeps what was written to it, up to a bound, for tests to read.

import { SyscallError } from "../errors.ts";
import { Endpoint } from "./endpoint.ts";
import type { Connection, Interest } from "./machine.ts";

const maxBytes = 16 * 1_048_576;

export class VirtualOutput extends Endpoint implements Connection {
  readonly label = "stdout";
  readonly local = "";
  readonly peer = "";
  readonly bytesRead = 0;
  bytesWritten = 0;
  /** All that was written, as text. */
  text = "";
  readonly #decoder = new TextDecoder();

  check(): void {
    this.mustBeOpen();
  }

  read(): Uint8Array {
    this.mustBeOpen();
    return new Uint8Array(0);
  }

  write(bytes: Uint8Array): number {
    this.mustBeOpen();
    if (this.bytesWritten + bytes.length > maxBytes) {
      throw new SyscallError("EPIPE", `the simulated stdout keeps ${maxBytes} bytes, and they are full`);
    }
    this.text += this.#decoder.decode(bytes, { stream: true });
    this.bytesWritten += bytes.length;
    return bytes.length;
  }

  shutdown(): void {}

  protected override isReady(_interest: Interest): boolean {
    return true;
  }

  protected override release(): void {}
}
