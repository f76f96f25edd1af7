// A program that does a bit of everything, as the seed decides, with answers that can be told apart: what the checker
// is verified with, and what runs are compared by. It throws when it got an answer it had not asked for.

import type { Connection, Listener } from "../../kernel/machine/machine.ts";
import { type Answer, type Program, routine, Syscall, type Task, type Tid, type Wait } from "../../kernel/syscall.ts";
import { Alarm } from "../../kernel/timers.ts";
import {
  Adopt,
  CancelTask,
  Connect,
  KillTask,
  Listen,
  NewTask,
  Park,
  ReadWait,
  Sleep,
  Timeout,
  WaitQueue,
  WaitTask,
  WriteWait,
} from "../../syscalls/index.ts";
import { accept, Custom, receive } from "./programs.ts";

export interface WorkloadOptions {
  /** How a task waits to read; default ReadWait. */
  readonly readWait?: (connection: Connection) => ReadWait;
  /** Tasks beside the main one. Default 6. */
  readonly tasks?: number;
  /** What each of them does. Default 8. */
  readonly steps?: number;
}

/** Answers with its token, some time later; its wake comes even if nobody waits any more. */
export class Ask extends Syscall<string> implements Wait<string> {
  readonly token: string;
  readonly ms: number;
  readonly verb = "ask";

  constructor(token: string, ms: number) {
    super();
    this.token = token;
    this.ms = ms;
  }

  get object(): string {
    return this.token;
  }

  override handle(task: Task): Answer<string> {
    const { kernel } = task;
    return task.block<string>(this, (waiter) => {
      // Not undone, on purpose: a wake that comes too late must be refused.
      kernel.timers.set(kernel.clock() + this.ms, new Alarm(() => waiter.wake(this.token)));
      return () => undefined;
    });
  }
}

/** The workload. Its chance is the machine's. */
export function* workload(options: WorkloadOptions = {}): Program<number> {
  const { tasks = 6 } = options;
  const queue = new WaitQueue("wait in", "the workload's queue");
  const listener = yield* new Listen({ port: 0 });
  yield* new NewTask(serve(listener), "server");
  const tids: Tid[] = [];
  for (let task = 0; task < tasks; task++) {
    tids.push(yield* new NewTask(worker(task, { options, queue, listener, tids }), `worker-${task}`));
  }
  yield* new Sleep(30);
  queue.wake(Number.POSITIVE_INFINITY);
  for (const tid of tids) yield* new CancelTask(tid, "the day is over");
  yield* new Sleep(5);
  for (const tid of tids) {
    yield* new KillTask(tid, "it swallowed its cancel");
    const exit = yield* new WaitTask(tid);
    if (exit.status === "threw" && exit.error instanceof WrongAnswer) throw exit.error;
  }
  return tids.length;
}

/** A task was told what it had not asked for. */
export class WrongAnswer extends Error {}

interface Site {
  readonly options: WorkloadOptions;
  readonly queue: WaitQueue;
  readonly listener: Listener;
  readonly tids: readonly Tid[];
}

function chance(): Custom<number> {
  return new Custom((task) => task.kernel.machine.random());
}

function* serve(listener: Listener): Program<never> {
  for (;;) yield* new NewTask(echo(yield* accept(listener)), "echo");
}

function* echo(connection: Connection): Program<void> {
  yield* new Adopt(connection);
  for (;;) {
    const bytes = yield* receive(connection);
    if (bytes.length === 0) return;
    for (let sent = 0; sent < bytes.length; ) {
      const taken = connection.write(bytes.subarray(sent));
      if (taken === 0) yield* new WriteWait(connection);
      sent += taken;
    }
  }
}

function* worker(me: number, site: Site): Program<string> {
  try {
    for (let step = 0; step < (site.options.steps ?? 8); step++) {
      yield* act(Math.floor((yield* chance()) * 9), `${me}.${step}`, site);
    }
    return "done";
  } finally {
    if ((yield* chance()) < 0.5) yield* new Sleep(1);
  }
}

const act = routine(function* act(what: number, token: string, site: Site): Program<void> {
  const ms = Math.floor((yield* chance()) * 6);
  const other = site.tids[Math.floor((yield* chance()) * site.tids.length)] ?? 1;
  if (what === 0) yield* new Sleep(ms);
  else if (what === 1) yield* asking(token, ms);
  else if (what === 2) yield* hurried(token, ms);
  else if (what === 3) yield* talking(site);
  else if (what === 4) yield* new KillTask(other, token);
  else if (what === 5) yield* new CancelTask(other, token);
  else if (what === 6) yield* caught(new Timeout(ms, new Park(site.queue)));
  else if (what === 7) site.queue.wake();
  else yield* caught(new Timeout(ms, new WaitTask(other)));
});

function* asking(token: string, ms: number): Program<void> {
  const answer: unknown = yield* new Ask(token, ms);
  if (answer !== token) throw new WrongAnswer(`asked ${token}, got ${String(answer)}`);
}

// A deadline that may win, and then at once another wait, into which the first one's wake must not fall.
function* hurried(token: string, ms: number): Program<void> {
  yield* caught(new Timeout(ms / 2, asking(token, ms)));
  yield* asking(`${token} again`, ms);
  const bare: unknown = yield;
  if (bare !== undefined) throw new WrongAnswer(`a bare yield got ${String(bare)}`);
}

function* caught(scope: Timeout<unknown>): Program<void> {
  try {
    yield* scope;
  } catch (error) {
    if (error instanceof WrongAnswer) throw error;
  }
}

function* talking({ listener, options }: Site): Program<void> {
  const connection = yield* new Connect(listener.address);
  const wait = options.readWait ?? ((readable): ReadWait => new ReadWait(readable));
  try {
    connection.write(Uint8Array.of(1, 2, 3));
    while (connection.read(3) === null) yield* wait(connection);
  } finally {
    connection.close();
  }
}
