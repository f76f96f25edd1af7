// A child process that opens and ends when its test says so.

import { Endpoint } from "../../../kernel/machine/endpoint.ts";
import type { Process, ProcessExit } from "../../../kernel/machine/host-parts.ts";
import type { Connection, Interest } from "../../../kernel/machine/machine.ts";
import { VirtualOutput } from "../../../kernel/machine/virtual-output.ts";

export class SimulatedProcess extends Endpoint implements Process {
  readonly label = "process simulated 1";
  readonly pid = 1;
  readonly stdin: Connection = new VirtualOutput();
  readonly stdout: Connection = this.stdin;
  readonly stderr: Connection = this.stdin;
  exit: ProcessExit | undefined = undefined;
  #isStarted = false;

  start(): void {
    this.#isStarted = true;
    this.signal("write");
  }

  end(): void {
    this.exit = { code: 0, signal: undefined };
    this.signal("read");
  }

  check(): void {
    this.mustBeOpen();
  }

  sendSignal(): boolean {
    return false;
  }

  /** It was asked for, and neither started nor given up. */
  get isStarting(): boolean {
    return !this.#isStarted && !this.closed;
  }

  /** Somebody waits for its end. */
  get isAwaited(): boolean {
    return this.watched("read");
  }

  protected override isReady(interest: Interest): boolean {
    return interest === "write" ? this.#isStarted : this.exit !== undefined;
  }

  protected override release(): void {}
}
