// Screens of a real kernel: the demo town on a virtual machine of one seed, watched for some seconds by an agent as a
// viewer would. Simulated time stands still in a turn, so here each trap takes some: two milliseconds of toil, by which the town
// measures its work, before it asks for the time.

import { Agent } from "../../../apps/control/agent/agent.ts";
import { Apps } from "../../../apps/control/agent/apps.ts";
import type { Session } from "../../../apps/control/agent/session.ts";
import type { Frame, FrameQuery } from "../../../apps/control/protocol.ts";
import demo from "../../../apps/demo.ts";
import type { Screen, Size, ViewName } from "../../../apps/monitor/views/model.ts";
import { Kernel } from "../../../kernel/kernel.ts";
import { VirtualMachine } from "../../../kernel/machine/virtual.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import { GetTime, NewTask, Sleep } from "../../../syscalls/index.ts";
import { both, type Case } from "./cases.ts";
import { screenOf } from "./fixtures.ts";

const watchedSeconds = 12;

class WorkingMachine extends VirtualMachine {
  #workedMs = 0;

  override now(): number {
    return super.now() + this.#workedMs;
  }

  work(ms: number): void {
    this.#workedMs += ms;
  }
}

/** Every view, at both sizes. The same on every run. */
export function captured(): readonly Case[] {
  const machine = new WorkingMachine({ seed: 7 });
  const kernel = new Kernel(machine, { log: () => undefined });
  kernel.addObserver({
    trap: ({ tid }, syscall) => machine.work(syscall instanceof GetTime ? 2 : 0.02 * (1 + (tid % 7))),
  });
  const agent = new Agent(kernel, {
    name: "demo",
    pid: 4021,
    node: "20.20.2",
    heapBytes: () => 24 * 1_048_576,
    timeOfDay: () => Date.UTC(2026, 4, 14, 12, 41) + machine.now(),
    apps: new Apps(),
  });
  const made: Case[] = [];
  kernel.runSync(watch(agent, made), "watcher");
  return made;
}

const watch = routine(function* watch(agent: Agent, made: Case[]): Program<void> {
  const session = agent.open("full");
  const town = yield* new NewTask(demo([]), "demo");
  agent.apps.started(town, "demo", "apps/demo.ts", []);
  session.answer("frame", {});
  session.answer("trace", { all: true });
  for (let second = 0; second < watchedSeconds; second++) {
    yield* new Sleep(1_000);
    agent.tick();
    session.answer("frame", {});
  }
  made.push(...casesOf(session));
  session.close();
});

const tasks = { isPinned: true, withFinished: true, limit: 100 } as const;

function casesOf(session: Session): readonly Case[] {
  const ask = (query: FrameQuery): Frame => withoutPaths(session.answer("frame", query) as Frame); // what it answers with
  const stuck = ask({ tasks }).tasks?.rows.find(({ name }) => name === "deadlock-left")?.tid ?? 0;
  const shaped = (shape: "tree" | "waits" | "sites"): FrameQuery => ({ tasks: { ...tasks, shape } });
  const queries: readonly (readonly [name: string, view: ViewName, query: FrameQuery])[] = [
    ["tasks", "tasks", { tasks }],
    ["tree", "tree", shaped("tree")],
    ["waits", "tree", shaped("waits")],
    ["sites", "tree", shaped("sites")],
    ["detail", "detail", { tasks, detail: stuck }],
    ["io", "io", { tasks, endpoints: {} }],
    ["syscalls", "syscalls", { tasks, syscalls: {} }],
    ["log", "log", { tasks, log: { limit: 1_000 } }],
    ["apps", "apps", { tasks, apps: true }],
    ["trace", "trace", { tasks, trace: { tids: [], limit: 1_000 } }],
  ];
  return queries.flatMap(([name, view, query]) => {
    const frame = ask(query);
    return both(name, (size) => pictured(view, size, frame, query));
  });
}

function pictured(view: ViewName, size: Size, frame: Frame, query: FrameQuery): Screen {
  return screenOf(view, size, {
    target: "unix:4021.sock",
    frame,
    query,
    cursor: frame.tasks?.rows[0]?.tid ?? 0,
    tagged: new Set(),
    born: new Set(),
    log: { lines: frame.log?.lines ?? [], dropped: 0 },
    trace: { tids: [], all: true, isPaused: false, isCounted: false, records: frame.trace?.records ?? [], dropped: 0 },
  });
}

/** Where the sources lie, and on which lines, is not of the screen: what is above `apps/` is left out, all lines are 12:3. */
function withoutPaths(frame: Frame): Frame {
  const text = JSON.stringify(frame)
    .replaceAll(/(?:file:\/\/)?\/[^"() ]*?\/(?=(?:apps|test|kernel|syscalls)\/)/g, "/")
    .replaceAll(/(\.ts):\d+:\d+/g, "$1:12:3");
  return JSON.parse(text) as Frame; // as it was
}
