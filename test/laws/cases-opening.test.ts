// Opening an endpoint: nothing is opened before it is waited for, and nothing is left of what could not be had.

import { expect, test } from "vitest";
import { Event } from "../../apps/lib/event.ts";
import { type Answer, Syscall, type Task, type Undo, type Wait } from "../../kernel/syscall.ts";
import { Connect, GetTid, Join, Limit, Listen, NewTask, Select, Sleep } from "../../syscalls/index.ts";
import { run } from "../kit/index.ts";
import { Custom, codeOf, socketPair } from "./programs.ts";

/** How many endpoints the calling task owns. */
const owned = (): Custom<number> => new Custom((task) => task.owned?.size ?? 0);

test("a connect that a select does not come to is not begun", () => {
  const { value } = run(function* () {
    const listener = yield* new Listen({ port: 0 });
    const first = yield* new Select({ connected: new Connect(listener.address), tid: new GetTid() });
    yield* new Sleep(10);
    return [first.key, yield* owned(), listener.accept()];
  });
  expect(value).toEqual(["tid", 1, null]);
});

test("a connect that loses a select is closed, one that wins is the task's", () => {
  const { value } = run(
    function* () {
      const { listener } = yield* socketPair();
      const before = yield* owned();
      const lost = yield* new Select({ connected: new Connect(listener.address), slept: new Sleep(1) });
      const afterLoss = yield* owned();
      const won = yield* new Select({ connected: new Connect(listener.address), slept: new Sleep(100) });
      return [before, lost.key, afterLoss, won.key, yield* owned()];
    },
    { latencyMs: [5, 5] },
  );
  expect(value).toEqual([2, "slept", 2, "connected", 3]);
});

test("an endpoint over the task's own limit is refused, and its address stays free", () => {
  const { value } = run(function* () {
    const limited = yield* new NewTask(
      (function* () {
        yield* new Limit({ sockets: 1 });
        yield* new Listen({ port: 7000 });
        const code = yield* codeOf(new Listen({ port: 7001 }));
        yield* new Sleep(10);
        return code;
      })(),
    );
    yield* new Sleep(5);
    const listener = yield* new Listen({ port: 7001 });
    return [yield* new Join(limited), listener.address];
  });
  expect(value).toEqual(["EMFILE", { host: "127.0.0.1", port: 7001 }]);
});

test("a connect that is open in the moment in which another branch has won is closed", () => {
  /** Its undo has the world go on. */
  class Late extends Syscall<void> implements Wait<void> {
    readonly verb = "wait";
    readonly object = "for nothing";
    readonly #undo: Undo<void>;
    constructor(undo: Undo<void>) {
      super();
      this.#undo = undo;
    }
    override handle(task: Task): Answer<void> {
      return task.block<void>(this, () => this.#undo);
    }
  }
  const { value } = run(
    function* () {
      const { listener } = yield* socketPair();
      const before = yield* owned();
      const event = new Event();
      const connected = new Connect(listener.address);
      yield* new NewTask(new Custom(() => event.set()));
      const first = yield* new Select({ event: event.wait(), late: new Late(() => connected.ready()), connected });
      return [first.key, (yield* owned()) - before];
    },
    { latencyMs: [0, 0] },
  );
  expect(value).toEqual(["event", 0]);
});
