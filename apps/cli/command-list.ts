// Where the commands are. Each is loaded only when it is used, and what it speaks to a kernel with only then.

import type { Command } from "commander";
import type { RunClient } from "./client-program.ts";
import type { CommandName } from "./command-words.ts";

const attached: RunClient = async (program, which) => (await import("./attached.ts")).attached(program, which);

/** Loads a command, and adds it with its options. */
export const commandList: Readonly<Record<CommandName, (yieldix: Command) => Promise<void>>> = {
  run: async (yieldix) => (await import("./commands/run.ts")).addRun(yieldix),
  new: async (yieldix) => (await import("./commands/new.ts")).addNew(yieldix),
  ls: async (yieldix) => (await import("./commands/ls.ts")).addLs(yieldix),
  start: async (yieldix) => (await import("./commands/start.ts")).addStart(yieldix, attached),
  stop: async (yieldix) => (await import("./commands/stop.ts")).addStop(yieldix, attached),
  ps: async (yieldix) => (await import("./commands/ps.ts")).addPs(yieldix, attached),
  tree: async (yieldix) => (await import("./commands/tree.ts")).addTree(yieldix, attached),
  where: async (yieldix) => (await import("./commands/where.ts")).addWhere(yieldix, attached),
  strace: async (yieldix) => (await import("./commands/strace.ts")).addStrace(yieldix, attached),
  graph: async (yieldix) => (await import("./commands/graph.ts")).addGraph(yieldix, attached),
  kill: async (yieldix) => (await import("./commands/kill.ts")).addKill(yieldix, attached),
  renice: async (yieldix) => (await import("./commands/renice.ts")).addRenice(yieldix, attached),
  log: async (yieldix) => (await import("./commands/log.ts")).addLog(yieldix, attached),
  sh: async (yieldix) => (await import("./commands/sh.ts")).addSh(yieldix, attached),
  top: async (yieldix) => (await import("./commands/top.ts")).addTop(yieldix, attached),
};
