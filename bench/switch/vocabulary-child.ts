// What the rest of the vocabulary costs: `vocabulary-child.ts <minMs>` prints nanoseconds by operation, as one line of JSON.
// No peers: what each goal is held against is in the same run or is an absolute.

import { Group, Lock, NewTask, Park, type Program, Select, WaitQueue, WaitTask } from "../../apps/index.ts";
import { Kernel } from "../../kernel/index.ts";
import { NodeMachine } from "../../kernel/machine/node.ts";
import { routine } from "../../kernel/syscall.ts";
import { nsEach, type Operation } from "../lib/timing.ts";
import { timers } from "../scale/measure/timers.ts";
import type { VocabularyName } from "./vocabulary.ts";

function* uncontended(lock: Lock, count: number): Program<void> {
  for (let i = 0; i < count; i++) {
    yield* lock.acquire();
    lock.release();
  }
}

// Held over a bare yield, so that the other one waits each time and is handed the lock.
function* contending(lock: Lock, count: number): Program<void> {
  for (let i = 0; i < count; i++) {
    yield* lock.acquire();
    yield;
    lock.release();
  }
}

function* handOvers(count: number): Program<void> {
  const lock = new Lock();
  const other = yield* new NewTask(contending(lock, count / 2));
  yield* contending(lock, count / 2);
  yield* new WaitTask(other);
}

// Two that wait and one that is woken, by another task, each time.
function* selects(count: number): Program<void> {
  const [a, b, news] = [new Lock(), new Lock(), new WaitQueue("wait for", "news")];
  yield* a.acquire();
  yield* b.acquire();
  const other = yield* new NewTask(selecting(a, b, news, count));
  while (news.size === 0) yield;
  for (; news.wake() > 0; yield);
  yield* new WaitTask(other);
}

function* selecting(a: Lock, b: Lock, news: WaitQueue, count: number): Program<void> {
  for (let i = 0; i < count; i++) yield* new Select({ a: a.acquire(), b: b.acquire(), news: new Park(news) });
}

const nothing = routine(function* nothing(): Program<void> {});

function* groups(count: number): Program<void> {
  for (let i = 0; i < count; i += 100) {
    yield* new Group(function* (members) {
      for (let member = 0; member < 100; member++) yield* members.spawn(nothing());
    });
  }
}

const run = (program: Program<unknown>): Promise<unknown> => new Kernel(new NodeMachine()).run(program);

const operations: Readonly<Record<Exclude<VocabularyName, "timer">, Operation>> = {
  lock: (count) => run(uncontended(new Lock(), count)),
  handOver: (count) => run(handOvers(count)),
  select: (count) => run(selects(count)),
  group: (count) => run(groups(count)),
};

const minMs = Number(process.argv[2]);
const result: Record<string, number> = {};
for (const [name, operation] of Object.entries(operations)) result[name] = await nsEach(operation, minMs);
const { replace = Number.NaN } = await timers(1_000_000);
console.log(JSON.stringify({ ...result, timer: replace }));
process.exit(0);
