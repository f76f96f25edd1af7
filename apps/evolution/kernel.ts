// A kernel: after Beazley's pyos (2009), whose tasks ask for everything by yielding a system call. This is the blocking
// server's conversation, word for word, with `NewTask` before it: it reads as code that blocks, and nobody waits for
// anybody else. Each client is a line in `yieldix ps`, with what it waits for and since when, and can be ended alone,
// with its `finally`. A crash is on the log, and hurts no other.
//
// What it costs: a task per client, a trap per wait, and that whatever waits must be a routine and called by `yield*`.

import { NewTask } from "../../syscalls/index.ts";
import { type App, accept } from "../lib/index.ts";
import { converse } from "./blocking.ts";
import { listening } from "./listening.ts";

const kernel: App = listening("kernel", function* serve(listener) {
  for (;;) {
    const connection = yield* accept(listener);
    yield* new NewTask(converse(connection), `client ${connection.peer}`);
  }
});

export default kernel;
