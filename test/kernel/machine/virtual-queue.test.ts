// The queues of the virtual machine, against sorting.

import { expect, test } from "vitest";
import { Random } from "../../../kernel/machine/random.ts";
import { Fifo, Schedule } from "../../../kernel/machine/virtual-queue.ts";

test("a schedule gives what is due, earliest first, ties in the order they were added, and nothing early", () => {
  const random = new Random(11);
  const schedule = new Schedule();
  const waiting: { readonly atMs: number; readonly name: number }[] = [];
  let [nowMs, name] = [0, 0];
  let taken: number[] = [];
  for (let round = 0; round < 2_000; round += 1) {
    for (let added = random.below(20); added > 0; added -= 1) {
      const event = { atMs: nowMs + random.below(50), name };
      name += 1;
      waiting.push(event);
      schedule.add(event.atMs, () => taken.push(event.name));
    }
    nowMs += random.below(20);
    taken = [];
    for (let fire = schedule.takeDue(nowMs); fire; fire = schedule.takeDue(nowMs)) fire();
    // A stable sort of what was added in order: exactly the ties as they must be.
    const sorted = waiting.splice(0).sort((one, other) => one.atMs - other.atMs);
    const due = sorted.filter(({ atMs }) => atMs <= nowMs);
    expect(taken).toEqual(due.map((event) => event.name));
    waiting.push(...sorted.slice(due.length));
    expect([schedule.size, schedule.nextMs]).toEqual([waiting.length, waiting[0]?.atMs ?? Number.POSITIVE_INFINITY]);
  }
});

test("first in, first out, however far it runs ahead", () => {
  const random = new Random(12);
  const fifo = new Fifo<number>();
  let [put, got] = [0, 0];
  for (let round = 0; round < 5_000; round += 1) {
    for (let more = random.below(round % 1_000 < 500 ? 10 : 3); more > 0; more -= 1) fifo.push(put++);
    for (let less = random.below(round % 1_000 < 500 ? 3 : 12); less > 0 && got < put; less -= 1) {
      expect([fifo.peek(), fifo.shift()]).toEqual([got, got]);
      got += 1;
    }
    expect(fifo.size).toBe(put - got);
  }
  fifo.clear();
  expect([fifo.size, fifo.peek(), fifo.shift(), fifo.size]).toEqual([0, undefined, undefined, 0]);
});
