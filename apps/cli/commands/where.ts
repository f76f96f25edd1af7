// `yieldix where`: the lines at which a task stands.

import type { Command } from "commander";
import type { Program } from "../../../kernel/syscall.ts";
import type { ControlPort } from "../../control/protocol.ts";
import { jsonText } from "../../lib/json-text.ts";
import { ClientError } from "../client-error.ts";
import {
  type ClientOptions,
  type ClientProgram,
  clientCommand,
  type RunClient,
  writeLines,
} from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";
import { whereLines } from "../faces/where.ts";
import { tidOf } from "../tids.ts";

export interface WhereOptions {
  readonly locals?: boolean;
  readonly json?: boolean;
}

/** Adds `yieldix where`. */
export function addWhere(yieldix: Command, run: RunClient): void {
  clientCommand(yieldix, "where", "yieldix where 31 --locals")
    .argument("<tid>", "the task", tidOf)
    .option("--locals", "with the local variables of each frame")
    .option("--json", "the frames, as one JSON document")
    .action((tid: number, options: WhereOptions & ClientOptions) => run(where(tid, options), options));
}

/** Shows where a task stands. @throws ClientError for one that has ended or never was */
export function where(tid: number, { locals = false, json = false }: WhereOptions): ClientProgram {
  return function* where(port: ControlPort): Program<number> {
    const { detail } = yield* port.ask("frame", { detail: tid });
    if (detail === null || detail === undefined) {
      throw new ClientError(ClientCode.none, `there is no task ${tid}: yieldix ps --all lists those that are known`);
    }
    const isOver = detail.task.state === "Z";
    const frames = isOver ? [] : yield* port.ask("where", { tid, withLocals: locals });
    yield* writeLines(json ? [jsonText(frames)] : whereLines(detail.task, frames));
    return isOver ? ClientCode.none : ClientCode.done;
  };
}
