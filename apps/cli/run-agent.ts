// The agent of a kernel that `yieldix run` boots. It is loaded when somebody looks for the first time: most runs end before
// that.

import process from "node:process";
import { getHeapStatistics } from "node:v8";
import { timeOfDay } from "../../kernel/machine/console.ts";
import { locate } from "../../kernel/machine/locations.ts";
import type { Task } from "../../kernel/task.ts";
import { Agent } from "../control/agent/agent.ts";
import type { OutputRing } from "../control/agent/output-ring.ts";
import type { FrameRecord } from "../control/records.ts";
import type { OversightOptions } from "./control.ts";
import { loadApp, startApp } from "./load.ts";

/** Frames of a task that are looked at. */
const maxFrames = 64;

/**
 * @param output what has been printed so far
 * @param isAwaited whether a viewer is on its way
 */
export function makeAgent(
  { kernel, name, apps, stop }: OversightOptions,
  output: OutputRing,
  isAwaited: () => boolean,
): Agent {
  return new Agent(kernel, {
    name,
    pid: process.pid,
    node: process.versions.node,
    heapBytes: () => getHeapStatistics().used_heap_size,
    timeOfDay,
    apps,
    output,
    load: async (path, argv) => startApp(await loadApp(path), path, [...argv]),
    locate: framesOf,
    stop,
    isAwaited,
  });
}

/** Where a task's frames stand, innermost first. */
function framesOf(task: Task, withLocals: boolean): FrameRecord[] {
  const names = task.frameNames(maxFrames);
  const programs: Generator[] = [];
  for (let frame = task.frame; frame !== undefined && programs.length < names.length; frame = frame.caller) {
    programs.push(frame.program);
  }
  return locate(programs, { withLocals }).map((location, place) => ({ name: names[place] ?? "", ...location }));
}
