// Every kind of wait that is as it should be: for the time, for a lock, for each other, for one of several things, for
// another thread, for somebody to continue a stopped task.

import { type Program, type Routine, routine, SyscallError, type Tid } from "../../kernel/syscall.ts";
import { Every, NewTask, Offload, Select, SendSignal, Sleep, WaitSignal } from "../../syscalls/index.ts";
import { Barrier, Channel, Lock } from "../lib/index.ts";
import { numbered, sleepBetween } from "./common.ts";

/** Starts them. */
export const waits: Routine<[], void> = routine(function* startWaits() {
  yield* new NewTask(new Sleep(3_600_000), "sleeper-1-hour");
  yield* new NewTask(tick(100), "ticker-100-ms");
  yield* new NewTask(tick(1_000), "ticker-1-s");
  const well = new Lock({ name: "well" });
  for (let n = 1; n <= 5; n++) yield* new NewTask(queueUp(well), numbered("lock-line", n));
  const meeting = new Barrier(3, { name: "meeting" });
  for (let n = 1; n <= 3; n++) yield* new NewTask(meet(meeting), numbered("barrier", n));
  const news = new Channel<string>({ name: "news" });
  yield* new NewTask(tell(news), "news-sender");
  yield* new NewTask(choose(news), "select-of-three");
  yield* new NewTask(askThread(), "offload");
  yield* new NewTask(stopAndContinue(yield* new NewTask(tick(200), "stopped-at-times")), "stopper");
  yield* new NewTask(runErrands(), "errand-sender");
});

const tick = routine(function* tick(ms: number): Program<void> {
  const every = new Every(ms);
  for (;;) yield* every.next();
});

const queueUp = routine(function* queueUp(well: Lock): Program<void> {
  for (;;) yield* well.hold(new Sleep(400));
});

const meet = routine(function* meet(meeting: Barrier): Program<void> {
  for (;;) {
    yield* sleepBetween(500, 4_000);
    try {
      yield* meeting.wait();
    } catch (error) {
      if (!(error instanceof SyscallError) || error.code !== "EPIPE") throw error;
      meeting.reset(); // one of them was ended while it waited
    }
  }
});

const tell = routine(function* tell(news: Channel<string>): Program<void> {
  for (;;) {
    yield* sleepBetween(500, 4_000);
    yield* news.send("nothing new");
  }
});

const choose = routine(function* choose(news: Channel<string>): Program<void> {
  for (;;) yield* new Select({ news: news.receive(), signal: new WaitSignal("USR1"), tooQuiet: new Sleep(2_000) });
});

const askThread = routine(function* askThread(): Program<void> {
  for (;;) {
    try {
      yield* new Offload(new URL("./far-away.ts", import.meta.url), 3_000, { export: "wait" });
    } catch (error) {
      // No threads where everything is simulated.
      if (error instanceof SyscallError && error.code === "ENOTSUP") return;
      throw error;
    }
    yield* new Sleep(1_000);
  }
});

const stopAndContinue = routine(function* stopAndContinue(tid: Tid): Program<void> {
  for (;;) {
    yield* new Sleep(3_000);
    if (!(yield* new SendSignal(tid, "STOP"))) return;
    yield* new Sleep(6_000);
    yield* new SendSignal(tid, "CONT");
  }
});

const runErrands = routine(function* runErrands(): Program<void> {
  for (let n = 1; ; n++) {
    yield* new NewTask(errand(n % 30 === 4), numbered("errand", n));
    yield* new Sleep(1_000);
  }
});

const errand = routine(function* errand(isInVain: boolean): Program<void> {
  yield* sleepBetween(100, 3_000);
  if (isInVain) throw new RangeError("this errand was in vain, and nobody asks how it ended");
});
