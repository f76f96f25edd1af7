// Lines for people on standard output, whole even when many tasks print at once, and held back when nobody reads.

import type { Connection } from "../../kernel/machine/machine.ts";
import { type Routine, routine } from "../../kernel/syscall.ts";
import { printableLines } from "../../kernel/text.ts";
import { GetMachine, Park, WaitQueue } from "../../syscalls/index.ts";
import { sendAll } from "./sockets.ts";

/** One task writes at a time; the others wait in line. */
interface Turn {
  isTaken: boolean;
  readonly line: WaitQueue;
}

const turns = new WeakMap<Connection, Turn>();

/**
 * Writes text and a newline to standard output. What could act on a terminal is shown as \u{hex}.
 * @throws EPIPE when nobody reads any more
 */
export const print: Routine<[text: string], void> = routine(function* print(text) {
  const { stdout } = yield* new GetMachine();
  let turn = turns.get(stdout);
  if (turn === undefined) {
    turn = { isTaken: false, line: new WaitQueue("wait for", "its turn to print") };
    turns.set(stdout, turn);
  }
  while (turn.isTaken) yield* new Park(turn.line);
  turn.isTaken = true;
  try {
    yield* sendAll(stdout, new TextEncoder().encode(`${printableLines(String(text), Number.POSITIVE_INFINITY)}\n`));
  } finally {
    turn.isTaken = false;
    turn.line.wake();
  }
});
