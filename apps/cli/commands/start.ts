// `yieldix start`: launches an app on a kernel that runs already.

import { resolve } from "node:path";
import type { Command } from "commander";
import type { Program } from "../../../kernel/syscall.ts";
import { printable } from "../../../kernel/text.ts";
import type { ControlPort, ExitText } from "../../control/protocol.ts";
import { jsonText } from "../../lib/json-text.ts";
import {
  type ClientOptions,
  type ClientProgram,
  clientCommand,
  type RunClient,
  writeLines,
} from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";

export interface StartOptions {
  readonly name?: string;
  readonly wait?: boolean;
  readonly json?: boolean;
}

/** Asked for at a time, ms. */
const waitMs = 60_000;

/** Adds `yieldix start <app> [args...]`. */
export function addStart(yieldix: Command, run: RunClient): void {
  clientCommand(yieldix, "start", "yieldix start --wait apps/client.ts --beats 3")
    .argument("<app>", "the app's file, which the kernel loads")
    .argument("[args...]", "the app's own arguments, passed to it untouched")
    .option("--name <name>", "the task's name (default: the file's)")
    .option("-w, --wait", "until it has ended; the exit code is then 0 if it returned, else 1")
    .option("--json", "its tid, and how it ended, as one JSON document")
    .passThroughOptions()
    .action((app: string, args: string[], options: StartOptions & ClientOptions) =>
      run(start(resolve(app), args[0] === "--" ? args.slice(1) : args, options), options),
    );
}

/** Launches it. @param path absolute: the kernel's working directory is another */
export function start(path: string, argv: readonly string[], { name, wait, json }: StartOptions): ClientProgram {
  return function* start(port: ControlPort): Program<number> {
    const { tid } = yield* port.ask("start", { path, argv, ...(name === undefined ? {} : { name }) });
    if (json !== true) yield* writeLines([`task ${tid} runs ${printable(path, 1_024)}`]);
    let exit: ExitText | null = null;
    while (wait === true && exit === null) exit = yield* port.ask("exit", { tid, waitMs });
    if (json === true) yield* writeLines([jsonText({ tid, exit })]);
    else if (exit !== null)
      yield* writeLines([printable(`task ${tid} ${exit.status}${exit.text === "" ? "" : `: ${exit.text}`}`, 4_096)]);
    return exit === null || exit.status === "returned" ? ClientCode.done : ClientCode.none;
  };
}
