// A kernel on the epoll machine with Node's own loop beside it: busy sockets hold up no timer, no promise and no pipe,
// and what Node brings wakes the kernel.

import { spawn } from "node:child_process";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout as later } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { recv, sendAll } from "../../../apps/lib/index.ts";
import { Kernel } from "../../../kernel/kernel.ts";
import type { Connection, Machine } from "../../../kernel/machine/machine.ts";
import { fromStream } from "../../../kernel/machine/stream.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import {
  Adopt,
  Await,
  Connect,
  Join,
  KillTask,
  Listen,
  NewTask,
  ReadWait,
  Sleep,
  Timeout,
} from "../../../syscalls/index.ts";
import { Invariants } from "../../kit/index.ts";
import { foreign, on, portOf, programRun, settled } from "./epoll-bench.ts";
import { hasEpoll } from "./host-machines.ts";

/** Runs a program on a kernel, whose invariants hold. */
async function runOn<T>(machine: Machine, program: Program<T>): Promise<T> {
  const kernel = new Kernel(machine);
  const invariants = new Invariants(kernel, { checkEvery: 1_000 });
  kernel.addObserver(invariants);
  const value = await kernel.run(program);
  invariants.finish();
  expect(kernel.counters.crashes).toBe(0);
  return value;
}

const echoing = routine(function* echoing(connection: Connection): Program<void> {
  yield* new Adopt(connection);
  for (;;) {
    const bytes = yield* recv(connection, 4_096);
    if (bytes.length === 0) return;
    yield* sendAll(connection, bytes);
  }
});

const asking = routine(function* asking(connection: Connection, count: { asked: number }): Program<never> {
  yield* new Adopt(connection);
  for (;;) {
    yield* sendAll(connection, Uint8Array.of(1, 2, 3));
    yield* recv(connection, 4_096);
    count.asked += 1;
  }
});

/** Keeps sockets of the machine busy while a program runs, and gives its value. */
function* whileBusy<T>(program: Program<T>): Program<T> {
  const listener = yield* new Listen({ port: 0 });
  const count = { asked: 0 };
  const tids = [];
  for (let pair = 0; pair < 8; pair++) {
    const client = yield* new Connect(listener.address);
    for (let server = listener.accept(); ; server = listener.accept()) {
      if (server !== null) {
        tids.push(yield* new NewTask(echoing(server)));
        break;
      }
      yield* new ReadWait(listener);
    }
    tids.push(yield* new NewTask(asking(client, count)));
  }
  while (count.asked < 100) yield* new Sleep(1);
  const value = yield* new Join(yield* new NewTask(program));
  for (const tid of tids) yield* new KillTask(tid);
  return value;
}

/**
 * How late each of many timers of Node's own is, in order, ms. By the time that this process has had on the CPUs, as it is
 * never idle: what others take of them makes no timer late.
 */
async function lateness(ms: number, times: number): Promise<number[]> {
  const late: number[] = [];
  while (late.length < times) {
    const start = process.cpuUsage();
    await later(ms);
    const { user, system } = process.cpuUsage(start);
    late.push((user + system) / 1_000 - ms);
  }
  return late.sort((one, other) => one - other);
}

describe.runIf(hasEpoll)("while sockets are busy", () => {
  test("a timer of Node's is late by no more than 50 ms", () =>
    on(async (machine) => {
      const program = function* (): Program<number[]> {
        return yield* new Await(() => lateness(5, 40));
      };
      const late = await runOn(machine, whileBusy(program()));
      // The median: what Node does for itself counts as well.
      expect(late[20]).toBeLessThan(50);
    }));

  test.each<[what: string, source: () => Promise<unknown>, value: unknown]>([
    ["a promise settles", async () => 7, 7],
    ["immediates and timers run", () => new Promise((resolve) => setImmediate(() => setTimeout(resolve, 5, 7))), 7],
    ["a name is looked up", async () => (await lookup("127.0.0.1")).address, "127.0.0.1"],
    ["a file is read", async () => (await readFile(import.meta.filename, "utf8")).startsWith("// A kernel"), true],
    ["a child process ends", async () => (await once(spawn(process.execPath, ["-e", ""]), "exit"))[0], 0],
    ["a worker answers", answerOfWorker, 14],
  ])("%s", (_, source, value) =>
    on(async (machine) => {
      const program = function* (): Program<unknown> {
        return yield* new Timeout(20_000, new Await(source));
      };
      expect(await runOn(machine, whileBusy(program()))).toEqual(value);
    }),
  );

  test("a child's pipes are read and written as sockets are", () =>
    on(async (machine) => {
      const child = spawn("cat", { stdio: ["pipe", "pipe", "inherit"] });
      const pipe = fromStream(child.stdout, child.stdin, "pipe cat");
      expect(await runOn(machine, whileBusy(throughPipe(pipe)))).toBe(300_000);
    }));

  test("a task that sleeps wakes in time, and one that never blocks lets sockets be served", () =>
    on(async (machine) => {
      const program = function* (): Program<number> {
        const spinner = yield* new NewTask(spinning());
        yield* new Sleep(50);
        yield* new KillTask(spinner);
        return 7;
      };
      expect(await runOn(machine, whileBusy(program()))).toBe(7);
    }));
});

function* spinning(): Program<never> {
  for (;;) yield;
}

function* throughPipe(pipe: Connection): Program<number> {
  yield* new Adopt(pipe);
  const reader = yield* new NewTask(
    (function* () {
      let count = 0;
      for (let bytes = yield* recv(pipe, 65_536); bytes.length > 0; bytes = yield* recv(pipe, 65_536)) {
        count += bytes.length;
      }
      return count;
    })(),
  );
  yield* sendAll(pipe, new Uint8Array(300_000));
  pipe.shutdown();
  return yield* new Timeout(20_000, new Join(reader));
}

async function answerOfWorker(): Promise<unknown> {
  const program = `require("node:worker_threads").parentPort.once("message", function (n) { this.postMessage(2 * n); })`;
  const worker = new Worker(program, { eval: true });
  worker.postMessage(7);
  const [answer] = await once(worker, "message");
  await worker.terminate();
  return answer;
}

describe.runIf(hasEpoll)("a kernel that has nothing to do", () => {
  test("is woken by a socket, by a promise and by a child's pipe alike", () =>
    on(async (machine) => {
      const server = await foreign(machine, (socket) =>
        socket.on("data", () => setTimeout(() => socket.write("x"), 5)),
      );
      const child = spawn("cat", { stdio: ["pipe", "pipe", "inherit"] });
      const program = function* (): Program<string[]> {
        const socket = yield* new Connect({ port: portOf(server) });
        const pipe = fromStream(child.stdout, child.stdin, "pipe cat");
        yield* new Adopt(pipe);
        const heard: string[] = [];
        for (let round = 0; round < 10; round++) {
          yield* sendAll(socket, Uint8Array.of(1));
          heard.push(`socket ${(yield* recv(socket, 10)).length}`);
          heard.push(`promise ${yield* new Await(later(2, 1))}`);
          yield* sendAll(pipe, Uint8Array.of(1));
          heard.push(`pipe ${(yield* recv(pipe, 10)).length}`);
        }
        return heard;
      };
      const heard = await runOn(machine, program());
      expect(heard).toEqual(Array(10).fill(["socket 1", "promise 1", "pipe 1"]).flat());
      server.close();
    }));

  test("is woken by a socket when nothing at all goes on in Node", () =>
    on(async (machine) => {
      const server = programRun(`
        import { createServer } from "node:net";
        createServer((socket) => socket.on("data", () => setTimeout(() => socket.write("x"), 20)))
          .listen(0, "127.0.0.1", function () { console.log(this.address().port + "."); });`);
      const said = once(server.child.stdout as NodeJS.ReadableStream, "data"); // its stdout is a pipe
      const port = Number.parseInt(String((await settled(machine, said))[0]), 10);
      const program = function* (): Program<number> {
        const socket = yield* new Connect({ port });
        let heard = 0;
        for (let round = 0; round < 10; round++) {
          yield* sendAll(socket, Uint8Array.of(1));
          heard += (yield* new Timeout(5_000, recv(socket, 10))).length;
        }
        return heard;
      };
      expect(await runOn(machine, program())).toBe(10);
      server.child.kill();
      await settled(machine, server.ended);
    }));

  test("is woken by a microtask's promise that a socket's event has settled", () =>
    on(async (machine) => {
      const program = function* (): Program<number> {
        const listener = yield* new Listen({ port: 0 });
        const client = yield* new Connect(listener.address);
        yield* new ReadWait(listener);
        const server = listener.accept();
        if (server === null) throw new Error("nobody came");
        let settle: (bytes: number) => void = () => {};
        const promise = new Promise<number>((resolve) => {
          settle = resolve;
        });
        server.watch("read", { ready: () => settle(server.read(10)?.length ?? 0) });
        client.write(Uint8Array.of(1, 2, 3));
        return yield* new Timeout(10_000, new Await(promise));
      };
      expect(await runOn(machine, program())).toBe(3);
    }));
});
