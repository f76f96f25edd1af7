// The machines a command line can name. Only the one that is booted is loaded.

import process from "node:process";
import { SyscallError } from "../../kernel/errors.ts";
import type { Machine } from "../../kernel/machine/machine.ts";
import { printable } from "../../kernel/text.ts";
import { UsageError } from "../lib/usage.ts";

/** Names that `--machine` takes; "auto" is epoll where it runs, else node. */
export const machineNames = ["auto", "epoll", "node", "virtual"] as const;
export type MachineName = (typeof machineNames)[number];

/** A machine, and the world around a simulated one. */
export interface Booted {
  readonly machine: Machine;
  /** The time outside, ms. */
  readonly outsideNow: () => number;
  /** Node's own loop has nothing left: of a simulated world that is the end. */
  readonly outsideIsOver: () => void;
}

/**
 * Makes the machine. Where "auto" is not epoll, one line on stderr says why.
 * @param seed makes its chance, and a simulated world, repeatable
 * @param isEndable whether a turn that does not end is to be one that the guard can end; on epoll it is in any case
 * @throws UsageError with the reason when epoll was asked for and cannot run here
 */
export type Boot = (seed: number | undefined, isEndable: boolean) => Booted | Promise<Booted>;

/** Loads a machine by name. To be done before an app is loaded: with that, Node's loading gets slow. */
export async function loadMachine(name: MachineName): Promise<Boot> {
  if (name === "virtual") return simulated();
  if (name === "node") return onNode();
  const { EpollMachine } = await import("../../kernel/machine/epoll.ts");
  return (seed, isEndable) => {
    try {
      return real(new EpollMachine(seed === undefined ? {} : { seed }));
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      if (name === "epoll") throw new UsageError(error.message);
      process.stderr.write(`yieldix: running on the node machine: ${printable(error.message)}\n`);
      return onNode().then((boot) => boot(seed, isEndable));
    }
  };
}

async function onNode(): Promise<Boot> {
  const { NodeMachine } = await import("../../kernel/machine/node.ts");
  return (seed, isEndable) => real(new NodeMachine({ ...(seed === undefined ? {} : { seed }), isEndable }));
}

async function simulated(): Promise<Boot> {
  const { SimulatedMachine } = await import("./simulated.ts");
  return (seed) => {
    const machine = new SimulatedMachine(seed);
    return { machine, outsideNow: () => machine.outsideNow(), outsideIsOver: () => machine.outsideIsOver() };
  };
}

function real(machine: Machine): Booted {
  return { machine, outsideNow: () => machine.now(), outsideIsOver: () => {} };
}
