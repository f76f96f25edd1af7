// The commands that speak to running kernels, all of them. What speaks is itself loaded only by the one that is used.

import type { Command } from "commander";
import type { RunClient } from "./client-program.ts";
import { addGraph } from "./commands/graph.ts";
import { addKill } from "./commands/kill.ts";
import { addLog } from "./commands/log.ts";
import { addLs } from "./commands/ls.ts";
import { addPs } from "./commands/ps.ts";
import { addRenice } from "./commands/renice.ts";
import { addSh } from "./commands/sh.ts";
import { addStart } from "./commands/start.ts";
import { addStop } from "./commands/stop.ts";
import { addStrace } from "./commands/strace.ts";
import { addTop } from "./commands/top.ts";
import { addTree } from "./commands/tree.ts";
import { addWhere } from "./commands/where.ts";

/** Adds them, in the order in which the help lists them. */
export function addClientCommands(yieldix: Command): void {
  addLs(yieldix);
  const clients = [
    addStart,
    addStop,
    addPs,
    addTree,
    addWhere,
    addStrace,
    addGraph,
    addKill,
    addRenice,
    addLog,
    addSh,
    addTop,
  ];
  for (const add of clients) add(yieldix, attached);
}

const attached: RunClient = async (program, kernel) => (await import("./attached.ts")).attached(program, kernel);
