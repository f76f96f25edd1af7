// Who uses the processor, and who suffers from it: one that works in slices; a rush, in which many want a turn at once and
// the last of them waits for more than a second; one that now and then has a long turn; one that only gives up the CPU.

import { type Program, type Routine, routine } from "../../kernel/syscall.ts";
import { GetMachine, MoveOn, NewTask, SetPriority, Sleep } from "../../syscalls/index.ts";
import { Event } from "../lib/index.ts";
import { numbered } from "./common.ts";
import { Toil } from "./toil.ts";

// Every ready task has a turn in every lap, whatever its priority. So what starves a task is a long lap, here two seconds
// of many turns, each short enough for the rest of the world to be let in between.
const [rushers, rushMs, rushEveryMs] = [60, 35, 24_000];
/** Long enough to be noticed. */
const slowMs = 130;

/** Starts them. */
export const load: Routine<[], void> = routine(function* startLoad() {
  const toil = new Toil();
  const rush = new Event({ name: "rush hour" });
  yield* new NewTask(burn(toil), "cpu-burner");
  for (let n = 1; n <= rushers; n++) yield* new NewTask(commute(rush, toil), numbered("rush", n));
  yield* new NewTask(starve(rush), "starved-in-rush");
  yield* new NewTask(callRush(rush), "rush-caller");
  yield* new NewTask(haveLongTurns(toil), "slow-turns");
  yield* new NewTask(yieldAtTimes(), "busy-yielder");
});

const burn = routine(function* burn(toil: Toil): Program<void> {
  for (;;) {
    yield* slice(toil);
    yield* new Sleep(50);
  }
});

const slice = routine(function* slice(toil: Toil): Program<void> {
  yield* toil.for(3);
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

const haveLongTurns = routine(function* haveLongTurns(toil: Toil): Program<void> {
  for (;;) {
    yield* new Sleep(5_000);
    toil.block(slowMs);
    yield* new Sleep(15_000);
  }
});

// Polite, and no use to anybody: but for its rests the processor would have none. On simulated time, which hardly moves
// while somebody is busy, a few turns are enough.
const yieldAtTimes = routine(function* yieldAtTimes(): Program<void> {
  const turns = (yield* new GetMachine()).name === "virtual" ? 2_000 : Number.POSITIVE_INFINITY;
  yield* new Sleep(5_500);
  for (;;) {
    yield* new MoveOn(3_000, yieldOnly(turns));
    yield* new Sleep(37_000);
  }
});

const yieldOnly = routine(function* yieldOnly(turns: number): Program<void> {
  for (let turn = 0; turn < turns; turn++) yield;
});
