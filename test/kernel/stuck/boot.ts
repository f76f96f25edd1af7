// A process of its own for a test: a kernel that is watched by a guard, in a main thread, which test runners do not offer.

import { once } from "node:events";
import process, { argv } from "node:process";
import { Worker } from "node:worker_threads";
import { Heartbeat } from "../../../kernel/heartbeat.ts";
import { Kernel } from "../../../kernel/kernel.ts";
import { EpollMachine } from "../../../kernel/machine/epoll.ts";
import type { Machine } from "../../../kernel/machine/machine.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";

/** One line of JSON. */
export const say = (what: unknown): void => console.log(JSON.stringify(what));

/** The machine that the command line names. */
export function bootMachine(): Machine {
  return argv[2] === "node" ? new NodeMachine({ isEndable: true }) : new EpollMachine();
}

/** Whether a turn without end has begun; and of how many the guard has not told yet what became of them. */
const endless = new Int32Array(new SharedArrayBuffer(8));

/** Never comes to an end, and has the guard know. */
export function forever(): never {
  Atomics.add(endless, 1, 1);
  Atomics.store(endless, 0, 1);
  for (;;) {
    // Round and round.
  }
}

export interface Options {
  readonly machine?: Machine;
  /** Leaves it to a watchdog of so many ms to find out. */
  readonly watchdogMs?: number;
}

/** A kernel and its guard. Its log goes to standard output. */
export async function watched({ machine = bootMachine(), watchdogMs }: Options = {}): Promise<Kernel> {
  const kernel = new Kernel(machine, { log: ({ tid, text }) => say({ log: `${tid}: ${text}` }) });
  kernel.heartbeat = new Heartbeat();
  const { buffer } = kernel.heartbeat;
  const workerData = { buffer, endless, watchdogMs, module: new URL("./guard.ts", import.meta.url).href };
  const guard = new Worker(new URL("./guard.mjs", import.meta.url), { workerData, execArgv: [] });
  await once(guard, "message");
  guard.on("message", () => goOn(kernel)).unref();
  process.once("exit", untilTold);
  return kernel;
}

function goOn(kernel: Kernel): void {
  kernel.kick();
  // The next lap may be a while away, and the turn that was ended is nobody's any more.
  const turn = kernel.heartbeat?.turn();
  if (turn !== undefined) say({ "is still told of as having its turn": turn.tid });
}

// A thread ends with its process, whatever it was about to say. In a loop and not in a wait: the guard may have to come in.
function untilTold(): void {
  for (const end = performance.now() + 5_000; Atomics.load(endless, 1) > 0 && performance.now() < end; );
}
