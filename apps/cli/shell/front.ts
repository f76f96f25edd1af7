// What is in front of the shell: waited for, with Ctrl-C and Ctrl-Z for it and not for the shell.

import type { Program, Tid } from "../../../kernel/syscall.ts";
import { Await, Select, SendSignal, Sleep, WaitSignal, WaitTask } from "../../../syscalls/index.ts";
import type { ControlPort, ExitText } from "../../control/protocol.ts";
import { writeLines } from "../client-program.ts";
import type { Output } from "./output.ts";
import type { Keys } from "./source.ts";

/** Between two looks at an app, ms: short at first, for those that end at once. */
const [firstLookMs, lastLookMs] = [20, 100];

/** How an app left the front. */
export type Left =
  | { readonly how: "ended"; readonly exit: ExitText; readonly wasInterrupted: boolean }
  | { readonly how: "stopped" };

/**
 * Waits for an app of the kernel, and shows what it prints. Ctrl-C interrupts it, a second one kills it; Ctrl-Z stops it.
 * @throws RpcError when its task is not known
 */
export function* waitForApp(port: ControlPort, tid: number, output: Output, keys: Keys): Program<Left> {
  const presses = keys.listen();
  try {
    return yield* watched(port, tid, output, keys.areShown, presses.stop);
  } finally {
    presses.end();
  }
}

function* watched(
  port: ControlPort,
  tid: number,
  output: Output,
  areShown: boolean,
  stop: Promise<void>,
): Program<Left> {
  let interrupts = 0;
  for (let lookMs = firstLookMs; ; lookMs = Math.min(2 * lookMs, lastLookMs)) {
    const exit = yield* port.ask("exit", { tid, waitMs: 0 });
    yield* output.show();
    if (exit !== null) return { how: "ended", exit, wasInterrupted: interrupts > 0 };
    const interrupt = new WaitSignal("INT");
    const { key } = yield* new Select({ interrupt, stop: new Await(stop), look: new Sleep(lookMs) });
    if (key === "look") continue;
    if (areShown) yield* writeLines([""]);
    const signal = key === "stop" ? "STOP" : ++interrupts > 1 ? "KILL" : "INT";
    yield* port.ask("signal", { tids: [tid], signal });
    if (key === "stop") return { how: "stopped" };
  }
}

/** Waits for a command of the shell's own, a task of this kernel. Ctrl-C is for it: it may end in good order. */
export function* waitForCommand(tid: Tid<number>, keys: Keys): Program<number> {
  for (;;) {
    const { key, value } = yield* new Select({ exit: new WaitTask(tid), interrupt: new WaitSignal("INT") });
    if (key === "interrupt") {
      if (keys.areShown) yield* writeLines([""]);
      yield* new SendSignal(tid, "INT");
    } else {
      if (value.status === "returned") return value.value;
      if (value.status === "threw") throw value.error;
      return interrupted;
    }
  }
}

/** The exit code of what Ctrl-C has ended: 128 and SIGINT. */
export const interrupted = 130;
