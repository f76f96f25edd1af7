// The machines a command line can name, and the simulated one made fit for it: it lets Node have its turn between
// polls, so that signals and promises get through, and finds that nothing can happen any more when Node does.

import process from "node:process";
import { type Machine, type Polled, printable, SyscallError } from "../../kernel/index.ts";
import { EpollMachine } from "../../kernel/machine/epoll.ts";
import { NodeMachine } from "../../kernel/machine/node.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { VirtualOutput } from "../../kernel/machine/virtual-output.ts";
import { UsageError } from "../lib/usage.ts";

/** Names that `--machine` takes; "auto" is epoll where it runs, else node. */
export const machineNames = ["auto", "epoll", "node", "virtual"] as const;
export type MachineName = (typeof machineNames)[number];

/**
 * Makes a machine by name. Where "auto" is not epoll, one line on stderr says why.
 * @param seed makes its chance, and a simulated world, repeatable
 * @param isEndable whether a turn that does not end is to be one that the guard can end; on epoll it is in any case
 * @throws UsageError with the reason when epoll was asked for and cannot run here
 */
export function bootMachine(name: MachineName, seed: number | undefined, isEndable: boolean): Machine {
  if (name === "virtual") return new SimulatedMachine(seed);
  const options = seed === undefined ? {} : { seed };
  if (name === "node") return new NodeMachine({ ...options, isEndable });
  try {
    return new EpollMachine(options);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (name === "epoll") throw new UsageError(error.message);
    process.stderr.write(`yieldix: running on the node machine: ${printable(error.message)}\n`);
    return new NodeMachine({ ...options, isEndable });
  }
}

/** A simulated world that ends in a deadlock, and not in silence, when it waits for what cannot come. */
export class SimulatedMachine extends VirtualMachine {
  override readonly stdout: VirtualOutput = new ShownOutput();
  #isOver = false;

  constructor(seed: number | undefined) {
    const outside = new NodeMachine();
    const turn = () => new Promise((resolve) => outside.poll(0, resolve));
    super({ asynchronous: true, turn, ...(seed === undefined ? {} : { seed }) });
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
