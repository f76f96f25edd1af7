// `yieldix stop`: ends the run of a kernel in good order, as SIGTERM does.

import type { Command } from "commander";
import { type Program, SyscallError } from "../../../kernel/syscall.ts";
import { type ControlPort, errorCodes } from "../../control/protocol.ts";
import { RpcError } from "../../rpc/errors.ts";
import {
  type ClientOptions,
  type ClientProgram,
  clientCommand,
  type RunClient,
  writeLines,
} from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";

export interface StopOptions {
  readonly why?: string;
  readonly wait?: boolean;
}

/** How long a run may take to end, and a bit, ms. */
const endMs = 6_000;

/** Adds `yieldix stop`. */
export function addStop(yieldix: Command, run: RunClient): void {
  clientCommand(yieldix, "stop", "yieldix stop -k echo.ts")
    .option("--why <text>", "the reason, which its tasks are told", "stopped by yieldix stop")
    .option("--no-wait", "do not wait until it has ended")
    .action((options: StopOptions & ClientOptions) => run(stop(options), options));
}

/** Ends it; `none` where it has not ended within six seconds. */
export function stop({ why = "stopped", wait }: StopOptions): ClientProgram {
  return function* stop(port: ControlPort): Program<number> {
    const isGone = yield* asked(port, why);
    if (isGone || wait === false) return ClientCode.done;
    const isOver = yield* ended(port);
    if (!isOver) yield* writeLines(["it has been asked to end, and has not ended yet"]);
    return isOver ? ClientCode.done : ClientCode.none;
  };
}

// A kernel that has nothing to clean up may be gone before its answer is on the way.
function* asked(port: ControlPort, why: string): Program<boolean> {
  try {
    yield* port.ask("stop", { why });
    return false;
  } catch (error) {
    if (error instanceof SyscallError || (error instanceof RpcError && error.code === errorCodes.gone)) return true;
    throw error;
  }
}

// Its main task is the first. With the kernel goes the connection.
function* ended(port: ControlPort): Program<boolean> {
  try {
    return (yield* port.ask("exit", { tid: 1, waitMs: endMs })) !== null;
  } catch (error) {
    if (error instanceof SyscallError || error instanceof RpcError) return true;
    throw error;
  }
}
