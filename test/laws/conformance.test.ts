// Every shipped syscall keeps what every syscall promises. A new one is a line in one of the tables: how it is made, from
// what, and what answers it; test/kit/README.md says what else can be said of it.

import { expect, test } from "vitest";
import type { Connection } from "../../kernel/machine/machine.ts";
import { type Program, Syscall, type Tid } from "../../kernel/syscall.ts";
import * as vocabulary from "../../syscalls/index.ts";
import {
  Adopt,
  Await,
  CancelTask,
  CancelTasks,
  Connect,
  GetEnv,
  GetMachine,
  GetRandom,
  GetTask,
  GetTid,
  GetTime,
  Join,
  KillTask,
  KillTasks,
  Limit,
  Listen,
  ListTasks,
  Log,
  NewTask,
  Park,
  Pledge,
  ReadWait,
  Select,
  SendSignal,
  SetEnv,
  SetName,
  SetPriority,
  Sleep,
  WaitQueue,
  WaitSignal,
  WaitTask,
  Where,
  WriteWait,
} from "../../syscalls/index.ts";
import { checkSyscall, checkSyscallAsync, type Report } from "../kit/index.ts";
import { sleeper, socketPair } from "./programs.ts";

function* queue(): Program<WaitQueue> {
  return new WaitQueue("wait for", "news");
}

function* child(): Program<Tid<string>> {
  return yield* new NewTask(sleeper([]), "child");
}

/** A connection whose other end does not read, and that is full. */
function* fullPair(): Program<{ client: Connection; server: Connection }> {
  const pair = yield* socketPair();
  while (pair.client.write(new Uint8Array(65_536)) > 0);
  yield* new Sleep(5);
  return pair;
}

/** Those that wait: how each is made, and what answers it. */
const waiting: Record<string, () => Report> = {
  Sleep: () => checkSyscall(() => new Sleep(5), { answer: () => {} }),
  Park: () => checkSyscall((on) => new Park(on), { setup: queue, answer: (on) => on.wake(), waiting: (on) => on.size }),
  WaitTask: () =>
    checkSyscall((tid) => new WaitTask(tid), {
      setup: child,
      answer: (tid) => new KillTask(tid),
      ready: (tid) => new KillTask(tid),
    }),
  Join: () =>
    checkSyscall((tid) => new Join(tid), {
      *setup() {
        return yield* new NewTask(new Sleep(5));
      },
      answer: () => {},
      ready: () => {},
    }),
  ReadWait: () =>
    checkSyscall(({ server }) => new ReadWait(server), {
      setup: socketPair,
      answer: ({ client }) => client.write(new Uint8Array(1)),
      ready: ({ client }) => client.write(new Uint8Array(1)),
    }),
  WriteWait: () =>
    checkSyscall(({ client }) => new WriteWait(client), {
      setup: fullPair,
      answer: ({ server }) => void server.read(65_536),
    }),
  Listen: () => checkSyscall(() => new Listen({ port: 0 }), { answer: () => {} }),
  Connect: () =>
    checkSyscall(({ address }) => new Connect(address), {
      *setup() {
        return yield* new Listen({ port: 0 });
      },
      answer: () => {},
    }),
  WaitSignal: () =>
    checkSyscall(() => new WaitSignal("USR1", "HUP"), {
      answer: (_, { askers: [first = 0] }) => new SendSignal(first, "HUP"),
      personal: true,
    }),
  Select: () =>
    checkSyscall((on) => new Select({ news: new Park(on), idle: new Sleep(1_000) }), {
      setup: queue,
      answer: (on) => on.wake(),
      waiting: (on) => on.size,
    }),
};

test.each(Object.entries(waiting))("%s", (name, check) => {
  const report = check();
  expect(report.syscall).toBe(name);
  expect(report.promises.find((finding) => finding.name === "killed")).toMatchObject({ kept: true });
});

interface Promised {
  readonly promise: Promise<string>;
  readonly resolve: (value: string) => void;
}

function* promised(): Program<Promised> {
  let resolve: (value: string) => void = () => {};
  const promise = new Promise<string>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

test.each(["a promise", "a function that starts one"])("Await of %s", async (what) => {
  const make = ({ promise }: Promised) => new Await(what === "a promise" ? promise : () => promise);
  const answer = ({ resolve }: Promised) => resolve("settled");
  const report = await checkSyscallAsync(make, { setup: promised, answer, late: true });
  expect(report.promises.find((finding) => finding.name === "killed")).toMatchObject({ kept: true });
});

/** Those that never wait. */
const instant: Record<string, () => Report> = {
  Adopt: () => checkSyscall(({ client }) => new Adopt(client), { setup: socketPair }),
  CancelTasks: () =>
    checkSyscall((tid) => new CancelTasks([tid]), { setup: child, refused: () => new CancelTasks([99]) }),
  CancelTask: () => checkSyscall((tid) => new CancelTask(tid), { setup: child, refused: () => new CancelTask(99) }),
  GetEnv: () => checkSyscall(() => new GetEnv("HOME")),
  GetMachine: () => checkSyscall(() => new GetMachine()),
  GetRandom: () => checkSyscall(() => new GetRandom()),
  GetTask: () => checkSyscall((tid) => new GetTask(tid), { setup: child, refused: () => new GetTask(99) }),
  GetTid: () => checkSyscall(() => new GetTid()),
  GetTime: () => checkSyscall(() => new GetTime()),
  KillTask: () => checkSyscall((tid) => new KillTask(tid), { setup: child, refused: () => new KillTask(99) }),
  KillTasks: () => checkSyscall((tid) => new KillTasks([tid]), { setup: child, refused: () => new KillTasks([99]) }),
  Limit: () => checkSyscall(() => new Limit({ children: 5 }), { refused: () => new Limit({ cpuMs: -1 }) }),
  ListTasks: () => checkSyscall(() => new ListTasks()),
  Log: () => checkSyscall(() => new Log("a word")),
  NewTask: () => checkSyscall(() => new NewTask(sleeper([])), { refused: () => new NewTask(1 as never) }),
  Pledge: () => checkSyscall(() => new Pledge(["sync"])),
  SendSignal: () =>
    checkSyscall((tid) => new SendSignal(tid, "USR1"), { setup: child, refused: () => new SendSignal(99, "HUP") }),
  SetEnv: () => checkSyscall(() => new SetEnv("HOME", "/")),
  SetName: () => checkSyscall(() => new SetName("named")),
  SetPriority: () => checkSyscall(() => new SetPriority(5), { refused: () => new SetPriority(5, 99) }),
  Where: () => checkSyscall(() => new Where()),
};

test.each(Object.entries(instant))("%s", (name, check) => {
  const report = check();
  expect(report.syscall).toBe(name);
  expect(report.promises.find((finding) => finding.name === "killed")).toMatchObject({
    kept: "not asked",
    why: expect.stringContaining("it never waits: it was answered with"),
  });
});

test("every shipped syscall has a line here", () => {
  const shipped = Object.entries(vocabulary).filter(
    ([, made]) => "prototype" in made && made.prototype instanceof Syscall,
  );
  const checked = new Set([...Object.keys(waiting), ...Object.keys(instant), "Await"]);
  expect(shipped.map(([name]) => name).filter((name) => !checked.has(name))).toEqual([]);
  expect(shipped.length).toBeGreaterThan(25);
});
