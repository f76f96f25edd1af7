// The machines of a real process that this host can boot, the default one first: what is to hold on each of them.

import { EpollMachine } from "../../../kernel/machine/epoll.ts";
import type { Machine } from "../../../kernel/machine/machine.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";

/** As `--machine` takes them. */
export type HostMachineName = "epoll" | "node";

// Said by the platform and not by trying: where it should run and does not, tests fail, and do not just leave it out.
export const hasEpoll: boolean = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);

export const hostMachines: readonly HostMachineName[] = hasEpoll ? ["epoll", "node"] : ["node"];

export function bootHost(name: HostMachineName): Machine {
  return name === "epoll" ? new EpollMachine() : new NodeMachine();
}
