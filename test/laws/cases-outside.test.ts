// Waits for promises that the machine's host, or a syscall of one's own, makes. What comes of one that was
// given up goes to `giveBack`, and nowhere else.

import { describe, expect, test } from "vitest";
import type { Kernel, Program, Task } from "../../kernel/syscall.ts";
import {
  type Asking,
  Await,
  CancelTask,
  KillTask,
  ListTasks,
  NewTask,
  Outside,
  Select,
  Sleep,
  Timeout,
  WaitTask,
} from "../../syscalls/index.ts";
import { run, runAsync } from "../kit/index.ts";
import { codeOf } from "./programs.ts";

/** A host that answers when the test says so. */
class Oracle {
  readonly log: string[] = [];
  #answer: ((answer: string) => void) | undefined;
  #refuse: ((error: unknown) => void) | undefined;

  ask(asking: Asking): Promise<string> {
    this.log.push("asked");
    asking.signal.addEventListener("abort", () => this.log.push(`aborted: ${asking.signal.reason.code}`));
    return new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#refuse = reject;
    });
  }

  answer(answer: string): void {
    this.#answer?.(answer);
  }

  refuse(error: unknown): void {
    this.#refuse?.(error);
  }
}

class Ask extends Outside<string> {
  readonly verb = "ask";
  readonly object = "the oracle";
  readonly oracle: Oracle;

  constructor(oracle: Oracle) {
    super();
    this.oracle = oracle;
  }

  override giveBack(answer: string): void {
    this.oracle.log.push(`given back: ${answer}`);
  }

  protected override begin(_kernel: Kernel, asking: Asking, _task: Task): Promise<string> {
    return this.oracle.ask(asking);
  }

  protected override granted(answer: string): void {
    this.oracle.log.push(`granted: ${answer}`);
  }
}

describe("a wait for the outside", () => {
  test("is answered, and keeps the run from being a deadlock", async () => {
    const oracle = new Oracle();
    const running = runAsync(new Ask(oracle));
    await new Promise((resolve) => setImmediate(resolve));
    oracle.answer("yes");
    expect((await running).value).toBe("yes");
    expect(oracle.log).toEqual(["asked", "granted: yes"]);
  });

  test("ends with the error of the promise", async () => {
    const oracle = new Oracle();
    const { value } = await runAsync(function* () {
      const asker = yield* new NewTask(codeOf(new Ask(oracle)));
      yield* new Sleep(1);
      oracle.refuse(new RangeError("no"));
      return yield* new WaitTask(asker);
    });
    expect(value).toEqual({ status: "returned", value: "RangeError" });
  });

  test("ends with what asking throws, and nothing is left of it", async () => {
    class Fails extends Ask {
      protected override begin(): never {
        throw new RangeError("cannot even ask");
      }
    }
    const { value } = await runAsync(codeOf(new Select({ a: new Sleep(5), b: new Fails(new Oracle()) })));
    expect(value).toBe("RangeError");
  });

  test("of a function that returns no promise is a TypeError that says which, and what it returned", async () => {
    const { value } = await runAsync(function* () {
      const errors: unknown[] = [];
      for (const source of [
        () => undefined,
        function count() {
          return 7;
        },
      ]) {
        try {
          yield* new Await(source as unknown as () => Promise<unknown>); // as untyped code may
        } catch (error) {
          errors.push(error);
        }
      }
      return errors.map(String);
    });
    expect(value).toEqual([
      expect.stringContaining("has returned undefined, which is no promise"),
      "TypeError: Await: count has returned 7, which is no promise",
    ]);
  });

  test("is on the list with what it waits for", async () => {
    const { value } = await runAsync(function* () {
      const asker = yield* new NewTask(new Ask(new Oracle()));
      yield* new Sleep(1);
      const record = (yield* new ListTasks()).find(({ tid }) => tid === asker);
      yield* new KillTask(asker);
      return [record?.verb, record?.object];
    });
    expect(value).toEqual(["ask", "the oracle"]);
  });

  test("is ENOTSUP in a synchronous run", () => {
    expect(run(codeOf(new Ask(new Oracle()))).value).toBe("ENOTSUP");
  });
});

type End = "kill" | "cancel" | "deadline" | "select";

function* givenUp(how: End, ask: Ask): Program<void> {
  const program =
    how === "deadline" ? new Timeout(2, ask) : how === "select" ? new Select({ ask, idle: new Sleep(2) }) : ask;
  const asker = yield* new NewTask(codeOf(program));
  yield* new Sleep(1);
  if (how === "kill") yield* new KillTask(asker);
  if (how === "cancel") yield* new CancelTask(asker);
  yield* new WaitTask(asker);
}

describe.each<End>(["kill", "cancel", "deadline", "select"])("given up by %s", (how) => {
  test("it is aborted, and a late answer is given back, once", async () => {
    const oracle = new Oracle();
    const { counters } = await runAsync(function* () {
      yield* givenUp(how, new Ask(oracle));
      oracle.log.push("over");
      oracle.answer("late");
      yield* new Sleep(1);
    });
    expect(oracle.log).toEqual(["asked", "aborted: ECANCELED", "over", "given back: late"]);
    expect(counters.refusedWakes).toBe(1);
  });

  test("a late error is nobody's", async () => {
    const oracle = new Oracle();
    const { logs } = await runAsync(function* () {
      yield* givenUp(how, new Ask(oracle));
      oracle.refuse(new Error("late"));
      yield* new Sleep(1);
    });
    expect(oracle.log).toEqual(["asked", "aborted: ECANCELED"]);
    expect(logs).toEqual([]);
  });
});

test("granted and then killed before its turn, the answer is given back", async () => {
  const oracle = new Oracle();
  const log: string[] = [];
  class Doomed extends Ask {
    #kill: () => void = () => {};
    protected override begin(kernel: Kernel, asking: Asking, task: Task): Promise<string> {
      this.#kill = () => kernel.kill(task.tid, 0, "the test");
      return super.begin(kernel, asking, task);
    }
    protected override granted(answer: string): void {
      super.granted(answer);
      this.#kill();
    }
  }
  await runAsync(function* () {
    const asker = yield* new NewTask(
      (function* (): Program<void> {
        log.push(yield* new Doomed(oracle));
      })(),
    );
    yield* new Sleep(1);
    oracle.answer("yes");
    yield* new WaitTask(asker);
  });
  expect([oracle.log, log]).toEqual([["asked", "granted: yes", "given back: yes"], []]);
});

test("a signal that is asked for only after the wait was given up has fired", async () => {
  let asking: Asking | undefined;
  class Lazy extends Outside<void> {
    readonly verb = "idle";
    readonly object = "";
    protected override begin(_kernel: Kernel, mine: Asking): Promise<void> {
      asking = mine;
      return new Promise(() => {});
    }
  }
  await runAsync(codeOf(new Timeout(1, new Lazy())));
  expect([asking?.isOver, asking?.signal.aborted]).toEqual([true, true]);
});

test("a giveBack that throws, too late for any task, is reported", async () => {
  const oracle = new Oracle();
  class Clumsy extends Ask {
    override giveBack(): void {
      throw new Error("dropped it");
    }
  }
  const { logs } = await runAsync(function* () {
    yield* givenUp("kill", new Clumsy(oracle));
    oracle.answer("late");
    yield* new Sleep(1);
  });
  expect(logs.map(({ text }) => text)).toEqual([expect.stringContaining("dropped it")]);
});
