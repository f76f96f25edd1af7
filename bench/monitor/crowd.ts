// A kernel with 10,000 tasks, of which some are busy, and an agent that answers for it: what a viewer is measured on.

import { Agent } from "../../apps/control/agent/agent.ts";
import type { Session } from "../../apps/control/agent/session.ts";
import type { Frame, FrameQuery } from "../../apps/control/protocol.ts";
import { Kernel, type Program } from "../../kernel/index.ts";
import { NodeMachine } from "../../kernel/machine/node.ts";
import { NewTask, Sleep } from "../../syscalls/index.ts";

export const tasks = 10_000;
const busy = 500;
const settleMs = 2_500;

function* sleeper(): Program<void> {
  yield* new Sleep(3_600_000);
}

function* worker(ms: number): Program<void> {
  for (;;) yield* new Sleep(ms);
}

function* crowd(): Program<void> {
  for (let n = busy; n < tasks - 1; n++) yield* new NewTask(sleeper(), `sleeper-${n}`);
  for (let n = 0; n < busy; n++) yield* new NewTask(worker(20 + n), `worker-${n}`);
  yield* new Sleep(3_600_000);
}

export class Crowd {
  readonly agent: Agent;
  readonly session: Session;

  private constructor() {
    const kernel = new Kernel(new NodeMachine());
    this.agent = new Agent(kernel, {
      name: "crowd",
      pid: process.pid,
      node: process.versions.node,
      heapBytes: () => 0,
      timeOfDay: () => Date.now(),
    });
    this.session = this.agent.open("full");
    kernel.run(crowd(), "crowd").catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  }

  /** One that has been watched for some seconds. */
  static async settled(): Promise<Crowd> {
    const crowd = new Crowd();
    crowd.frame({ tasks: {} });
    for (let passedMs = 0; passedMs < settleMs; passedMs += 500) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      crowd.agent.tick();
      crowd.frame({ tasks: {} });
    }
    return crowd;
  }

  frame(query: FrameQuery): Frame {
    return this.session.answer("frame", query) as Frame; // what the method answers
  }
}
