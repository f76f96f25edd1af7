// The syscalls that wait on the simulated machine: of each, how it is made, from what, and what answers it.

import type { Connection } from "../../../kernel/machine/machine.ts";
import type { Program, Tid } from "../../../kernel/syscall.ts";
import {
  Connect,
  Join,
  KillTask,
  Listen,
  NewTask,
  Park,
  ReadWait,
  Receive,
  Select,
  SendSignal,
  Sleep,
  SleepUntil,
  Tell,
  WaitQueue,
  WaitSignal,
  WaitTask,
  WriteWait,
} from "../../../syscalls/index.ts";
import { type Asked, checkSyscall, type Report } from "../../kit/index.ts";
import { sleeper, socketPair } from "../programs.ts";

/** By the name of its class. */
export const waiting: Readonly<Record<string, () => Report>> = {
  Connect: () =>
    checkSyscall(({ address }) => new Connect(address), {
      *setup() {
        return yield* new Listen({ port: 0 });
      },
      answer: () => {},
    }),
  Join: () =>
    checkSyscall((tid) => new Join(tid), {
      *setup() {
        return yield* new NewTask(new Sleep(5));
      },
      answer: () => {},
      ready: () => {},
    }),
  Listen: () => checkSyscall(() => new Listen({ port: 0 }), { answer: () => {} }),
  Park: () => checkSyscall((on) => new Park(on), { setup: queue, answer: (on) => on.wake(), waiting: (on) => on.size }),
  ReadWait: () =>
    checkSyscall(({ server }) => new ReadWait(server), {
      setup: socketPair,
      answer: ({ client }) => client.write(new Uint8Array(1)),
      ready: ({ client }) => client.write(new Uint8Array(1)),
    }),
  Receive: () => checkSyscall(() => new Receive(), { answer: tellFirst, ready: tellFirst, personal: true }),
  Select: () =>
    checkSyscall((on) => new Select({ news: new Park(on), idle: new Sleep(1_000) }), {
      setup: queue,
      answer: (on) => on.wake(),
      waiting: (on) => on.size,
    }),
  Sleep: () => checkSyscall(() => new Sleep(5), { answer: () => {} }),
  SleepUntil: () => checkSyscall((_, { kernel }) => new SleepUntil(kernel.clock() + 5), { answer: () => {} }),
  WaitSignal: () =>
    checkSyscall(() => new WaitSignal("USR1", "HUP"), {
      answer: (_, { askers: [first = 0] }) => new SendSignal(first, "HUP"),
      personal: true,
    }),
  WaitTask: () =>
    checkSyscall((tid) => new WaitTask(tid), {
      setup: child,
      answer: (tid) => new KillTask(tid),
      ready: (tid) => new KillTask(tid),
    }),
  WriteWait: () =>
    checkSyscall(({ client }) => new WriteWait(client), {
      setup: fullPair,
      answer: ({ server }) => void server.read(65_536),
    }),
};

function tellFirst(_: unknown, { askers: [first = 0] }: Asked): Tell {
  return new Tell(first, "news");
}

function* queue(): Program<WaitQueue> {
  return new WaitQueue("wait for", "news");
}

/** A child that lives until it is ended. */
export function* child(): Program<Tid<string>> {
  return yield* new NewTask(sleeper([]), "child");
}

/** A connection whose other end does not read, and that is full. */
function* fullPair(): Program<{ client: Connection; server: Connection }> {
  const pair = yield* socketPair();
  while (pair.client.write(new Uint8Array(65_536)) > 0);
  yield* new Sleep(5);
  return pair;
}
