// The syscalls that never wait: of each, how it is made, from what, and one that is refused.

import { PassThrough } from "node:stream";
import { openStream } from "../../../kernel/machine/open-stream.ts";
import {
  Adopt,
  Bind,
  CancelTask,
  CancelTasks,
  Gauge,
  GetEnv,
  GetMachine,
  GetRandom,
  GetTask,
  GetTerminal,
  GetTid,
  GetTime,
  KillTask,
  KillTasks,
  Limit,
  Link,
  ListTasks,
  Log,
  NewTask,
  OpenStdin,
  OpenStream,
  Pledge,
  SendSignal,
  SetEnv,
  SetName,
  SetPriority,
  Tell,
  Unlink,
  Where,
} from "../../../syscalls/index.ts";
import { checkSyscall, type Report } from "../../kit/index.ts";
import { sleeper, socketPair } from "../programs.ts";
import { SimulatedDatagrams } from "./simulated-datagrams.ts";
import { child } from "./waiting.ts";

/** By the name of its class. */
export const instant: Readonly<Record<string, () => Report>> = {
  Adopt: () => checkSyscall(({ client }) => new Adopt(client), { setup: socketPair }),
  Bind: () =>
    checkSyscall(() => new Bind({ port: 5353 }), {
      run: { host: { datagrams: { bind: (address) => new SimulatedDatagrams(address) } } },
    }),
  CancelTask: () => checkSyscall((tid) => new CancelTask(tid), { setup: child, refused: () => new CancelTask(99) }),
  CancelTasks: () =>
    checkSyscall((tid) => new CancelTasks([tid]), { setup: child, refused: () => new CancelTasks([99]) }),
  Gauge: () => checkSyscall(() => new Gauge("queue", 12)),
  GetEnv: () => checkSyscall(() => new GetEnv("HOME")),
  GetMachine: () => checkSyscall(() => new GetMachine()),
  GetRandom: () => checkSyscall(() => new GetRandom()),
  GetTask: () => checkSyscall((tid) => new GetTask(tid), { setup: child, refused: () => new GetTask(99) }),
  GetTerminal: () => checkSyscall(() => new GetTerminal("stdout")),
  GetTid: () => checkSyscall(() => new GetTid()),
  GetTime: () => checkSyscall(() => new GetTime()),
  KillTask: () => checkSyscall((tid) => new KillTask(tid), { setup: child, refused: () => new KillTask(99) }),
  KillTasks: () => checkSyscall((tid) => new KillTasks([tid]), { setup: child, refused: () => new KillTasks([99]) }),
  Limit: () => checkSyscall(() => new Limit({ children: 5 }), { refused: () => new Limit({ cpuMs: -1 }) }),
  Link: () => checkSyscall((tid) => new Link(tid), { setup: child, refused: () => new Link(99) }),
  ListTasks: () => checkSyscall(() => new ListTasks()),
  Log: () => checkSyscall(() => new Log("a word")),
  NewTask: () => checkSyscall(() => new NewTask(sleeper([])), { refused: () => new NewTask(1 as never) }),
  OpenStdin: () =>
    checkSyscall(() => new OpenStdin(), {
      run: { host: { openStdin: () => openStream({ readable: new PassThrough() }) } },
    }),
  OpenStream: () =>
    checkSyscall(() => new OpenStream({ readable: new PassThrough() }), {
      refused: () => new OpenStream({ readable: new PassThrough({ objectMode: true }) }),
      run: { host: { openStream } },
    }),
  Pledge: () => checkSyscall(() => new Pledge(["sync"])),
  SendSignal: () =>
    checkSyscall((tid) => new SendSignal(tid, "USR1"), { setup: child, refused: () => new SendSignal(99, "HUP") }),
  SetEnv: () => checkSyscall(() => new SetEnv("HOME", "/")),
  SetName: () => checkSyscall(() => new SetName("named")),
  SetPriority: () => checkSyscall(() => new SetPriority(5), { refused: () => new SetPriority(5, 99) }),
  Tell: () => checkSyscall((tid) => new Tell(tid, "news"), { setup: child, refused: () => new Tell(99, "news") }),
  Unlink: () => checkSyscall((tid) => new Unlink(tid), { setup: child, refused: () => new Unlink(99) }),
  Where: () => checkSyscall(() => new Where()),
};
