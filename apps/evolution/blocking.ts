// The blocking server, as in the first chapter of every book on sockets: accept one client, talk with it to its end, then
// accept the next. One task, straight-line: where it is in the code is where it is in the conversation.
//
// What it costs: everybody waits for the one who is served. A client that says nothing, or does not read, holds up all
// others for as long as it likes; they sit in the system's backlog, connected and unheard. Only the process itself is
// not held up: it can be watched, and ended.

import type { Connection } from "../../kernel/machine/machine.ts";
import { type Routine, routine } from "../../kernel/syscall.ts";
import { Adopt } from "../../syscalls/index.ts";
import { accept, Reader, sendAll } from "../lib/index.ts";
import { answer } from "./answer.ts";
import { encode } from "./framing.ts";
import { isClientsFault, listening, readFrame } from "./listening.ts";

const blocking: Routine<[argv: readonly string[]], void> = routine(function* serve(argv) {
  const listener = yield* listening(argv, "blocking");
  for (;;) yield* converse(yield* accept(listener));
});

export default blocking;

/** One client, from its first frame to its end. */
export const converse: Routine<[connection: Connection], void> = routine(function* converse(connection) {
  yield* new Adopt(connection);
  try {
    const reader = new Reader(connection);
    for (let body = yield* readFrame(reader); body !== null; body = yield* readFrame(reader)) {
      const reply = answer(body);
      if (reply !== undefined) yield* sendAll(connection, encode(reply));
    }
    connection.shutdown();
  } catch (error) {
    if (!isClientsFault(error)) throw error;
  } finally {
    connection.close();
  }
});
