// An agent beside a kernel of the kit: programs make a situation, and look at it through a session, as a viewer would.

import { Agent, type AgentOptions } from "../../../apps/control/agent/agent.ts";
import type { Session } from "../../../apps/control/agent/session.ts";
import type { Frame, FrameQuery } from "../../../apps/control/protocol.ts";
import type { TaskRow } from "../../../apps/control/records.ts";
import { Kernel } from "../../../kernel/kernel.ts";
import { VirtualMachine } from "../../../kernel/machine/virtual.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { Syscall } from "../../../kernel/syscall.ts";
import { type Run, type RunOptions, run } from "../../kit/index.ts";

/** A kernel's agent and a session with it. */
export class Desk {
  readonly agent: Agent;
  readonly session: Session;

  constructor(kernel: Kernel, options: Partial<AgentOptions> = {}) {
    this.agent = new Agent(kernel, {
      name: "town",
      pid: 4021,
      node: "20.20.2",
      heapBytes: () => 1_000_000,
      timeOfDay: () => 1_700_000_000_000,
      ...options,
    });
    this.session = this.agent.open("full");
  }

  frame(query: FrameQuery = {}): Frame {
    return this.session.answer("frame", query) as Frame; // what the method answers with
  }

  /** Every task, by tid. */
  rows(): ReadonlyMap<number, TaskRow> {
    const { tasks } = this.frame({ tasks: { sort: "tid", limit: 10_000, withFinished: true } });
    return new Map((tasks?.rows ?? []).map((row) => [row.tid, row]));
  }
}

/** A machine on which a program's turn can take time: it says how much. */
export class BusyMachine extends VirtualMachine {
  #workedMs = 0;
  #delayMs = 0;

  override now(): number {
    return super.now() + this.#workedMs;
  }

  runDelayMs(): number {
    return this.#delayMs;
  }

  /** The turn under way takes so long, ms. @param delayMs how much of that other processes have the CPUs */
  work(ms: number, delayMs = 0): void {
    this.#workedMs += ms;
    this.#delayMs += delayMs;
  }
}

/** Runs a program with a desk, on a machine on which turns take time. */
export function runBusy(program: (desk: Desk, machine: BusyMachine) => Program<void>): void {
  const machine = new BusyMachine();
  const kernel = new Kernel(machine, { log: () => {} });
  kernel.runSync(program(new Desk(kernel), machine));
}

export class GetKernel extends Syscall<Kernel> {
  override handle(_task: unknown, kernel: Kernel): Kernel {
    return kernel;
  }
}

/** Runs a program that gets a desk at its own kernel. */
export function runWithDesk<T>(
  program: (desk: Desk) => Program<T>,
  options: RunOptions = {},
  agent: Partial<AgentOptions> = {},
): Run<T> {
  return run(function* () {
    const desk = new Desk(yield* new GetKernel(), agent);
    return yield* program(desk);
  }, options);
}
