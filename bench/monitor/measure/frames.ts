// What a frame costs the kernel it is of: to look at 10,000 tasks, sort them, and cut out what a screen shows.

import type { FrameQuery, TaskQuery } from "../../../apps/control/protocol.ts";
import { median } from "../../lib/figures.ts";
import { cpuMs } from "../../lib/timing.ts";
import { Crowd } from "../crowd.ts";
import type { Figures } from "../what.ts";

const screenful: TaskQuery = { limit: 40, isPinned: true };
const [warmBlocks, blockSize] = [2, 10];

export async function frames(): Promise<Figures> {
  const crowd = await Crowd.settled();
  const msOf = (query: TaskQuery): number => middleMs(() => crowd.frame({ tasks: { ...screenful, ...query } }));
  const shown: FrameQuery = { tasks: { ...screenful, sort: "cpu" } };
  const frame = crowd.frame(shown);
  return {
    byCpu: msOf({ sort: "cpu" }),
    byName: msOf({ sort: "name" }),
    filtered: msOf({ sort: "cpu", filter: "name~worker-.*7" }),
    tree: msOf({ shape: "tree" }),
    json: middleMs(() => JSON.stringify(frame)),
    bytes: JSON.stringify(frame).length,
  };
}

/** CPU time of one run, ms: the middle of some blocks of runs, after two to warm up. */
export function middleMs(work: () => unknown): number {
  const blocks = Array.from({ length: warmBlocks + 8 }, () => {
    const start = cpuMs();
    for (let n = 0; n < blockSize; n++) work();
    return (cpuMs() - start) / blockSize;
  });
  return median(blocks.slice(warmBlocks));
}
