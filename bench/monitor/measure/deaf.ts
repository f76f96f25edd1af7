// A viewer that asks and asks and reads no answer: how much the kernel's process grows by that, and how long another one
// then waits for a frame.

import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connectControl } from "../../../apps/control/client.ts";
import { protocolVersion } from "../../../apps/control/protocol.ts";
import { Kernel, type Program } from "../../../kernel/index.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";
import { KernelProcess } from "../kernel-process.ts";
import type { Figures } from "../what.ts";

const questions = 20_000;
const settleMs = 3_000;

export async function deaf(): Promise<Figures> {
  const kernel = new KernelProcess("apps/demo.js");
  const path = await kernel.socket();
  const answer = async (): Promise<number> => await new Kernel(new NodeMachine()).run(frameMs(path));
  await answer();
  await sleep(settleMs);
  const before = kernel.rssBytes();
  const socket = connect(path).on("error", () => {}); // being cut off is an answer, too
  const ask = (id: number, method: string, params: object): boolean =>
    socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
  ask(0, "hello", { version: protocolVersion });
  socket.pause();
  for (let id = 1; id <= questions; id++) ask(id, "frame", { tasks: { limit: 100 } });
  await sleep(settleMs);
  const deafGrowth = kernel.rssBytes() - before;
  const deafAnswer = await answer();
  kernel.stop();
  return { deafGrowth, deafAnswer };
}

function* frameMs(path: string): Program<number> {
  const control = yield* connectControl({ address: { path } });
  const start = performance.now();
  yield* control.ask("frame", { tasks: { limit: 40 } });
  const ms = performance.now() - start;
  control.close();
  return ms;
}
