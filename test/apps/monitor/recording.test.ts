// Recording and replay: what was recorded is what is replayed, ordered and filtered anew, on real files; damage is said and
// gets no further.

import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Agent } from "../../../apps/control/agent/agent.ts";
import { agentPort } from "../../../apps/control/agent/port.ts";
import { errorCodes } from "../../../apps/control/protocol.ts";
import { Recording, recordFrame } from "../../../apps/monitor/recording.ts";
import { Replay } from "../../../apps/monitor/replay.ts";
import { Viewer } from "../../../apps/monitor/viewer.ts";
import { draw } from "../../../apps/monitor/views/draw.ts";
import { tableRows } from "../../../apps/monitor/views/layout.ts";
import { codes, RpcError } from "../../../apps/rpc/index.ts";
import { Kernel } from "../../../kernel/index.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";
import { type Call, type Program, routine, SyscallError } from "../../../kernel/syscall.ts";
import { NewTask, Sleep } from "../../../syscalls/index.ts";
import { Folder } from "../cli/command.ts";
import { Canvas } from "./stage.ts";

let folder: Folder;
let path: string;

beforeEach(() => {
  folder = new Folder({});
  path = `${folder.path}/town.frames`;
});
afterEach(() => folder.remove());

/** Runs a program on a real kernel, which it gets an agent for. */
async function onKernel<T>(program: (agent: Agent) => Program<T>): Promise<T> {
  const machine = new NodeMachine();
  const kernel = new Kernel(machine);
  const agent = new Agent(kernel, {
    name: "town",
    pid: 4021,
    node: "20.20.2",
    heapBytes: () => 1_000_000,
    timeOfDay: () => 1_700_000_000_000,
  });
  try {
    return await kernel.run(program(agent), "main");
  } finally {
    machine.close();
  }
}

function* sleeper(): Program<void> {
  yield* new Sleep(1e9);
}

/** Records frames of three bakers, then of two. */
function* recorded(agent: Agent, frames: number): Program<void> {
  const port = agentPort(agent);
  const recording = yield* Recording.begin(path, { name: "town", pid: 4021 });
  for (let at = 1; at <= 3; at++) yield* new NewTask(sleeper(), `baker-${at}`);
  for (let at = 0; at < frames; at++) yield* recording.write(yield* port.ask("frame", recording.query(2)));
  recording.close();
  port.session.close();
}

/** The way to each value of a record that is itself none. Of a list the first item speaks for all. */
function* leaves(value: unknown, way: readonly string[] = []): Generator<readonly string[]> {
  if (typeof value !== "object" || value === null) yield way;
  else
    for (const name of Array.isArray(value) ? Object.keys(value).slice(0, 1) : Object.keys(value))
      yield* leaves((value as Record<string, unknown>)[name], [...way, name]); // its own key
}

/** A copy with something else at the end of a way. */
function withLeaf(value: unknown, [name, ...way]: readonly string[]): unknown {
  if (name === undefined) return { else: true };
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>; // by name
  copy[name] = withLeaf(copy[name], way);
  return copy;
}

test("every frame is there, in order, as it was", async () => {
  await onKernel(function* (agent) {
    yield* recorded(agent, 5);
    const replay = yield* Replay.open(path);
    expect([replay.frames, replay.hello.name, replay.hello.access]).toEqual([5, "town", "read-only"]);
    const seqs: number[] = [];
    for (let at = 0; at < 7; at++) {
      seqs.push((yield* replay.ask("frame", {})).seq);
      replay.step(1);
    }
    expect(seqs).toEqual([1, 2, 3, 4, 5, 5, 5]);
    replay.step(-100);
    expect(replay.place).toBe(0);
    replay.close();
  });
});

test("a frame is filtered, ordered, cut and shaped as it is asked for", async () => {
  await onKernel(function* (agent) {
    yield* recorded(agent, 1);
    const replay = yield* Replay.open(path);
    const names = function* (tasks: object): Program<string[]> {
      return ((yield* replay.ask("frame", { tasks })).tasks?.rows ?? []).map(({ name }) => name);
    };
    expect(yield* names({ sort: "name", isInverted: true, filter: "baker" })).toEqual([
      "baker-3",
      "baker-2",
      "baker-1",
    ]);
    expect(yield* names({ sort: "tid", offset: 1, limit: 2 })).toEqual(["baker-1", "baker-2"]);
    expect(yield* names({ sort: "tid", limit: 1, cursor: 3 })).toEqual(["baker-2"]);
    expect(yield* names({ shape: "tree", folded: [1] })).toEqual(["main"]);
    expect(yield* names({ shape: "sites", filter: "baker" })).toHaveLength(1);
    const frame = yield* replay.ask("frame", {
      detail: 2,
      apps: true,
      endpoints: {},
      log: {},
      syscalls: {},
      graph: true,
    });
    expect(frame.detail?.task.name).toBe("baker-1");
    expect(Object.keys(frame)).toEqual(expect.arrayContaining(["apps", "endpoints", "log", "syscalls", "graph"]));
    expect((yield* replay.ask("frame", { detail: 3 })).detail).toBeNull();
    replay.close();
  });
});

test("what would change something, and a filter that cannot be read, are refused", async () => {
  await onKernel(function* (agent) {
    yield* recorded(agent, 1);
    const replay = yield* Replay.open(path);
    for (const ask of [
      () => replay.ask("signal", { tids: [1], signal: "KILL" }),
      () => replay.ask("stop", { why: "x" }),
      () => replay.ask("frame", { tasks: { filter: "name~(" } }),
    ]) {
      expect(yield* caught(ask)).toMatchObject({ name: "RpcError" });
    }
    replay.close();
  });
});

test("it plays to its end, and stops there", async () => {
  await onKernel(function* (agent) {
    yield* recorded(agent, 3);
    const replay = yield* Replay.open(path);
    replay.play();
    expect(replay.place).toBe(0);
    replay.isPlaying = true;
    replay.play();
    replay.play();
    expect([replay.place, replay.isPlaying]).toEqual([2, false]);
    replay.close();
  });
});

describe("damage:", () => {
  test("a line that is no frame is said when one gets there; the others are as they were", async () => {
    await onKernel(function* (agent) {
      yield* recorded(agent, 3);
      const lines = readFileSync(path, "utf8").split("\n");
      lines[2] = `${lines[2]?.slice(0, 40)}\u0000`;
      lines.splice(3, 0, '{"at":1}', "null");
      writeFileSync(path, lines.join("\n"));
      const replay = yield* Replay.open(path);
      expect(replay.frames).toBe(5);
      expect((yield* replay.ask("frame", {})).seq).toBe(1);
      for (const place of [1, 2, 3]) {
        replay.place = place;
        expect(yield* caught(() => replay.ask("frame", {}))).toMatchObject({
          message: expect.stringContaining(`frame ${place + 1}`),
        });
      }
      replay.place = 4;
      expect((yield* replay.ask("frame", {})).seq).toBe(3);
      replay.close();
    });
  });

  test("a frame with any field of another kind is said to be damaged, and where; one that is whole is not", async () => {
    await onKernel(function* (agent) {
      yield* recorded(agent, 1);
      const [header = "", line = ""] = readFileSync(path, "utf8").split("\n");
      const whole: unknown = JSON.parse(line);
      const damaged: string[] = [];
      for (const keys of leaves(whole)) damaged.push(JSON.stringify(withLeaf(whole, keys)));
      expect(damaged.length).toBeGreaterThan(100);
      writeFileSync(path, [header, line, ...damaged, line, ""].join("\n"));
      const replay = yield* Replay.open(path);
      for (let place = 1; place <= damaged.length; place++) {
        replay.place = place;
        expect(yield* caught(() => replay.ask("frame", {}))).toMatchObject({
          message: expect.stringMatching(/is damaged: .* is no /),
        });
      }
      replay.place = damaged.length + 1;
      expect(yield* replay.ask("frame", {})).toMatchObject({ seq: 1 });
      replay.close();
    });
  });

  test("what never ends is no recording", async () => {
    await onKernel(function* () {
      expect(yield* caught(() => Replay.open("/dev/zero"))).toMatchObject({ code: "EINVAL" });
    });
  });

  test("a last line that was being written is left out", async () => {
    await onKernel(function* (agent) {
      yield* recorded(agent, 3);
      truncateSync(path, statSync(path).size - 10);
      const replay = yield* Replay.open(path);
      expect(replay.frames).toBe(2);
      replay.close();
    });
  });

  test.each([
    ["nothing", "", /no recording/],
    ["text", "hello\nworld\n", /no recording/],
    ["another version", '{"kind":"yieldix frames","version":2,"name":"a","pid":1}\n{}\n', /version 2/],
    ["no frame", '{"kind":"yieldix frames","version":1,"name":"a","pid":1}\n', /no frame/],
  ])("%s is refused", async (_what, text, message) => {
    await onKernel(function* () {
      writeFileSync(path, text);
      expect(yield* caught(() => Replay.open(path))).toMatchObject({
        code: "EINVAL",
        message: expect.stringMatching(message),
      });
    });
  });

  test.each([
    ["that cannot be had ends the recording, and it is said", new RpcError(codes.internalError, "too large"), false],
    ["of a kernel that does not answer is left out", new RpcError(errorCodes.notResponding, "stuck"), true],
    ["of a kernel that is gone is left out", new SyscallError("EPIPE", "gone"), true],
  ])("a frame %s", async (_what, fault, goesOn) => {
    await onKernel(function* () {
      const source = { label: "a kernel", connect: () => refusing(fault) };
      const look = { glyphs: "unicode", hasColour: true, isVi: false, zoneMinutes: 0 } as const;
      const options = { look, everyMs: 1_000, view: "tasks", paint: draw, roomOf: tableRows } as const;
      const viewer = new Viewer(new Canvas(), source, options);
      viewer.port = {
        hello: { version: 1, name: "town", pid: 4021, access: "full" },
        ask: () => refusing(fault),
        close: () => {},
      };
      viewer.recording = yield* Recording.begin(path, { name: "town", pid: 4021 });
      const thrown = yield* caught(() => recordFrame(viewer));
      expect(thrown).toBe(goesOn ? fault : undefined);
      expect(viewer.recording !== undefined).toBe(goesOn);
      expect(viewer.screen.message?.text ?? "").toMatch(goesOn ? /^$/ : /recording stopped: too large/);
    });
  });

  test("a file that is there is not overwritten", async () => {
    await onKernel(function* () {
      appendFileSync(path, "mine");
      expect(yield* caught(() => Recording.begin(path, { name: "town", pid: 1 }))).toMatchObject({ code: "EEXIST" });
      expect(readFileSync(path, "utf8")).toBe("mine");
    });
  });
});

/** What a port does that cannot answer. */
const refusing = routine(function* refusing(fault: unknown): Program<never> {
  yield;
  throw fault;
});

function* caught(ask: () => Call<unknown>): Program<unknown> {
  try {
    yield* ask();
    return undefined;
  } catch (error) {
    return error;
  }
}
