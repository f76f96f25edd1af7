// How the node machine's polls end.

import { expect, test } from "vitest";
import { NodePoll } from "../../../kernel/machine/node-poll.ts";

const polled = (poll: NodePoll, idleMs: number): Promise<void> =>
  new Promise((resolve) => {
    poll.poll(idleMs, () => resolve());
  });

/** Whether a poll is over before Node's loop goes on, when so many watchers are told in one turn of it. */
async function endsAtOnce(poll: NodePoll, events: number): Promise<boolean> {
  let over = false;
  const ended = polled(poll, Infinity).then(() => {
    over = true;
  });
  for (let event = 0; event < events; event += 1) poll.told();
  for (let microtask = 0; microtask < 5; microtask += 1) await undefined;
  const atOnce = over;
  await ended;
  return atOnce;
}

async function lone(poll: NodePoll, times: number): Promise<boolean[]> {
  const answers = [];
  for (let time = 0; time < times; time += 1) answers.push(await endsAtOnce(poll, 1));
  return answers;
}

test("a poll gathers the events of one turn, and the fewer there are the less often it tries", async () => {
  const poll = new NodePoll();
  expect(await lone(poll, 2)).toEqual([false, true]);
  expect(await lone(poll, 4)).toEqual([false, true, true, true]);
  expect(await lone(poll, 8)).toEqual([false, ...Array(7).fill(true)]);
  expect(await lone(poll, 16)).toEqual([false, ...Array(15).fill(true)]);
  expect(await lone(poll, 32)).toEqual([false, ...Array(31).fill(true)]);
  // No rarer than that, however long events come alone.
  expect(await lone(poll, 33)).toEqual([false, ...Array(32).fill(true)]);
  expect(await lone(poll, 33)).toEqual([false, ...Array(32).fill(true)]);
  expect(await endsAtOnce(poll, 2)).toBe(false);
  expect(await endsAtOnce(poll, 2)).toBe(false);
  expect(await lone(poll, 3)).toEqual([false, true, false]);
});

test("an interrupt ends a poll at once, gathering or not, and leaves nothing that ends the next", async () => {
  const poll = new NodePoll();
  const first = polled(poll, Infinity);
  poll.told();
  poll.interrupt();
  await first;
  const start = performance.now();
  await polled(poll, 15);
  expect(performance.now() - start).toBeGreaterThanOrEqual(15);
});

test("watchers told while nobody polls end no later poll", async () => {
  const poll = new NodePoll();
  poll.told();
  const start = performance.now();
  await polled(poll, 15);
  expect(performance.now() - start).toBeGreaterThanOrEqual(15);
});
