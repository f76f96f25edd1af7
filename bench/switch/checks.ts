// The goals of this suite. Times are CPU time, held against times of the same run; floors are
// the worst that was seen, times 1.25 or up to the goal; of bytes, which do not vary, times 1.05.

import { median } from "../lib/figures.ts";
import type { Check } from "../lib/suite.ts";
import { type Rounds, valuesOf } from "./measure.ts";
import type { Memory, OperationName, Timings } from "./peers/peer.ts";
import { awaiting, go, ours } from "./systems.ts";
import type { Mixed } from "./tables.ts";
import type { Vocabulary } from "./vocabulary.ts";

interface Measured {
  readonly timings: Rounds<Timings>;
  readonly mixed: readonly Mixed[];
  readonly vocabulary: readonly Vocabulary[];
  /** Of 1,000,000 tasks. */
  readonly memory: Rounds<Memory>;
}

export function checksOf({ timings, mixed, vocabulary, memory }: Measured): Check[] {
  const ns = (system: string, operation: OperationName): number =>
    middle(valuesOf(timings, system, (all) => all[operation]));
  const mixedNs = (system: keyof Mixed, operation: OperationName): number =>
    middle(mixed.flatMap((round) => round[system][operation] ?? []));
  const trap = ns(ours, "trap");
  const awaited = ns(awaiting, "trap");
  const bytes = middle(valuesOf(memory, ours, ({ heap }) => heap));
  const channel = ns(ours, "channel") / ns(go, "channel");
  return [
    { goal: "a trap answered at once", value: trap, unit: "ns", atMost: 50 },
    ratio("a trap / `await undefined`", trap / awaited, 1, 1),
    ratio("the same among other syscalls", mixedNs("ours", "trap") / mixedNs("await", "trap"), 1, 1.3),
    ratio("a trap 50 calls deep / not deep", ns(ours, "deepTrap") / trap, 1.3, 1.3),
    ...(Number.isNaN(channel) ? [] : [{ ...ratio("channel round trip / Go's", channel, 1, 3), remark: channelRemark }]),
    { goal: "spawn + wait", value: ns(ours, "spawn"), unit: "ns", atMost: 450, remark: spawnRemark },
    { ...ratio("spawn + wait / `await undefined`", ns(ours, "spawn") / awaited, 9, 13), remark: spawnRemark },
    {
      goal: "a timer set and cancelled, 1,000,000 pending",
      value: middle(vocabulary.map(({ timer }) => timer)),
      unit: "ns",
      atMost: 1_000,
    },
    { goal: "a parked task, 1,000,000 at once", value: bytes, unit: "bytes", atMost: 500, floor: 530 },
  ];
}

const channelRemark =
  "Each way, one task blocks and one is switched to through the ready queue: two traps that suspend, two laps. Go hands the processor over from one goroutine to the other. The next lever is a lap that costs less when it holds one task.";

const spawnRemark =
  "Its profile is flat: three objects made, a place in the table, an exit record, two laps. Next: no frame object for a task's first frame, and a spawn that hands the task over instead of its tid.";

function ratio(goal: string, value: number, atMost: number, floor: number): Check {
  return { goal, value, unit: "", atMost, floor };
}

/** Of nothing, no number, which meets nothing. */
function middle(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : median(values);
}
