// `yieldix kill`: sends a signal to tasks, under Unix's names and numbers.

import process from "node:process";
import type { Command } from "commander";
import type { Program } from "../../../kernel/syscall.ts";
import { printable } from "../../../kernel/text.ts";
import type { ControlPort, SignalName, SignalOutcome } from "../../control/protocol.ts";
import { jsonText } from "../../lib/json-text.ts";
import { UsageError } from "../../lib/usage.ts";
import {
  type ClientOptions,
  type ClientProgram,
  clientCommand,
  type RunClient,
  writeLines,
} from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";
import { tidsOf } from "../tids.ts";

/** By the numbers of Linux, and what each does to a task. */
const signals: readonly { readonly number: number; readonly name: SignalName; readonly does: string }[] = [
  { number: 1, name: "HUP", does: "cancels, unless the task waits for it" },
  { number: 2, name: "INT", does: "cancels, unless the task waits for it" },
  { number: 9, name: "KILL", does: "kills: finally runs, nothing can catch it; ends a turn that does not end" },
  { number: 10, name: "USR1", does: "nothing, unless the task waits for it" },
  { number: 12, name: "USR2", does: "nothing, unless the task waits for it" },
  { number: 15, name: "TERM", does: "cancels, unless the task waits for it: the default" },
  { number: 18, name: "CONT", does: "continues a task that was stopped" },
  { number: 19, name: "STOP", does: "stops the task: no more turns until CONT" },
];

interface KillOptions {
  readonly signal?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

/** Adds `yieldix kill`. */
export function addKill(yieldix: Command, run: RunClient): void {
  clientCommand(yieldix, "kill", "yieldix kill -s KILL 14 15")
    .argument("[tids...]", "the tasks; as in a shell, -9 or -KILL before them is the signal")
    .option("-s, --signal <signal>", "its name or number (default: TERM)")
    .option("-l, --list", "list the signals")
    .option("--json", "what became of each, as one JSON document")
    .allowUnknownOption()
    .action((args: string[], options: KillOptions & ClientOptions) => {
      const { signal, tids } = killArguments(args, options);
      if (options.list !== true) return run(kill(tids, signal, options.json), options);
      process.stdout.write(signalList()); // nobody need be asked
    });
}

/** A signal by its name, with SIG before it or not, or its number. @throws UsageError for what is none */
export function signalOf(text: string): SignalName {
  const name = text.toUpperCase().replace(/^SIG/, "");
  const found = signals.find((signal) => signal.name === name || String(signal.number) === name);
  if (found !== undefined) return found.name;
  const names = signals.map((signal) => signal.name).join(", ");
  throw new UsageError(`${printable(text, 64)} is no signal: give one of ${names} (yieldix kill -l lists them)`);
}

/** Sends the signal; `none` where none of the tasks was alive. */
export function kill(tids: readonly number[], signal: SignalName, isJson = false): ClientProgram {
  return function* kill(port: ControlPort): Program<number> {
    const outcomes = yield* port.ask("signal", { tids, signal });
    yield* writeLines(isJson ? [jsonText(outcomes)] : outcomes.map((outcome) => outcomeText(outcome, signal)));
    return outcomes.some(isAlive) ? ClientCode.done : ClientCode.none;
  };
}

function signalList(): string {
  return signals.map(({ number, name, does }) => `${String(number).padStart(2)} ${name.padEnd(4)}  ${does}\n`).join("");
}

function killArguments(args: readonly string[], { signal, list }: KillOptions): { signal: SignalName; tids: number[] } {
  const [first = "", ...rest] = args;
  const isSignal = first.startsWith("-") && signal === undefined;
  const tids = (isSignal ? rest : args).reduce<readonly number[]>((before, text) => tidsOf(text, before), []);
  if (tids.length === 0 && list !== true)
    throw new UsageError("kill: give the tids of the tasks (yieldix ps lists them)");
  return { signal: signalOf(isSignal ? first.slice(1) : (signal ?? "TERM")), tids: [...tids] };
}

function isAlive({ outcome }: SignalOutcome): boolean {
  return outcome === "taken" || outcome === "default";
}

function outcomeText({ tid, outcome, text }: SignalOutcome, signal: SignalName): string {
  const words: Readonly<Record<string, string>> = {
    taken: `${signal} taken by the task itself`,
    default: `${signal} sent`,
    ended: "had ended before",
  };
  const said = text === "" ? (words[outcome] ?? outcome) : text;
  return printable(`${tid}: ${said}`, Number.POSITIVE_INFINITY);
}
