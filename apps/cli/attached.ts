// Runs a command that asks a kernel: on a small kernel of this process's own, connected to the control port of the one that
// is meant. Says what went wrong in one sentence on stderr, and sets the exit code.

import process from "node:process";
import { Kernel } from "../../kernel/kernel.ts";
import { NodeMachine } from "../../kernel/machine/node.ts";
import type { Program } from "../../kernel/syscall.ts";
import { offerSignal } from "../../syscalls/index.ts";
import { connectControl, findKernel, type Target } from "../control/client.ts";
import type { ControlPort } from "../control/protocol.ts";
import { type ClientOptions, type ClientProgram, type Look, OutputClosed } from "./client-program.ts";
import { ClientCode, signalCode } from "./exit-code.ts";
import { failureOf } from "./failure.ts";
import { askFault, attachFault } from "./faults.ts";
import { PatientPort } from "./patient-port.ts";
import { readToken } from "./token-file.ts";

/** Runs a command in this process, on the kernel that is meant. */
export function attached(program: ClientProgram, which: ClientOptions): Promise<void> {
  return inProcess(function* attached(): Program<number> {
    const { port, close } = yield* attach(which);
    try {
      return yield* program(new PatientPort(port), lookOf(process.stdout));
    } catch (error) {
      throw askFault(error);
    } finally {
      close();
    }
  });
}

/** Runs a program on a kernel of its own, and sets the exit code that it answers with, or that of what it throws. */
export async function inProcess(program: () => Program<number>): Promise<void> {
  const machine = new NodeMachine();
  const kernel = new Kernel(machine);
  const release = passSignals(kernel);
  try {
    const code = await kernel.run(program(), "yieldix");
    if (code !== ClientCode.done) process.exitCode = code;
  } catch (error) {
    if (error instanceof OutputClosed) return;
    const { code, text } = failureOf(error, "the command");
    process.stderr.write(text);
    process.exitCode = code;
  } finally {
    release();
    machine.close();
  }
}

/** Finds the kernel that is meant, and connects. @throws ClientError, UsageError */
export function* attach({
  kernel,
  tokenFile,
}: ClientOptions): Program<{ port: ControlPort; target: Target; close: () => void }> {
  try {
    const target = yield* findKernel(kernel, tokenFile === undefined ? undefined : readToken(tokenFile));
    const port = yield* connectControl(target);
    return { port, target, close: () => port.close() };
  } catch (error) {
    throw attachFault(error);
  }
}

/** What lines on standard output are for. */
export function lookOf({ isTTY, columns }: NodeJS.WriteStream): Look {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== "") ?? "";
  return { width: isTTY ? columns : undefined, isUnicode: /utf-?8/i.test(locale) };
}

const signals = { SIGINT: "INT", SIGTERM: "TERM", SIGHUP: "HUP" } as const;

/** Gives the process's signals to the main task, if it waits for them; else they end the process as ever. */
function passSignals(kernel: Kernel): () => void {
  const heed = (signal: NodeJS.Signals): void => {
    const name = signals[signal as keyof typeof signals]; // it is only called for these
    if (kernel.main === undefined || !offerSignal(kernel.main, name)) process.exit(signalCode(signal));
  };
  const names = Object.keys(signals) as NodeJS.Signals[]; // its own keys
  for (const name of names) process.on(name, heed);
  return () => {
    for (const name of names) process.off(name, heed);
  };
}
