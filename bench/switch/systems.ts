// The systems that are compared: how each is run, and why some cells of its row are empty.

import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, goCommand, nodeCommand, pythonCommand, tsxCommand } from "../lib/peer.ts";
import type { OperationName } from "./peers/peer.ts";

export interface System {
  /** In the tables. */
  readonly name: string;
  readonly command: Command;
  /** What to say of operations that it has no equal for. */
  readonly lacks: Partial<Readonly<Record<OperationName, string>>>;
  /** How many waiting tasks are worth the time to make them; 0: the same as another's. */
  readonly mostParked: number;
}

/** Names that checks refer to. */
export const ours = "yieldix";
export const awaiting = "async functions";
export const go = "Go, one thread";

const million = 1_000_000;
const peers = new URL("peers/", import.meta.url);
const child = new URL("child.ts", import.meta.url);

/** Those that goals are about. */
export async function fewSystems(): Promise<System[]> {
  return [
    system(ours, await nodeCommand(child, "ours")),
    system(awaiting, await nodeCommand(child, "await"), { spawn: "is a call" }),
    system(go, await goCommand(new URL("go/main.go", peers), join(await temporaryFolder(), "switch-go"))),
  ];
}

export async function allSystems(): Promise<System[]> {
  const [first, second, last] = await fewSystems();
  if (first === undefined || second === undefined || last === undefined) throw new RangeError("three systems expected");
  const none = { channel: "none", spawn: "none" };
  const asyncio = new URL("asyncio_peer.py", peers);
  return [
    first,
    system("yieldix, quantum 1", await nodeCommand(child, "ours-1"), {}, 0),
    system("yieldix through tsx", tsxCommand(child, "ours"), {}, 0),
    system("bare generators", await nodeCommand(child, "bare"), none),
    second,
    system("effect", await nodeCommand(child, "effect")),
    system("effection", await nodeCommand(child, "effection"), {}, 100_000),
    system("co", await nodeCommand(child, "co"), { channel: "none", spawn: "is a call" }),
    system("asyncio", await pythonCommand("asyncio", asyncio)),
    system("uvloop", await pythonCommand("uvloop", asyncio, "uvloop")),
    system("trio", await pythonCommand("trio", new URL("trio_peer.py", peers))),
    system("gevent", await pythonCommand("gevent", new URL("gevent_peer.py", peers)), {}, 100_000),
    last,
  ];
}

function system(name: string, command: Command, lacks: System["lacks"] = {}, mostParked = million): System {
  return { name, command, lacks, mostParked };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "yieldix-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
