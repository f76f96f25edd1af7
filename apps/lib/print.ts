// Lines for people on standard output, whole even when many tasks print at once, and held back when nobody reads.

import type { Connection } from "../../kernel/machine/machine.ts";
import { type Routine, routine } from "../../kernel/syscall.ts";
import { printableLines } from "../../kernel/text.ts";
import { GetMachine } from "../../syscalls/index.ts";
import { Lock } from "./lock.ts";
import { sendAll } from "./sockets.ts";

/** One task writes at a time; the others wait in line. */
const locks = new WeakMap<Connection, Lock>();

/**
 * Writes text and a newline to standard output. What could act on a terminal is shown as \u{hex}.
 * @throws EPIPE when nobody reads any more
 */
export const print: Routine<[text: string], void> = routine(function* print(text) {
  const { stdout } = yield* new GetMachine();
  let lock = locks.get(stdout);
  if (lock === undefined) {
    lock = new Lock({ name: "standard output" });
    locks.set(stdout, lock);
  }
  const bytes = new TextEncoder().encode(`${printableLines(String(text), Number.POSITIVE_INFINITY)}\n`);
  yield* lock.hold(sendAll(stdout, bytes));
});
