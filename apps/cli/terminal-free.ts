// A run whose terminal is the monitor's: the app's standard input has ended, so that no key goes to two readers, and what its
// child processes would inherit of the terminal is handed on through the process's own output, which is kept from the screen.

import process from "node:process";
import { Readable } from "node:stream";
import type { Command, Stdio } from "../../kernel/machine/host-parts.ts";
import type { Connection, Machine, Watcher } from "../../kernel/machine/machine.ts";

/** Bytes that are handed on at once. */
const pieceBytes = 65_536;

/** Before the app is loaded: whoever reads `process.stdin` finds its end. */
export function endStdin(): void {
  const ended = Readable.from([], { objectMode: false });
  Object.defineProperty(process, "stdin", { value: ended, configurable: true, enumerable: true });
}

/** Has the app see no terminal, and child processes of this machine leave it alone. */
export function freeTerminal({ host }: Machine): void {
  Object.assign(host, { terminal: () => undefined });
  const { exec } = host;
  if (exec === undefined) return;
  Object.assign(host, {
    exec: (command: Command) => {
      const { stdin, stdout, stderr } = command;
      const child = exec({ ...command, stdin: without(stdin, "ignore"), ...pipes(stdout, stderr) });
      if (stdout === "inherit") handOn(child.stdout, "stdout");
      if (stderr === "inherit") handOn(child.stderr, "stderr");
      return child;
    },
  });
}

function pipes(stdout: Stdio, stderr: Stdio): Pick<Command, "stdout" | "stderr"> {
  return { stdout: without(stdout, "pipe"), stderr: without(stderr, "pipe") };
}

function without(stdio: Stdio, instead: Stdio): Stdio {
  return stdio === "inherit" ? instead : stdio;
}

// Until its end, or until somebody closes it: then there is nothing left to say.
function handOn(from: Connection, level: "stdout" | "stderr"): void {
  const watcher: Watcher = {
    ready: (error) => {
      if (error === undefined) read();
    },
  };
  const read = (): void => {
    try {
      for (let bytes = from.read(pieceBytes); bytes?.length !== 0; bytes = from.read(pieceBytes)) {
        if (bytes === null) {
          from.watch("read", watcher);
          return;
        }
        process[level].write(bytes);
      }
    } catch {
      // Closed, with its task or by it.
    }
  };
  read();
}
