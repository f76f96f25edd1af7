// Opens and closes very many connections on the epoll machine, both ends in this process, with bytes echoed on each,
// and says what became of memory and descriptors.
//
//   node [--expose-gc] --import tsx test/kernel/machine/epoll-soak.ts [connections, 1000000] [--gc]
//
// --gc forces a collection every 2 ms meanwhile: memory that the system writes to must neither move nor go. A third of
// the connections are over a Unix socket; of those over TCP half are reset, and the others end as they should: spread
// over 64 addresses of the loopback, so that those that linger (TIME_WAIT) never use up the ports of one.

import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accept, recv, sendAll } from "../../../apps/lib/index.ts";
import { Kernel } from "../../../kernel/kernel.ts";
import { EpollMachine } from "../../../kernel/machine/epoll.ts";
import { EpollConnection } from "../../../kernel/machine/epoll-connection.ts";
import type { Address, Connection, Listener } from "../../../kernel/machine/machine.ts";
import { Random } from "../../../kernel/machine/random.ts";
import { type Program, routine, SyscallError } from "../../../kernel/syscall.ts";
import { Adopt, Connect, Join, KillTask, Listen, ListTasks, NewTask, Sleep } from "../../../syscalls/index.ts";
import { misplaced, pattern } from "../../kit/contract/bench.ts";

const MiB = 1_048_576;
const lanes = 50;
const keptReads = 200;

/** What there was at one moment. */
interface Sample {
  readonly connections: number;
  readonly heapMiB: number;
  readonly residentMiB: number;
  readonly buffersMiB: number;
  readonly descriptors: number;
}

/** The latest reads, which are looked at again long after they were handed out. */
const kept: { readonly bytes: Uint8Array; readonly start: number }[] = [];

/** All that is counted. */
class Soak {
  readonly total: number;
  readonly random: Random = new Random(1);
  readonly samples: Sample[] = [];
  opened = 0;
  bytes = 0;
  reads = 0;
  wrongBytes = 0;
  collections = 0;

  constructor(total: number) {
    this.total = total;
  }

  check(bytes: Uint8Array, start: number): void {
    this.bytes += bytes.length;
    const place = this.reads++ % keptReads;
    const before = kept[place];
    if (misplaced(bytes, start) !== -1) this.wrongBytes += 1;
    if (before !== undefined && misplaced(before.bytes, before.start) !== -1) this.wrongBytes += 1;
    kept[place] = { bytes, start };
  }

  /** Adds how things are now. */
  sample(): void {
    const { heapUsed, rss, arrayBuffers } = process.memoryUsage();
    const [heapMiB = 0, residentMiB = 0, buffersMiB = 0] = [heapUsed, rss, arrayBuffers].map(
      (bytes) => Math.round((10 * bytes) / MiB) / 10,
    );
    const descriptors = readdirSync("/proc/self/fd").length;
    this.samples.push({ connections: this.opened, heapMiB, residentMiB, buffersMiB, descriptors });
  }
}

/** Collects what nobody holds, where that can be forced: buffers are given back some time after it. */
const collecting = routine(function* collecting(): Program<void> {
  for (let times = 0; times < 3; times++) {
    globalThis.gc?.();
    yield* new Sleep(20);
  }
});

/** Breaking off is what half of the clients do. */
function isBroken(error: unknown): boolean {
  return error instanceof SyscallError && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

const echoing = routine(function* echoing(connection: Connection): Program<void> {
  yield* new Adopt(connection);
  try {
    for (let bytes = yield* recv(connection, 16_384); bytes.length > 0; bytes = yield* recv(connection, 16_384)) {
      yield* sendAll(connection, bytes);
    }
  } catch (error) {
    if (!isBroken(error)) throw error;
  }
  connection.close();
});

const serving = routine(function* serving(listener: Listener): Program<never> {
  for (;;) yield* new NewTask(echoing(yield* accept(listener)));
});

const exchange = routine(function* exchange(soak: Soak, connection: Connection, start: number): Program<number> {
  const length = 1 + soak.random.below(soak.random.below(10) === 0 ? 20_000 : 500);
  yield* sendAll(connection, pattern(start, length));
  for (let got = 0; got < length; ) {
    const bytes = yield* recv(connection, 1 + soak.random.below(16_384));
    if (bytes.length === 0) throw new Error(`${connection.label} ended after ${start + got} bytes`);
    soak.check(bytes, start + got);
    got += bytes.length;
  }
  return start + length;
});

const visit = routine(function* visit(soak: Soak, to: Address, number: number): Program<void> {
  const connection = yield* new Connect(to);
  let start = 0;
  for (let round = soak.random.below(3); round >= 0; round--) start = yield* exchange(soak, connection, start);
  if (number % 3 === 1 && connection instanceof EpollConnection) connection.reset();
  else if (number % 2 === 0) {
    connection.shutdown();
    if ((yield* recv(connection, 1)).length !== 0) soak.wrongBytes += 1;
  }
  connection.close();
});

const lane = routine(function* lane(soak: Soak, tcpPort: number, path: string): Program<void> {
  while (soak.opened < soak.total) {
    const number = soak.opened++;
    const to = number % 3 === 0 ? { path } : { host: `127.0.0.${1 + (number % 64)}`, port: tcpPort };
    yield* visit(soak, to, number);
    if (number !== Math.floor(soak.total / 2)) continue;
    yield* collecting();
    soak.sample();
  }
});

function* main(soak: Soak): Program<void> {
  const path = join(tmpdir(), `yieldix-soak-${process.pid}.sock`);
  const listeners = [yield* new Listen({ host: "0.0.0.0", port: 0 }), yield* new Listen({ path })];
  const servers = [];
  for (const listener of listeners) servers.push(yield* new NewTask(serving(listener)));
  const [{ address }] = listeners as [Listener, Listener]; // the first is there
  const tcpPort = "port" in address ? address.port : 0;
  // The first connections pay for code that is compiled and buffers that grow.
  const warmUp = new Soak(Math.max(2_000, Math.floor(soak.total / 20)));
  for (const [about, isCounted] of [[warmUp, false] as const, [soak, true] as const]) {
    // tuples
    yield* collecting();
    if (isCounted) soak.sample();
    const tids = [];
    for (let count = 0; count < lanes; count++) tids.push(yield* new NewTask(lane(about, tcpPort, path)));
    for (const tid of tids) yield* new Join(tid);
    while ((yield* new ListTasks()).length > 1 + servers.length) yield* new Sleep(1);
  }
  soak.wrongBytes += warmUp.wrongBytes;
  yield* collecting();
  soak.sample();
  for (const tid of servers) yield* new KillTask(tid);
}

const total = Number(process.argv.slice(2).find((text) => /^\d+$/.test(text)) ?? 1_000_000);
const soak = new Soak(total);
const machine = new EpollMachine();
const kernel = new Kernel(machine);
const startMs = performance.now();
let turns = 0;
const collector = setInterval(() => {
  if (!process.argv.includes("--gc")) return;
  if (globalThis.gc === undefined) throw new Error("--gc needs node --expose-gc");
  // Most are of the young generation: a whole one takes longer than the 2 ms.
  globalThis.gc(turns++ % 20 === 0 ? { type: "major", execution: "sync" } : { type: "minor", execution: "sync" });
  soak.collections += 1;
}, 2);
await kernel.run(main(soak));
clearInterval(collector);
machine.close();
globalThis.gc?.();
const { opened, bytes, wrongBytes, collections, samples } = soak;
const { crashes } = kernel.counters;
const seconds = Math.round((performance.now() - startMs) / 100) / 10;
const descriptorsAfter = readdirSync("/proc/self/fd").length;
console.log(
  JSON.stringify({ opened, bytes, wrongBytes, crashes, collections, seconds, descriptorsAfter, samples }, null, 2),
);
if (wrongBytes > 0 || crashes > 0) process.exitCode = 1;
