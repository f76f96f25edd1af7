// Small programs and syscalls that many laws are tested with.

import type { Connection, Listener } from "../../kernel/machine/machine.ts";
import type { VirtualMachine } from "../../kernel/machine/virtual.ts";
import {
  type Answer,
  type Call,
  type Exit,
  type Program,
  type Runnable,
  routine,
  Syscall,
  SyscallError,
  type Task,
  type Wait,
} from "../../kernel/syscall.ts";
import { CancelTask, Connect, KillTask, Listen, NewTask, ReadWait, Sleep, WaitTask } from "../../syscalls/index.ts";

/** Adds a tick to a count every ms, for ever. */
export function* ticking(ticks: { count: number }): Program<never> {
  for (;;) {
    yield* new Sleep(1);
    ticks.count++;
  }
}

/** Sleeps until it is ended, and says that its finally ran. */
export function* sleeper(log: string[], name = "sleeper"): Program<string> {
  try {
    yield* new Sleep(Number.POSITIVE_INFINITY);
    return "woken";
  } finally {
    log.push(`${name} finally`);
  }
}

/** A listener on a free port, a connection to it, and the other end of it, all owned by nobody but the caller. */
export function* socketPair(): Program<{ listener: Listener; client: Connection; server: Connection }> {
  const listener = yield* new Listen({ port: 0 });
  const client = yield* new Connect(listener.address);
  return { listener, client, server: yield* accept(listener) };
}

/** The next connection of a listener. */
export const accept: (listener: Listener) => Call<Connection> = routine(function* accept(
  listener: Listener,
): Program<Connection> {
  for (;;) {
    const connection = listener.accept();
    if (connection !== null) return connection;
    yield* new ReadWait(listener);
  }
});

/** What comes next from a connection, or nothing at its end. */
export const receive: (connection: Connection) => Call<Uint8Array> = routine(function* receive(
  connection: Connection,
): Program<Uint8Array> {
  for (;;) {
    const bytes = connection.read(65_536);
    if (bytes !== null) return bytes;
    yield* new ReadWait(connection);
  }
});

/** Closes a simulated connection the hard way: its peer gets ECONNRESET. */
export function resetting(connection: Connection): Custom<void> {
  return new Custom((task) => (task.kernel.machine as VirtualMachine).reset(connection)); // the kit's runs have one
}

/** Returns a value, at once. */
export function* returning<T>(value: T): Program<T> {
  return value;
}

/** Throws, at once. */
export function* throwing(error: unknown): Program<never> {
  throw error;
}

/** How a task ends that is killed or cancelled some time after its spawn: 1 ms, or so many laps. */
export function* endOf<T>(program: Runnable<T>, how: "kill" | "cancel", laps = 0): Program<Exit<T>> {
  const tid = yield* new NewTask(program);
  if (laps === 0) yield* new Sleep(1);
  for (let lap = 0; lap < laps; lap++) yield;
  yield* how === "kill" ? new KillTask(tid, "the test") : new CancelTask(tid, "the test");
  return yield* new WaitTask(tid);
}

/** The code of what a program throws; "" when it returns. */
export function* codeOf(program: Runnable<unknown>): Program<string> {
  try {
    yield* program;
    return "";
  } catch (error) {
    return codeText(error);
  }
}

/** The code of an error, or its class where it has none. */
export function codeText(error: unknown): string {
  if (error instanceof SyscallError) return error.code;
  return error instanceof Error ? error.constructor.name : `thrown: ${String(error)}`;
}

/** A syscall from two functions. */
export class Custom<T> extends Syscall<T> {
  readonly #serve: (task: Task) => Answer<T>;

  constructor(serve: (task: Task) => Answer<T>) {
    super();
    this.#serve = serve;
  }

  override handle(task: Task): Answer<T> {
    return this.#serve(task);
  }
}

/** A wait in words, for syscalls of the tests. */
export function waitFor<T>(verb: string, more: Partial<Wait<T>> = {}): Wait<T> {
  return { verb, object: "a test", ...more };
}

/** A stack of frames, each of which would catch what is thrown, and takes a millisecond for its cleanup. */
export const nested: (log: string[], depth: number) => Call<void> = routine(function* level(
  log: string[],
  depth: number,
): Program<void> {
  try {
    if (depth === 0) yield* new Sleep(1_000);
    else yield* nested(log, depth - 1);
  } catch {
    log.push("caught");
  } finally {
    log.push(`finally ${depth}`);
    yield* new Sleep(1);
  }
  log.push("went on");
});
