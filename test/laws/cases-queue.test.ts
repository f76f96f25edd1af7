// Queues: channels that know what is unfinished, and one that gives out what is most urgent first.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  Channel,
  Join,
  KillTask,
  ListTasks,
  NewTask,
  PriorityQueue,
  type Program,
  Queue,
  Select,
  Sleep,
  type Tid,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import { run, runExit } from "../kit/index.ts";
import { receiving, sending, shuffled } from "./channels.ts";
import { codeOf } from "./programs.ts";

function* working(queue: Queue<number>, log: string[]): Program<void> {
  for (let job = yield* queue.next(); !job.done; job = yield* queue.next()) {
    try {
      yield* new Sleep(job.value);
      log.push(`did ${job.value}`);
    } finally {
      queue.done();
    }
  }
}

function* joining(queue: Queue<number>, log: string[]): Program<void> {
  yield* queue.join();
  log.push("joined");
}

describe("a queue", () => {
  test("join waits until all that was sent is done, and wakes all who joined", () => {
    const log: string[] = [];
    run(function* () {
      const queue = new Queue<number>();
      yield* queue.join();
      for (const job of [3, 1, 2]) yield* queue.send(job);
      const joiners = [yield* new NewTask(joining(queue, log)), yield* new NewTask(joining(queue, log))];
      for (let n = 0; n < 2; n++) yield* new NewTask(working(queue, log));
      for (const joiner of joiners) yield* new Join(joiner);
      queue.close();
    });
    expect(log).toEqual(["did 1", "did 3", "did 2", "joined", "joined"]);
  });

  test("what a killed worker was granted and did not take is unfinished once, whoever does it", () => {
    const { value } = run(function* () {
      const queue = new Queue<number>();
      const doomed = yield* new NewTask(queue.receive());
      yield* new Sleep(1);
      yield* queue.send(1);
      const before = queue.unfinished;
      yield* new KillTask(doomed);
      yield* new WaitTask(doomed);
      const back = [queue.unfinished, queue.size, yield* codeOf(doneWith(queue))];
      yield* queue.receive();
      queue.done();
      return [before, ...back, queue.unfinished];
    });
    expect(value).toEqual([1, 1, 1, "EINVAL", 0]);
  });

  function* doneWith(queue: Queue<number>): Program<void> {
    queue.done();
  }

  test("more cannot be done than was received", () => {
    const queue = new Queue<number>({ name: "jobs" });
    queue.trySend(1);
    for (const count of [1, -1, 0.5, Number.NaN]) {
      expect(() => queue.done(count)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    }
    expect(queue.tryReceive()).toEqual({ done: false, value: 1 });
    queue.done();
    expect(() => queue.done()).toThrow(/queue jobs \(0 of 1024\): 1 cannot be done, 0 were received and are not/);
  });

  test("closed and drained it is over: what was left counts as done", () => {
    const { value } = run(function* () {
      const queue = new Queue<number>({ capacity: 2 });
      const sender = yield* new NewTask(codeOf(sending(queue, [1, 2, 3])));
      const joiner = yield* new NewTask(queue.join());
      yield* new Sleep(1);
      queue.close();
      const left = queue.drain();
      yield* new Join(joiner);
      return [left, yield* new Join(sender), yield* queue.next()];
    });
    expect(value).toEqual([[1, 2], "EPIPE", { done: true }]);
  });

  test("to join is a branch like any other, and a joiner that is killed wakes nobody", () => {
    const { value } = run(function* () {
      const queue = new Queue<number>();
      yield* queue.send(1);
      const late = yield* new Select({ joined: queue.join(), idle: new Sleep(5) });
      const other = yield* new NewTask(codeOf(new Timeout(5, queue.join())));
      const doomed = yield* new NewTask(queue.join());
      yield* new Sleep(1);
      yield* new KillTask(doomed);
      const timed = yield* new Join(other);
      yield* queue.receive();
      const woken = yield* new NewTask(queue.join());
      yield* new Sleep(1);
      const next = yield* new NewTask(queue.join()); // its turn comes before that of the one who is woken
      queue.done();
      yield* queue.send(2);
      yield* new KillTask(woken);
      yield* new Sleep(1);
      const record = (yield* new ListTasks()).find(({ tid }) => tid === next);
      return [late.key, timed, record?.verb, record?.object];
    });
    expect(value).toEqual(["idle", "ETIMEDOUT", "join", "queue (1 of 1024), 1 unfinished"]);
  });

  test("a worker that forgets to say done is a deadlock with a name", () => {
    const { outcome } = runExit(function* () {
      const queue = new Queue<number>({ name: "jobs", capacity: 4 });
      yield* queue.send(1);
      yield* queue.receive();
      yield* queue.join();
    });
    expect(outcome).toMatchObject({ status: "threw", error: { code: "EDEADLK" } });
    expect(String(outcome.status === "threw" && outcome.error)).toMatch(/join queue jobs \(0 of 4\), 1 unfinished/);
  });

  test("it has a bound, 1,024 by default, and cannot be without a buffer", () => {
    const queue = new Queue<number>();
    let sent = 0;
    while (queue.trySend(sent)) sent++;
    expect([sent, queue.capacity, queue instanceof Channel]).toEqual([1_024, 1_024, true]);
    expect(() => new Queue({ capacity: 0 })).toThrow(expect.objectContaining({ code: "EINVAL" }));
  });
});

interface Job {
  readonly rank: number;
  readonly name: string;
}

const byRank = { rank: ({ rank }: Job): number => rank };

describe("a priority queue", () => {
  test("gives the smallest rank first, and of equals the one that was sent first, as a stable sort does", () => {
    const jobs = fc.array(
      fc.record({ rank: fc.constantFrom(-1, 0, 1, 2.5, Number.POSITIVE_INFINITY), name: fc.string() }),
    );
    fc.assert(
      fc.property(jobs, (sent) => {
        const queue = new PriorityQueue<Job>(byRank);
        for (const job of sent) queue.trySend(job);
        expect(queue.drain()).toEqual(sent.toSorted((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank)));
      }),
    );
  });

  test("is right however sends and receives take turns", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat({ max: 9 })), { maxLength: 100 }), (steps) => {
        const queue = new PriorityQueue<Job>(byRank);
        const model: Job[] = [];
        for (const [place, rank] of steps.entries()) {
          if (rank !== null) {
            queue.trySend({ rank, name: String(place) });
            model.push({ rank, name: String(place) });
          } else {
            const least = model.reduce<Job | undefined>(
              (a, b) => (a === undefined || b.rank < a.rank ? b : a),
              undefined,
            );
            if (least !== undefined) model.splice(model.indexOf(least), 1);
            expect(queue.tryReceive()).toEqual(least === undefined ? undefined : { done: false, value: least });
          }
        }
      }),
    );
  });

  test("who waits for room comes in in turn, whatever the rank; what a killed task gave back comes first", () => {
    const { value } = run(function* () {
      const queue = new PriorityQueue<Job>({ ...byRank, capacity: 1 });
      const job = (rank: number): Job => ({ rank, name: "" });
      yield* new NewTask(sending(queue, [job(5), job(4), job(1)]));
      yield* new Sleep(1);
      const first = [(yield* queue.receive()).rank, (yield* queue.receive()).rank];
      yield* new Sleep(1);
      queue.drain();
      const doomed = yield* new NewTask(queue.receive());
      yield* new Sleep(1);
      yield* queue.send(job(9));
      yield* new KillTask(doomed);
      yield* new WaitTask(doomed);
      return [...first, queue.trySend(job(0)), (yield* queue.receive()).rank];
    });
    expect(value).toEqual([5, 4, false, 9]);
  });

  test("a rank that throws, or is no number, hurts only who sends", () => {
    const { value } = run(function* () {
      const queue = new PriorityQueue<number | string>({
        rank: (item) => {
          if (item === 13) throw new RangeError("thirteen");
          return item as number; // not always, and that is refused
        },
      });
      const got: (number | string)[] = [];
      const receiver = yield* new NewTask(receiving(queue, got));
      const codes: string[] = [];
      for (const item of [1, 13, Number.NaN, "x", 2]) codes.push(yield* codeOf(sending(queue, [item])));
      queue.close();
      yield* new WaitTask(receiver);
      return [codes, got];
    });
    expect(value).toEqual([
      ["", "RangeError", "EINVAL", "EINVAL", ""],
      [1, 2],
    ]);
    expect(() => new PriorityQueue({} as { rank: () => number })).toThrow(TypeError); // its type forbids it
  });

  test("no job is lost, none is done twice, whoever is killed", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const value = shuffled(seed, seed % 2 === 0 ? 1 : 32, function* () {
        const queue = new PriorityQueue<Job>({ ...byRank, capacity: 3 });
        const [sent, got]: [Job[], Job[]] = [[], []];
        const jobs = Array.from({ length: 30 }, (_, n) => ({ rank: (n * 7) % 5, name: String(n) }));
        yield* new NewTask(sending(queue, jobs, sent));
        const tids: Tid[] = [];
        for (let n = 0; n < 6; n++) tids.push(yield* new NewTask(receiving(queue, got)));
        for (const tid of tids) {
          for (let lap = 0; lap < seed; lap++) yield;
          yield* new KillTask(tid);
        }
        yield* new NewTask(receiving(queue, got));
        yield* new Sleep(1);
        return [got.length, new Set(got).size, sent.length];
      });
      expect(value, `seed ${seed}`).toEqual([30, 30, 30]);
    }
  });
});
