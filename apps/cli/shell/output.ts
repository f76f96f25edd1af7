// What an app prints, and what it logs, as far as the kernel remembers it: pulled, so that an app that nobody looks at costs
// nothing.

import type { Program } from "../../../kernel/syscall.ts";
import type { ControlPort } from "../../control/protocol.ts";
import { writeLines } from "../client-program.ts";
import { lostText, outputLines } from "../faces/log.ts";

const pageLength = 1_000;
/** Tasks that are remembered as the app's or as others'. */
const maxKnown = 10_000;

export class Output {
  readonly #port: ControlPort;
  readonly #tid: number;
  readonly #known = new Map<number, boolean>();
  #app: string | undefined = undefined;
  #after: number;

  /** @param after `last` of a page of the log: what is older is not shown */
  constructor(port: ControlPort, tid: number, after: number) {
    this.#port = port;
    this.#tid = tid;
    this.#after = after;
  }

  /** Writes what has come since the last time. */
  *show(): Program<void> {
    for (;;) {
      const { log } = yield* this.#port.ask("frame", { log: { after: this.#after, limit: pageLength } });
      if (log === undefined) return;
      this.#after = log.last;
      const lines = log.dropped > 0 ? [lostText(log.dropped)] : [];
      for (const line of log.lines) if (yield* this.#isOurs(line.tid)) lines.push(...outputLines(line));
      yield* writeLines(lines);
      if (log.lines.length < pageLength) return;
    }
  }

  *#isOurs(tid: number): Program<boolean> {
    if (tid === this.#tid) return true;
    if (tid === 0) return false;
    const known = this.#known.get(tid);
    if (known !== undefined) return known;
    this.#app ??= yield* appOf(this.#port, this.#tid);
    const isOurs = this.#app !== "" && (yield* appOf(this.#port, tid)) === this.#app;
    if (this.#known.size >= maxKnown) this.#known.clear();
    this.#known.set(tid, isOurs);
    return isOurs;
  }
}

/** To be given as `after`: what comes from now on. The kernel keeps a bounded log. */
export function* lastOfLog(port: ControlPort): Program<number> {
  for (let after = 0; ; ) {
    const { log } = yield* port.ask("frame", { log: { after, limit: pageLength } });
    if (log === undefined) return after;
    after = log.last;
    if (log.lines.length < pageLength) return after;
  }
}

function* appOf(port: ControlPort, tid: number): Program<string> {
  const { detail } = yield* port.ask("frame", { detail: tid });
  return detail?.task.app ?? "";
}
