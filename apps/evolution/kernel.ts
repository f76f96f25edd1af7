// A task per connection, on this project's kernel: the blocking server's conversation, word for word, with `NewTask`
// before it. It reads as code that blocks, and nobody waits for anybody else.
//
// What it costs: a task and a generator per client, some hundred bytes each, and a trap for each wait; and that all
// waiting is yielded. What one gets for it: every client is a line in `yieldix ps`, with what it waits for and since
// when, and can be ended alone. A crash is on the log, and hurts no other.

import { type Routine, routine } from "../../kernel/syscall.ts";
import { NewTask } from "../../syscalls/index.ts";
import { accept } from "../lib/index.ts";
import { converse } from "./blocking.ts";
import { listening } from "./listening.ts";

const kernel: Routine<[argv: readonly string[]], void> = routine(function* serve(argv) {
  const listener = yield* listening(argv, "kernel");
  for (;;) {
    const connection = yield* accept(listener);
    yield* new NewTask(converse(connection), `client ${connection.peer}`);
  }
});

export default kernel;
