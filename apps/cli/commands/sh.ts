// `yieldix sh`: a shell on a running kernel. On a terminal it has a prompt; else it reads standard input, a command a line.

import process from "node:process";
import type { Command } from "commander";
import type { Program } from "../../../kernel/syscall.ts";
import type { ControlPort } from "../../control/protocol.ts";
import {
  type ClientOptions,
  type ClientProgram,
  clientCommand,
  type Look,
  type RunClient,
  writeLines,
} from "../client-program.ts";
import { filesAt } from "../paths.ts";
import { complete } from "../shell/completion.ts";
import { History, historyPath } from "../shell/history.ts";
import { Shell } from "../shell/shell.ts";
import { GivenLines, type LineSource, noKeys, PipedLines, TypedLines, terminalKeys } from "../shell/source.ts";

export interface ShOptions {
  /** One line, in place of those that would be read. */
  readonly command?: string;
}

/** Adds `yieldix sh`. */
export function addSh(yieldix: Command, run: RunClient): void {
  clientCommand(yieldix, "sh", 'yieldix sh -c "echo.ts --port 7000 &"')
    .option("-c, --command <line>", "one line; else those of the terminal, or of standard input")
    .action((options: ShOptions & ClientOptions) => run(sh(options), options));
}

/** Runs the shell; answers with the exit code of its last line. */
export function sh({ command }: ShOptions): ClientProgram {
  return function* sh(port: ControlPort, look: Look): Program<number> {
    const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
    const { kernel } = yield* port.ask("frame", {});
    let shell: Shell | undefined;
    const typed = (line: string): [string[], string] =>
      shell === undefined ? [[], line] : complete(line, { ...shell.sources, files: filesAt });
    const source = sourceOf(command, isTerminal, typed);
    const complain = (text: string): void => void process.stderr.write(text);
    const keys = isTerminal ? terminalKeys : noKeys;
    shell = new Shell({ port, look, source, keys, name: kernel.name, complain, folder: process.cwd() });
    if (source.isTerminal) yield* writeLines([`on ${kernel.name}, pid ${kernel.pid}: help lists the commands`]);
    return yield* shell.run();
  };
}

function sourceOf(
  command: string | undefined,
  isTerminal: boolean,
  completer: (line: string) => [string[], string],
): LineSource {
  if (command !== undefined) return new GivenLines(command.split("\n"));
  return isTerminal ? new TypedLines(new History(historyPath()), completer) : new PipedLines();
}
