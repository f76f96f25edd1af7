// What the commands that ask a running kernel are made of: programs that get a control port and a look, write lines to
// standard output, and answer with an exit code. They know neither a socket nor a process, so that they run in the command's
// own process, in the shell of `yieldix sh`, and on simulated time alike.

import type { Command } from "commander";
import { type Program, type Routine, routine, SyscallError } from "../../kernel/syscall.ts";
import { GetMachine } from "../../syscalls/index.ts";
import type { ControlPort } from "../control/protocol.ts";
import { sendAll } from "../lib/sockets.ts";
import { type CommandName, commandWords } from "./command-words.ts";
import { clientCodes } from "./exit-code.ts";

/** What the lines are for. */
export interface Look {
  /** Cells of the terminal; undefined: it is none, and nothing is cut. */
  readonly width: number | undefined;
  /** Whether blocks and lines of Unicode can be shown. */
  readonly isUnicode: boolean;
}

/** A command, ready to be run: answers with one of `ClientCode`. */
export type ClientProgram = (port: ControlPort, look: Look) => Program<number>;

/** Runs it, on the kernel that is meant. */
export type RunClient = (program: ClientProgram, which: ClientOptions) => void | Promise<void>;

/** Options that each of them has: which kernel, as typed. */
export interface ClientOptions {
  /** Its name, pid, socket or host:port; undefined: the only one. */
  readonly kernel?: string | undefined;
  /** Where the token for a port on TCP is; undefined: in the environment. */
  readonly tokenFile?: string | undefined;
}

/** Nobody reads standard output any more: no fault, and nothing left to do. */
export class OutputClosed extends SyscallError {
  static {
    OutputClosed.prototype.name = "OutputClosed";
  }
}

/**
 * Begins a subcommand that asks a kernel.
 * @param example a command line, for the help
 */
export function clientCommand(yieldix: Command, name: CommandName, example: string): Command {
  return yieldix
    .command(name)
    .description(commandWords[name].does)
    .option("-k, --kernel <which>", "its name, pid, socket or host:port (default: the only one that runs)")
    .option("--token-file <file>", "for host:port: where its token is (default: it is in $YIELDIX_TOKEN)")
    .addHelpText("after", `\n${clientCodes}\n\nExample:\n  $ ${example}`);
}

/** Pieces that are written at once, characters. */
const pieceLength = 65_536;

/**
 * Writes lines to standard output. What could act on a terminal has been escaped by who made them.
 * @param end after each line
 * @throws OutputClosed when nobody reads any more
 */
export const writeLines: Routine<[lines: readonly string[], end?: string], void> = routine(function* writeLines(
  lines,
  end = "\n",
) {
  let piece = "";
  for (const line of lines) {
    piece += line + end;
    if (piece.length < pieceLength) continue;
    yield* writeOut(piece);
    piece = "";
  }
  if (piece !== "") yield* writeOut(piece);
});

function* writeOut(text: string): Program<void> {
  const { stdout } = yield* new GetMachine();
  try {
    yield* sendAll(stdout, new TextEncoder().encode(text));
  } catch (error) {
    const isClosed = error instanceof SyscallError && closedCodes.has(error.code);
    throw isClosed ? new OutputClosed(error.code, error.message) : error;
  }
}

// The reader has gone, or the terminal has.
const closedCodes: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET", "EIO"]);
