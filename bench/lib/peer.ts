// How measuring programs are started: compiled TypeScript, Python, Go; or why they cannot be here.

import { fileURLToPath } from "node:url";
import { compiled } from "./build.ts";
import { output } from "./child.ts";

/** A program with its first arguments; or, in words, why it cannot be run here. */
export type Command = readonly [program: string, ...args: string[]] | string;

/** A TypeScript module of bench/, compiled, as a child of this Node that can collect garbage on demand. */
export async function nodeCommand(module: URL, ...args: string[]): Promise<Command> {
  return [process.execPath, ...nodeFlags, await compiled(module), ...args];
}

/** The same through tsx, as `yieldix run` has it in the clone. */
export function tsxCommand(module: URL, ...args: string[]): Command {
  return [process.execPath, ...nodeFlags, "--import", "tsx", fileURLToPath(module), ...args];
}

/** The heap is not to be what ends a count of waiting tasks. */
const nodeFlags = ["--expose-gc", "--max-old-space-size=12288"];

/** Whether a command can be run and ends well. */
async function works(command: readonly string[]): Promise<boolean> {
  return await output(command, 20_000).then(
    () => true,
    () => false,
  );
}

/** A Python that has a module: the system's first, where Debian's packages are, else the one on the path. */
export async function pythonCommand(module: string, script: URL, ...args: string[]): Promise<Command> {
  for (const python of ["/usr/bin/python3", "python3"]) {
    if (await works([python, "-c", `import ${module}`])) return [python, "-B", fileURLToPath(script), ...args];
  }
  return "not installed";
}

/** Builds a Go program. @param to the executable to write */
export async function goCommand(source: URL, to: string): Promise<Command> {
  if (!(await works(["go", "version"]))) return "not installed";
  await output(["go", "build", "-o", to, fileURLToPath(source)], 120_000);
  return [to];
}
