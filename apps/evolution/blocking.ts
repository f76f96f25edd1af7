// Blocking: as sockets were made to be used in 1983, and as the first chapter on them still has it. Accept a client, talk
// with it to its end, accept the next: one task, straight-line. Where it stands in the code is where it stands in the
// conversation, and half a length is a local variable.
//
// What it costs: everybody waits for the one who is served. A client that says nothing, or does not read, holds up all
// others for as long as it likes; they sit in the system's backlog, connected and unheard. Only the process is not held
// up, as it would be by a system's read: on a kernel one waits as a task does, can be watched, and can be ended.

import type { Connection } from "../../kernel/machine/machine.ts";
import { type Routine, routine } from "../../kernel/syscall.ts";
import { Adopt } from "../../syscalls/index.ts";
import { type App, accept, Reader, sendAll } from "../lib/index.ts";
import { answer } from "./answer.ts";
import { encode } from "./framing.ts";
import { isClientsFault, listening, readFrame } from "./listening.ts";

const blocking: App = listening("blocking", function* serve(listener) {
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
