// The live kernels of this user, each asked what it has to tell of itself.

import { type Program, type Routine, routine, SyscallError } from "../../kernel/syscall.ts";
import { All, Timeout } from "../../syscalls/index.ts";
import { connectControl, type KernelEntry, listKernels } from "../control/client.ts";
import { errorCodes } from "../control/protocol.ts";
import type { Access, Stuck } from "../control/records.ts";
import { RpcError } from "../rpc/errors.ts";
import { attachFault } from "./faults.ts";

/** A kernel as `ls` shows it. What only the kernel itself can tell is null where it does not answer. */
export interface KernelRow {
  readonly pid: number;
  readonly name: string;
  readonly upMs: number | null;
  readonly tasks: number | null;
  readonly access: Access;
  readonly machine: string | null;
  readonly viewers: number | null;
  /** The task that it is stuck in; 0 where it answers. */
  readonly stuck: number;
  readonly socket: string;
}

/**
 * All of them, by pid.
 * @throws ClientError when the folder of their sockets is not safe
 */
export const kernelRows: Routine<[], KernelRow[]> = routine(function* kernelRows() {
  try {
    const entries = yield* listKernels();
    return yield* new All(
      entries.map((entry) => rowOf(entry)),
      { limit: 16 },
    );
  } catch (error) {
    throw attachFault(error);
  }
});

/** How long a kernel may take to tell of itself, ms: its agent is loaded with the first question. */
const answerMs = 5_000;

const rowOf = routine(function* rowOf({ target, pid, name, access }: KernelEntry): Program<KernelRow> {
  const socket = "path" in target.address ? target.address.path : "";
  const known = { pid, name, access, socket, upMs: null, tasks: null, machine: null, viewers: null, stuck: 0 };
  try {
    const control = yield* connectControl(target);
    try {
      const { kernel } = yield* new Timeout(answerMs, control.ask("frame", {}));
      const { upMs, live, machine, viewers } = kernel;
      return { ...known, upMs, tasks: live, machine, viewers: viewers - 1 }; // this command is one of them
    } finally {
      control.close();
    }
  } catch (error) {
    const isStuck = error instanceof RpcError && error.code === errorCodes.notResponding;
    if (isStuck) return { ...known, stuck: (error.data as Stuck).tid }; // by the contract of that code
    if (error instanceof RpcError || error instanceof SyscallError) return known;
    throw error;
  }
});
