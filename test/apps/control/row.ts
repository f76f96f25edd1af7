// A row with whatever a test says of it.

import type { TaskRow } from "../../../apps/control/records.ts";

export function rowWith(some: Partial<TaskRow>): TaskRow {
  return {
    tid: 1,
    name: "",
    parent: 0,
    app: "",
    state: "r",
    nice: 0,
    cpu: null,
    runMs: null,
    readyMs: null,
    turnsPerS: null,
    trapsPerS: null,
    maxMs: null,
    cpuHistory: [],
    verb: "",
    object: "",
    holders: [],
    isInCycle: false,
    forMs: 0,
    place: 0,
    finding: "",
    turns: 0,
    traps: 0,
    children: 0,
    mailbox: 0,
    endpoints: 0,
    spawnedAt: "",
    columns: {},
    ...some,
  };
}
