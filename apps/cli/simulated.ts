// The simulated machine made fit for the command line: it lets Node have its turn between polls, so that signals and promises get
// through, and finds that nothing can happen any more when Node does.

import process from "node:process";
import type { Polled } from "../../kernel/machine/machine.ts";
import { NodeMachine } from "../../kernel/machine/node.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { VirtualOutput } from "../../kernel/machine/virtual-output.ts";

/** A simulated world that ends in a deadlock, and not in silence, when it waits for what cannot come. */
export class SimulatedMachine extends VirtualMachine {
  override readonly stdout: VirtualOutput = new ShownOutput();
  readonly #outside: NodeMachine;
  #isOver = false;

  constructor(seed: number | undefined) {
    const outside = new NodeMachine();
    const turn = () => new Promise((resolve) => outside.poll(0, resolve));
    super({ asynchronous: true, turn, ...(seed === undefined ? {} : { seed }) });
    this.#outside = outside;
  }

  /** The time outside, ms. */
  outsideNow(): number {
    return this.#outside.now();
  }

  override alive(): boolean {
    return !this.#isOver && super.alive();
  }

  override poll(idleMs: number, done: Polled): boolean {
    this.#isOver = false;
    return super.poll(idleMs, done);
  }

  /** Node's own loop has nothing left: no promise of the outside can settle any more. */
  outsideIsOver(): void {
    this.#isOver = true;
    this.interrupt();
  }
}

/** What a simulated app prints is for whoever ran it. */
class ShownOutput extends VirtualOutput {
  override write(bytes: Uint8Array): number {
    this.mustBeOpen();
    process.stdout.write(bytes);
    this.bytesWritten += bytes.length;
    return bytes.length;
  }
}
