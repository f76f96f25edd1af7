// `yieldix renice`: more of the CPU for tasks, or less.

import type { Command } from "commander";
import type { Program } from "../../../kernel/syscall.ts";
import { printable } from "../../../kernel/text.ts";
import type { ControlPort, SignalOutcome } from "../../control/protocol.ts";
import { jsonText } from "../../lib/json-text.ts";
import {
  type ClientOptions,
  type ClientProgram,
  clientCommand,
  type RunClient,
  writeLines,
} from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";
import { numberOf, tidsOf } from "../tids.ts";

/** Adds `yieldix renice`. */
export function addRenice(yieldix: Command, run: RunClient): void {
  clientCommand(yieldix, "renice", "yieldix renice -- -5 14 15")
    .argument("<nice>", "from -20 (most) to 19 (least)", numberOf("renice", -20, 19, true))
    .argument("<tids...>", "the tasks", tidsOf)
    .option("--json", "what became of each, as one JSON document")
    .action((nice: number, tids: readonly number[], options: { readonly json?: boolean } & ClientOptions) =>
      run(renice(nice, tids, options.json), options),
    );
}

/** Sets the nice value; `none` where none of the tasks was alive. */
export function renice(nice: number, tids: readonly number[], isJson = false): ClientProgram {
  return function* renice(port: ControlPort): Program<number> {
    const outcomes = yield* port.ask("renice", { tids, nice });
    yield* writeLines(isJson ? [jsonText(outcomes)] : outcomes.map((outcome) => outcomeText(outcome, nice)));
    return outcomes.some(isDone) ? ClientCode.done : ClientCode.none;
  };
}

function isDone({ outcome }: SignalOutcome): boolean {
  return outcome === "taken" || outcome === "default";
}

function outcomeText(outcome: SignalOutcome, nice: number): string {
  const said = outcome.text !== "" ? outcome.text : isDone(outcome) ? `nice ${nice}` : outcome.outcome;
  return printable(`${outcome.tid}: ${said}`, Number.POSITIVE_INFINITY);
}
