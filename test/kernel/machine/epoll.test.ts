// The epoll machine: the contract, and what only it promises.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { EpollMachine } from "../../../kernel/machine/epoll.ts";
import { EpollConnection } from "../../../kernel/machine/epoll-connection.ts";
import type { Connection } from "../../../kernel/machine/machine.ts";
import { machineContract } from "../../kit/contract.ts";

const folder = mkdtempSync(join(tmpdir(), "epoll-machine-"));
afterAll(() => rmSync(folder, { recursive: true }));
let paths = 0;

function newPath(): string {
  paths += 1;
  return join(folder, `${paths}.sock`);
}

function reset(connection: Connection): void {
  if (!(connection instanceof EpollConnection)) throw new TypeError("not a connection of this machine");
  connection.reset();
}

machineContract("epoll", () => new EpollMachine(), { unixPath: newPath, reset });
