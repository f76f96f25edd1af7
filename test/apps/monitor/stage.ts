// The viewer on simulated time, beside the tasks that it looks at: keys go in, the lines of the screen come out.

import { Agent } from "../../../apps/control/agent/agent.ts";
import { agentPort } from "../../../apps/control/agent/port.ts";
import { type ControlPort, errorCodes, type MethodName, type Methods } from "../../../apps/control/protocol.ts";
import type { Stuck } from "../../../apps/control/records.ts";
import { type Channel, Event } from "../../../apps/lib/index.ts";
import type { Port, Source, Surface, ViewerOptions } from "../../../apps/monitor/given.ts";
import { Input } from "../../../apps/monitor/screen/input.ts";
import { type TopEvent, top, topEvents } from "../../../apps/monitor/top.ts";
import { Viewer } from "../../../apps/monitor/viewer.ts";
import { draw } from "../../../apps/monitor/views/draw.ts";
import { tableRows } from "../../../apps/monitor/views/layout.ts";
import type { StyledLine } from "../../../apps/monitor/views/line.ts";
import { RpcError } from "../../../apps/rpc/index.ts";
import {
  type Call,
  type Kernel,
  type Program,
  routine,
  Syscall,
  SyscallError,
  type Tid,
} from "../../../kernel/syscall.ts";
import { Join, NewTask, Sleep } from "../../../syscalls/index.ts";
import { type RunOptions, runAsync } from "../../kit/index.ts";

/** What the viewer draws on. */
export class Canvas implements Surface {
  columns = 120;
  rows = 40;
  lines: readonly StyledLine[] = [];
  cursor: { readonly row: number; readonly column: number } | undefined = undefined;
  frames = 0;
  redraws = 0;
  stops = 0;
  readonly copies: string[] = [];
  draw(lines: readonly StyledLine[], cursor?: { readonly row: number; readonly column: number }): void {
    this.lines = lines;
    this.cursor = cursor;
    this.frames++;
  }
  redraw(): void {
    this.redraws++;
  }
  stop(): void {
    this.stops++;
  }
  copy(text: string): boolean {
    this.copies.push(text);
    return true;
  }
  get text(): string[] {
    return this.lines.map((line) =>
      line
        .map(({ text }) => text)
        .join("")
        .trimEnd(),
    );
  }
}

/** A viewer at work, and whoever sits before it. */
export class Stage {
  readonly canvas: Canvas = new Canvas();
  readonly viewer: Viewer;
  readonly events: Channel<TopEvent> = topEvents();
  readonly agent: Agent;
  /** What was asked, in order, but for frames. */
  readonly asked: [method: MethodName, params: unknown][] = [];
  /** What the port throws instead of answering; for a kernel that is stuck or gone. */
  fault: unknown = undefined;
  /** The turn that the kernel does not get out of: only the guard answers then. */
  stuck: Stuck | undefined = undefined;
  /** How long each answer takes to come, ms. */
  latencyMs = 0;
  /** True while what is asked is not answered at all, until the port is closed. */
  isSilent = false;
  readonly closed: Event = new Event();
  connections = 0;

  constructor(kernel: Kernel, options: Partial<ViewerOptions>, source: Partial<Source>) {
    this.agent = new Agent(kernel, {
      name: "town",
      pid: 4021,
      node: "20.20.2",
      heapBytes: () => 1_000_000,
      timeOfDay: () => 1_700_000_000_000,
    });
    this.viewer = new Viewer(
      this.canvas,
      { label: "unix:4021.sock", connect: () => this.#connect(), ...source },
      {
        look: { glyphs: "unicode", hasColour: true, isVi: false, zoneMinutes: 0 },
        everyMs: 1_000,
        view: "tasks",
        paint: draw,
        roomOf: tableRows,
        ...options,
      },
    );
  }

  get text(): string[] {
    return this.canvas.text;
  }

  /** The line with the cursor. */
  get here(): string {
    return this.text.find((line) => line.startsWith(">")) ?? "";
  }

  /** The line that says what happened last; where there is a prompt, that. */
  get said(): string {
    return (this.text.at(-2) ?? "").trim();
  }

  get bottom(): string {
    return this.text.at(-1) ?? "";
  }

  /** The bytes of a terminal, and after each the time that it takes to act on them. */
  type(...sequences: string[]): Program<void> {
    return typing(this, sequences);
  }

  /** The same without a pause in between. */
  *press(...sequences: string[]): Program<void> {
    for (const sequence of sequences) send(this, sequence);
    yield* new Sleep(20);
  }

  #connect(): Call<Port> {
    return connecting(this);
  }
}

function* typing(stage: Stage, sequences: readonly string[]): Program<void> {
  for (const sequence of sequences) {
    send(stage, sequence);
    yield* new Sleep(20);
  }
}

function send(stage: Stage, sequence: string): void {
  const input = new Input();
  for (const event of [...input.feed(new TextEncoder().encode(sequence)), ...input.flush()])
    stage.events.trySend(event);
}

const connecting = routine(function* connecting(stage: Stage): Program<Port> {
  if (stage.fault !== undefined) throw stage.fault;
  stage.connections++;
  const port = agentPort(stage.agent);
  const asking = (method: MethodName, params: unknown): unknown => {
    if (method !== "frame") stage.asked.push([method, params]);
    return port.ask(method, params as never);
  };
  return {
    hello: { version: 1, name: "town", pid: 4021, access: "full" },
    close: () => {
      port.session.close();
      stage.closed.set();
      stage.closed.clear();
    },
    ask: <M extends MethodName>(method: M, params: Methods[M]["params"]) =>
      (method === "stuck" ? guarded(stage) : faulty(stage, () => asking(method, params))) as ReturnType<
        ControlPort["ask"]
      > as never,
  };
});

const guarded = routine(function* guarded(stage: Stage): Program<Stuck | null> {
  if (stage.fault !== undefined) throw stage.fault;
  return stage.stuck ?? null;
});

const faulty = routine(function* faulty(stage: Stage, ask: () => unknown): Program<unknown> {
  if (stage.stuck !== undefined) throw new RpcError(errorCodes.notResponding, "it does not respond", stage.stuck);
  if (stage.fault !== undefined) throw stage.fault;
  if (stage.isSilent) {
    yield* stage.closed.wait();
    throw new SyscallError("EPIPE", "the port was closed");
  }
  const answer = yield* ask() as Call<unknown>;
  yield* new Sleep(stage.latencyMs);
  return answer;
});

class GetKernel extends Syscall<Kernel> {
  override handle(_task: unknown, kernel: Kernel): Kernel {
    return kernel;
  }
}

/**
 * Runs a town, and a viewer that looks at it.
 * @param act sits before the viewer, from its first frame on; when it is over, the viewer is left
 * @returns the viewer's exit code
 */
export async function onStage(
  town: () => Program<void>,
  act: (stage: Stage) => Program<void>,
  {
    viewer = {},
    source = {},
    ...options
  }: RunOptions & { viewer?: Partial<ViewerOptions>; source?: Partial<Source> } = {},
): Promise<number> {
  const run = await runAsync(
    function* () {
      const stage = new Stage(yield* new GetKernel(), viewer, source);
      yield* town();
      const tid: Tid<number> = yield* new NewTask(top(stage.viewer, stage.events), "viewer");
      yield* new Sleep(10);
      yield* act(stage);
      stage.viewer.leave(stage.viewer.exitCode);
      return yield* new Join(tid);
    },
    { checkEvery: 16, ...options },
  );
  return run.value;
}
