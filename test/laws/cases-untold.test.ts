// A crash is somebody's to hear of: whoever waits for the task's end, or else the kernel log. Also when those who waited
// are killed between the news and their next turn.

import { expect, test } from "vitest";
import type { Program, Syscall, Tid } from "../../kernel/syscall.ts";
import { Join, KillTask, NewTask, Select, Sleep, WaitTask } from "../../syscalls/index.ts";
import { run } from "../kit/index.ts";

function* crashing(): Program<never> {
  yield* new Sleep(5);
  throw new Error("oh");
}

function* until(wait: Syscall<unknown>): Program<void> {
  try {
    yield* wait;
  } catch {}
}

/** Several wait for one that crashes; the first `doomed` of them are killed once they are told, before their turns. */
function* killedWhenTold(waits: ((tid: Tid) => Syscall<unknown>)[], doomed: number): Program<void> {
  const crasher = yield* new NewTask(crashing(), "crasher");
  const waiting: Tid[] = [];
  yield* new NewTask(
    (function* () {
      yield* new Sleep(5); // set after the crasher's, so that its turn is the next, before those who have just been told
      for (const tid of waiting.slice(0, doomed)) yield* new KillTask(tid);
    })(),
  );
  for (const wait of waits) waiting.push(yield* new NewTask(until(wait(crasher))));
  yield* new Sleep(20);
}

const ways: Record<string, (tid: Tid) => Syscall<unknown>> = {
  Join: (tid) => new Join(tid),
  WaitTask: (tid) => new WaitTask(tid),
  "Join in a Select": (tid) => new Select({ end: new Join(tid), never: new Sleep(1_000) }),
  "both in a Select": (tid) => new Select({ end: new Join(tid), exit: new WaitTask(tid) }),
  "WaitTask in a Select": (tid) => new Select({ never: new Sleep(1_000), end: new WaitTask(tid) }),
};

test.each(Object.entries(ways))("%s: the only one that waited is killed: it is reported, once", (_, wait) => {
  const { counters, logs } = run(() => killedWhenTold([wait], 1));
  expect(counters).toMatchObject({ crashes: 1, killed: 1 });
  expect(logs.filter(({ text }) => text.startsWith("crashed\nError: oh")).length).toBe(1);
});

test.each(Object.entries(ways))("%s: one of two is killed: the other has heard of it", (_, wait) => {
  const { counters } = run(() => killedWhenTold([wait, ways["Join"] as typeof wait], 1));
  expect(counters).toMatchObject({ crashes: 0, killed: 1 });
});

test.each(Object.entries(ways))("%s: both are killed: it is reported, once", (_, wait) => {
  const { counters } = run(() => killedWhenTold([wait, wait], 2));
  expect(counters).toMatchObject({ crashes: 1, killed: 2 });
});
