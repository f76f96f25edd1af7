// A trap and a turn: as they are, with the counters taken out, while somebody watches, and while the task is traced.

import { Kernel, type Program } from "../../../kernel/index.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";
import { GetTid, NewTask, WaitTask } from "../../../syscalls/index.ts";
import { nsEach } from "../../lib/timing.ts";
import type { Figures } from "../what.ts";

export type Mode = "plain" | "uncounted" | "watched" | "traced";

function* traps(count: number): Program<number> {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += yield* new GetTid();
  return sum;
}

function* yielding(count: number): Program<void> {
  for (let i = 0; i < count; i++) yield;
}

/** Two tasks that give up the CPU in turn: every yield is a turn. */
function* turns(count: number): Program<void> {
  const other = yield* new NewTask(yielding(count / 2));
  yield* yielding(count / 2);
  yield* new WaitTask(other);
}

function kernelIn(mode: Mode): Kernel {
  const kernel = new Kernel(new NodeMachine());
  if (mode === "uncounted") kernel.trace.trap = () => 0;
  if (mode === "watched" || mode === "traced") kernel.watch();
  if (mode === "traced") kernel.watching?.trace("all");
  return kernel;
}

export async function counters(mode: Mode, minMs: number): Promise<Figures> {
  const trap = await nsEach((count) => kernelIn(mode).run(traps(count)), minMs);
  const turn = await nsEach((count) => kernelIn(mode).run(turns(count)), minMs);
  return { trap, turn };
}
