// A turn that does not end: how long until the guard names the task, until it knows the line, and until the task is ended
// and the kernel answers again. Time on the clock, as a user waits.

import { once } from "node:events";
import { type Control, connectControl } from "../../../apps/control/client.ts";
import { Kernel, type Program } from "../../../kernel/index.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";
import { routine } from "../../../kernel/syscall.ts";
import { Await, Sleep, Timeout } from "../../../syscalls/index.ts";
import { median } from "../../lib/figures.ts";
import { KernelProcess } from "../kernel-process.ts";
import type { Figures } from "../what.ts";

const rounds = 15;
const [lookMs, patienceMs] = [5, 10_000];

interface Round {
  readonly named: number;
  readonly located: number;
  readonly ended: number;
}

export async function ending(): Promise<Figures> {
  const kernel = new KernelProcess("bench/monitor/apps/loops.js");
  const path = await kernel.socket();
  const all = await new Kernel(new NodeMachine()).run(measured(kernel, path));
  kernel.stop();
  if (all.length === 0) return {};
  const middle = (of: keyof Round): number => median(all.map((round) => round[of]));
  return { named: middle("named"), located: middle("located"), ended: middle("ended") };
}

function* measured(kernel: KernelProcess, path: string): Program<Round[]> {
  const control = yield* connectControl({ address: { path } });
  const all: Round[] = [];
  try {
    while (all.length < rounds) {
      yield* new Await(once(kernel.lines, "line"));
      all.push(yield* new Timeout(patienceMs, oneRound(control)));
    }
  } catch (error) {
    console.error(`a turn was not ended: ${error}`);
    return [];
  }
  control.close();
  return all;
}

const oneRound = routine(function* oneRound(control: Control): Program<Round> {
  const start = performance.now();
  const passed = (): number => performance.now() - start;
  let stuck = yield* control.ask("stuck", {});
  for (; stuck === null; stuck = yield* control.ask("stuck", {})) yield* new Sleep(lookMs);
  const named = passed();
  for (; (stuck?.stack.length ?? 1) === 0; stuck = yield* control.ask("stuck", {})) yield* new Sleep(lookMs);
  const located = passed();
  yield* control.ask("signal", { tids: [stuck?.tid ?? 0], signal: "KILL" });
  yield* control.ask("frame", { tasks: { limit: 1 } });
  return { named, located, ended: passed() - located };
});
