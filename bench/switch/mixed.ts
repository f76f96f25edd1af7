// Ours, bare generators and `await` in one process, where many kinds of syscalls have been made and compiled for:
// `mixed.ts <minMs> <operation…>` prints nanoseconds by system and operation. The other children have each system alone.

import { Kernel, type Program } from "../../kernel/index.ts";
import { NodeMachine } from "../../kernel/machine/node.ts";
import {
  Await,
  CancelTask,
  GetEnv,
  GetMachine,
  GetTid,
  GetTime,
  Join,
  KillTask,
  ListTasks,
  NewTask,
  Sleep,
  Timeout,
} from "../../syscalls/index.ts";
import { nsEach } from "../lib/timing.ts";
import { peer as awaiting } from "./peers/await.ts";
import { peer as bare } from "./peers/bare.ts";
import { oursWith } from "./peers/ours.ts";
import { operationNames, type Peer, type Timings } from "./peers/peer.ts";

function* sleeper(): Program<void> {
  yield* new Sleep(1e6);
}

/** Most kinds of syscalls and every way a task can end, in turn. */
function* everything(rounds: number): Program<void> {
  for (let i = 0; i < rounds; i++) {
    yield* new GetTid();
    yield* new GetTime();
    yield* new GetEnv("PATH");
    yield* new GetMachine();
    yield* new ListTasks();
    yield* new Await(Promise.resolve(i));
    yield* new Timeout(1_000, (yield* new GetTime()) > 0 ? new Sleep(0) : sleeper());
    const [first, second] = [yield* new NewTask(sleeper()), yield* new NewTask(sleeper(), "second")];
    yield;
    yield* new KillTask(first, "enough");
    yield* new CancelTask(second, "enough");
    yield* new Join(yield* new NewTask(new GetTid()));
  }
}

async function warmUp(systems: readonly Peer[]): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await new Kernel(new NodeMachine(), { log: () => {} }).run(everything(300));
    for (const { operations } of systems) {
      for (const name of operationNames) await operations[name]?.(2_000);
    }
  }
}

const [minMs, ...wanted] = process.argv.slice(2);
const systems: Readonly<Record<string, Peer>> = { ours: oursWith(32), bare, await: awaiting };
await warmUp(Object.values(systems));
const result: Record<string, Timings> = { ours: {}, bare: {}, await: {} };
for (const name of operationNames.filter((each) => wanted.includes(each))) {
  for (const [system, { operations }] of Object.entries(systems)) {
    const operation = operations[name];
    const timings = result[system];
    if (operation !== undefined && timings !== undefined) timings[name] = await nsEach(operation, Number(minMs));
  }
}
console.log(JSON.stringify(result));
process.exit(0);
