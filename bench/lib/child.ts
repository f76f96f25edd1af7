// Runs one measuring program as a child and reads the JSON that is the last line of its output. A fresh process each
// time: no heap and no compiled code of the case before.

import { type ChildProcess, execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository, where children run: tsx and packages are found from there. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command to its end.
 * @throws Error with its name, its exit and the end of its error output, when it fails or takes longer than `timeoutMs`
 */
export function output(command: readonly string[], timeoutMs: number, cwd: string = root): Promise<Output> {
  const [program = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const options = { cwd, timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: 1 << 24 } as const;
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      running.delete(child);
      if (error === null) return resolve({ stdout, stderr });
      const how =
        error.killed === true ? `took longer than ${timeoutMs} ms` : `ended with ${error.code ?? error.signal}`;
      reject(new Error(`${command.join(" ")} ${how}:\n${stderr.trim().slice(-2_000)}`));
    });
    running.add(child);
  });
}

const running = new Set<ChildProcess>();

// Nobody is left behind to disturb what is measured next.
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Runs a measuring program and gives the JSON of its last line. @throws Error as `output`, or when it is no JSON */
export async function measured(command: readonly string[], timeoutMs: number): Promise<unknown> {
  const { stdout } = await output(command, timeoutMs);
  const last = stdout.trim().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(last);
  } catch {
    throw new Error(`${command.join(" ")}: its last line is no JSON: ${last.slice(0, 200)}`);
  }
}
