// Waiting for a condition of one's own.

import { type Routine, routine } from "../../kernel/syscall.ts";
import { Park, type WaitQueue } from "../../syscalls/index.ts";

/** Waits in a queue until a condition holds; whoever may have made it hold wakes the queue. */
export const until: Routine<[queue: WaitQueue, holds: () => boolean], void> = routine(function* until(queue, holds) {
  while (!holds()) yield* new Park(queue);
});
