// What an app prints, and what it logs, as far as the kernel remembers it: pulled, so that an app that nobody looks at costs
// nothing.

import type { Program } from "../../../kernel/syscall.ts";
import type { ControlPort } from "../../control/protocol.ts";
import { writeLines } from "../client-program.ts";
import { lostText, outputLines } from "../faces/log.ts";

const pageLength = 1_000;

export class Output {
  readonly #port: ControlPort;
  readonly #tid: number;
  #after: number;

  /**
   * @param tid of the app's main task
   * @param after `last` of a page of the log: what is older is not shown
   */
  constructor(port: ControlPort, tid: number, after: number) {
    this.#port = port;
    this.#tid = tid;
    this.#after = after;
  }

  /** Writes what has come since the last time. */
  *show(): Program<void> {
    for (;;) {
      const query = { app: this.#tid, after: this.#after, limit: pageLength };
      const { log } = yield* this.#port.ask("frame", { log: query });
      if (log === undefined) return;
      this.#after = log.last;
      const lost = log.dropped > 0 ? [lostText(log.dropped)] : [];
      yield* writeLines([...lost, ...log.lines.flatMap(outputLines)]);
      if (log.lines.length < pageLength) return;
    }
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
