// Extension proof: a syscall, a pollable, an observer and a machine of one's own, written here, work without a line
// changed or registered anywhere.

import { describe, expect, test } from "vitest";
import { NewTask, ReadWait, routine, Sleep, Timeout, WaitTask } from "../apps/index.ts";
import {
  type Answer,
  type Connection,
  Endpoint,
  type Interest,
  Kernel,
  type Listener,
  type Machine,
  type Observer,
  type Pollable,
  type Program,
  Syscall,
  SyscallError,
  type Task,
  type Wait,
  type Waiter,
  type Watcher,
} from "../kernel/index.ts";

/** Two tasks that name the same place swap values; the first waits for the second. */
class Swap<T> extends Syscall<T> implements Wait<T> {
  readonly verb = "swap";
  readonly object: string;
  readonly #place: Place<T>;
  readonly #value: T;

  constructor(place: Place<T>, value: T) {
    super();
    this.object = place.name;
    this.#place = place;
    this.#value = value;
  }

  override handle(task: Task, _kernel: Kernel): Answer<T> {
    const { waiting } = this.#place;
    if (waiting?.waiter.wake(this.#value) === true) return waiting.value;
    return task.block<T>(this, (waiter) => {
      this.#place.waiting = { waiter, value: this.#value };
      return () => {
        this.#place.waiting = undefined;
      };
    });
  }
}

interface Place<T> {
  readonly name: string;
  waiting: { readonly waiter: Waiter<T>; readonly value: T } | undefined;
}

/** A bell that tasks can wait for as for a socket. */
class Bell implements Pollable {
  readonly label = "bell";
  #watcher: Watcher | undefined = undefined;

  watch(_interest: Interest, watcher: Watcher): void {
    this.#watcher = watcher;
  }

  unwatch(_interest: Interest, watcher: Watcher): void {
    if (this.#watcher === watcher) this.#watcher = undefined;
  }

  ring(): void {
    const watcher = this.#watcher;
    this.#watcher = undefined;
    watcher?.ready();
  }
}

/** A clock that is moved by whoever waits for it, and nothing else: no network, no chance. */
class ClockMachine implements Machine {
  readonly name = "clock";
  readonly asynchronous = false;
  readonly descriptors = 0;
  readonly host = {};
  readonly stdout: Connection = new Sink();
  #nowMs = 0;
  readonly polls: number[] = [];

  now(): number {
    return this.#nowMs;
  }

  random(): number {
    return 0.5;
  }

  environment(): undefined {}

  poll(idleMs: number): boolean {
    this.polls.push(idleMs);
    this.#nowMs += idleMs;
    return true;
  }

  interrupt(): void {}

  alive(): boolean {
    return false;
  }

  listen(): Listener {
    throw new SyscallError("ENOTSUP", "a clock has no network");
  }

  connect(): Connection {
    throw new SyscallError("ENOTSUP", "a clock has no network");
  }

  close(): void {}
}

class Sink extends Endpoint implements Connection {
  readonly label = "sink";
  readonly local = "";
  readonly peer = "";
  readonly bytesRead = 0;
  bytesWritten = 0;

  check(): void {}

  read(): Uint8Array {
    return new Uint8Array();
  }

  write(bytes: Uint8Array): number {
    this.bytesWritten += bytes.length;
    return bytes.length;
  }

  shutdown(): void {}

  protected override isReady(): boolean {
    return true;
  }

  protected override release(): void {}
}

function boot(): { readonly kernel: Kernel; readonly machine: ClockMachine } {
  const machine = new ClockMachine();
  return { machine, kernel: new Kernel(machine, { log: () => {} }) };
}

describe("without touching the kernel", () => {
  test("a syscall of one's own blocks, answers, and is undone with its task", () => {
    const place: Place<string> = { name: "corner", waiting: undefined };
    const { kernel } = boot();
    const swapped = kernel.runSync(
      (function* main(): Program<string[]> {
        const other = yield* new NewTask(
          routine(function* other(): Program<string> {
            return yield* new Swap(place, "from other");
          })(),
        );
        const got = yield* new Swap(place, "from main");
        const exit = yield* new WaitTask(other);
        return [got, exit.status === "returned" ? exit.value : exit.status];
      })(),
    );
    expect(swapped).toEqual(["from other", "from main"]);
    expect(kernel.trace.byKind().get("Swap")).toBe(2);
    const late = boot().kernel.runSync(
      (function* main(): Program<unknown> {
        try {
          yield* new Timeout(5, new Swap(place, "nobody comes"));
          return "somebody came";
        } catch (error) {
          return (error as SyscallError).code; // a deadline's
        }
      })(),
    );
    expect(late).toBe("ETIMEDOUT");
    expect(place.waiting).toBeUndefined();
  });

  test("what waits in it is named by it: in records, and in the report of a deadlock", () => {
    const place: Place<number> = { name: "corner", waiting: undefined };
    expect(() =>
      boot().kernel.runSync(
        (function* alone(): Program<number> {
          return yield* new Swap(place, 1);
        })(),
        "alone",
      ),
    ).toThrow(/1 task waits and nothing can wake them\n +1 +alone +waits: swap corner/);
  });

  test("a pollable of one's own is waited for with ReadWait", () => {
    const bell = new Bell();
    const rung: string[] = [];
    boot().kernel.runSync(
      (function* main(): Program<void> {
        const listener = yield* new NewTask(
          routine(function* listener(): Program<void> {
            yield* new ReadWait(bell);
            rung.push("heard");
          })(),
        );
        yield* new Sleep(10);
        bell.ring();
        yield* new WaitTask(listener);
        rung.push("over");
      })(),
    );
    expect(rung).toEqual(["heard", "over"]);
  });

  test("a machine of one's own runs programs by its own clock", () => {
    const { kernel, machine } = boot();
    kernel.runSync(
      (function* main(): Program<void> {
        yield* new Sleep(250);
        yield* new Sleep(3_600_000);
      })(),
    );
    expect(machine.now()).toBe(3_600_250);
    expect(machine.polls.filter((idleMs) => idleMs > 0)).toEqual([250, 3_600_000]);
  });

  test("a column of a monitor is a part of a wait: here, what is offered", () => {
    const place: Place<string> = { name: "corner", waiting: undefined };
    class Offer extends Swap<string> {
      columns(): Readonly<Record<string, string | number>> {
        return { offers: "a book", since: 7 };
      }
    }
    const { kernel } = boot();
    const seen: unknown[] = [];
    kernel.runSync(
      (function* main(): Program<void> {
        const other = yield* new NewTask(new Offer(place, "a book"), "other");
        yield* new Sleep(10);
        for (const record of kernel.taskRecords()) seen.push(record.columns);
        yield* new Swap(place, "a coin");
        yield* new WaitTask(other);
      })(),
    );
    expect(seen).toEqual([{}, { offers: "a book", since: 7 }]);
  });

  test("a column of a monitor is an observer: here, how often each task was woken", () => {
    const { kernel } = boot();
    const woken = new Map<string, number>();
    const column: Observer = {
      ready: (task) => woken.set(task.name, (woken.get(task.name) ?? 0) + 1),
    };
    kernel.addObserver(column);
    kernel.runSync(
      (function* main(): Program<void> {
        for (let nap = 0; nap < 3; nap++) yield* new Sleep(1);
      })(),
      "sleeper",
    );
    expect(woken).toEqual(new Map([["sleeper", 4]]));
  });
});
