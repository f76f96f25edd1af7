// A kernel that gets stuck again and again: a task that loops without end, and once somebody has ended it, the next one.

import { Log, NewTask, type Program, Sleep, WaitTask } from "../../../apps/index.ts";

/** The pause is for the guard to see that all is well. */
const pauseMs = 250;

function* stuck(round: number): Program<void> {
  console.log(`looping ${round}`); // at once, and not by a syscall: time counts from here
  for (let n = 0; ; ) n = (n + 1) | 0;
}

export default function* loops(): Program<void> {
  for (let round = 0; ; round++) {
    yield* new Sleep(pauseMs);
    yield* new WaitTask(yield* new NewTask(stuck(round), "looping"));
    yield* new Log(`round ${round} is over`);
  }
}
