// Who uses the processor, and who suffers from it: one that works in slices; a rush, in which many want a turn at once and
// the last of them waits for more than a second; one that only ever gives up the CPU.

import { type Program, type Routine, routine } from "../../kernel/syscall.ts";
import { NewTask, SetPriority, Sleep } from "../../syscalls/index.ts";
import { Event } from "../lib/index.ts";
import { numbered } from "./common.ts";
import { Toil } from "./toil.ts";

// Every ready task has a turn in every lap, whatever its priority. So what starves a task is a long lap, here a second
// and a half of many turns, each short enough for the rest of the world to be let in between.
const [rushers, rushMs, rushEveryMs] = [60, 20, 12_000];

/** Starts them. */
export const load: Routine<[], void> = routine(function* startLoad() {
  const toil = new Toil();
  const rush = new Event({ name: "rush hour" });
  yield* new NewTask(burn(toil), "cpu-burner");
  for (let n = 1; n <= rushers; n++) yield* new NewTask(commute(rush, toil), numbered("rush", n));
  yield* new NewTask(starve(rush), "starved-in-rush");
  yield* new NewTask(callRush(rush), "rush-caller");
  yield* new NewTask(yieldForEver(), "busy-yielder");
});

const burn = routine(function* burn(toil: Toil): Program<void> {
  for (;;) {
    yield* slice(toil);
    yield* new Sleep(45);
  }
});

const slice = routine(function* slice(toil: Toil): Program<void> {
  yield* toil.for(5);
});

const commute = routine(function* commute(rush: Event, toil: Toil): Program<void> {
  for (;;) {
    yield* rush.wait();
    yield* toil.for(rushMs);
  }
});

const starve = routine(function* starve(rush: Event): Program<void> {
  yield* new SetPriority(19);
  for (;;) yield* rush.wait(); // the last to wait, so the last to have a turn
});

const callRush = routine(function* callRush(rush: Event): Program<void> {
  for (let pauseMs = 2_000; ; pauseMs = rushEveryMs) {
    yield* new Sleep(pauseMs);
    rush.set();
    rush.clear();
  }
});

const yieldForEver = routine(function* yieldForEver(): Program<void> {
  for (let n = 1; ; n++) {
    yield; // polite, and no use to anybody
    if (n % 100 === 0) yield* new Sleep(25); // or the processor would never rest
  }
});
