// `yieldix log`: what the kernel still has of its log and of what its apps print, and what comes.

import type { Command } from "commander";
import type { Program } from "../../../kernel/syscall.ts";
import { Sleep } from "../../../syscalls/index.ts";
import type { ControlPort, Frame } from "../../control/protocol.ts";
import type { LogLine, LogPage } from "../../control/records.ts";
import { jsonText } from "../../lib/json-text.ts";
import {
  type ClientOptions,
  type ClientProgram,
  clientCommand,
  type RunClient,
  writeLines,
} from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";
import { logLines, lostText } from "../faces/log.ts";
import { numberOf, tidOf } from "../tids.ts";

export interface LogOptions {
  readonly follow?: boolean;
  readonly tid?: number;
  readonly app?: number;
  /** The last so many of those that are there. */
  readonly lines?: number;
  readonly json?: boolean;
}

/** Between two looks, ms. */
const lookMs = 250;
/** Lines asked for at once. */
const pageLength = 1_000;
const maxLines = 1_000_000;

/** Adds `yieldix log`. */
export function addLog(yieldix: Command, run: RunClient): void {
  clientCommand(yieldix, "log", "yieldix log -f --tid 31")
    .option("-f, --follow", "go on with what comes, until Ctrl-C")
    .option("--tid <tid>", "of one task only", tidOf)
    .option("--app <tid>", "of the app with this main task, and of all that come of it", tidOf)
    .option("-n, --lines <count>", "begin with the last so many", numberOf("--lines", 0, maxLines, true))
    .option("--json", "one JSON object a line")
    .action((options: LogOptions & ClientOptions) => run(log(options), options));
}

/** Shows lines; `none` where there is none and no more is waited for. */
export function log(options: LogOptions): ClientProgram {
  return function* log(port: ControlPort): Program<number> {
    const { tid, app, lines: most = Number.POSITIVE_INFINITY, follow = false } = options;
    const whose = { ...(tid === undefined ? {} : { tid }), ...(app === undefined ? {} : { app }) };
    const first: LogLine[] = [];
    let after = 0;
    let isFirst = true;
    let shown = 0;
    for (;;) {
      const frame = yield* port.ask("frame", { log: { ...whose, after, limit: pageLength } });
      const page = frame.log ?? { lines: [], last: after, dropped: 0 };
      const isWhole = page.last === after || page.lines.length < pageLength;
      after = page.last;
      if (isFirst) {
        first.push(...page.lines);
        if (first.length > most) first.splice(0, first.length - most);
        if (!isWhole) continue;
      }
      const some = isFirst ? { ...page, lines: first, dropped: 0 } : page; // what is gone before the first is no loss
      isFirst = false;
      shown += some.lines.length;
      yield* writeLines(pageLines(some, frame, options.json ?? false));
      if (!follow) return shown === 0 ? ClientCode.none : ClientCode.done;
      if (isWhole) yield* new Sleep(lookMs);
    }
  };
}

function pageLines({ lines, dropped }: LogPage, { time, at }: Frame, isJson: boolean): string[] {
  const texts = lines.flatMap((line) => (isJson ? [jsonText(line)] : logLines(line, time - at)));
  return dropped > 0 && !isJson ? [lostText(dropped), ...texts] : texts;
}
