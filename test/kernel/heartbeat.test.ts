// What a kernel tells another thread of its turns, and what that makes of it.

import { expect, test } from "vitest";
import { Heartbeat, TurnWatch } from "../../kernel/heartbeat.ts";
import { Kernel } from "../../kernel/kernel.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { type Program, Syscall } from "../../kernel/syscall.ts";
import { Watchdog } from "../../kernel/watchdog.ts";

class Look extends Syscall<void> {
  readonly #look: () => void;

  constructor(look: () => void) {
    super();
    this.#look = look;
  }

  override handle(): void {
    this.#look();
  }
}

test("a turn is seen in the buffer while it lasts, with its task and a number that rises", () => {
  const kernel = new Kernel(new VirtualMachine());
  kernel.heartbeat = new Heartbeat();
  const other = new Heartbeat(kernel.heartbeat.buffer);
  const seen: unknown[] = [other.turn()];
  kernel.runSync(
    (function* (): Program<void> {
      yield* new Look(() => seen.push(other.turn()));
      yield;
      yield* new Look(() => seen.push(other.turn()));
    })(),
  );
  expect([...seen, other.turn()]).toEqual([undefined, { turn: 1, tid: 1 }, { turn: 2, tid: 1 }, undefined]);
});

test("a turn counts as stuck from the look that first saw it; another one of the same task begins anew", () => {
  const heartbeat = new Heartbeat();
  const watch = new TurnWatch(new Heartbeat(heartbeat.buffer));
  const looks = [watch.stuckFor(0)];
  heartbeat.begin(3);
  looks.push(watch.stuckFor(10), watch.stuckFor(25));
  heartbeat.end();
  heartbeat.begin(3);
  looks.push(watch.stuckFor(40), watch.stuckFor(41));
  heartbeat.end();
  looks.push(watch.stuckFor(50));
  const stuck = (turn: number, forMs: number) => ({ turn, tid: 3, forMs });
  expect(looks).toEqual([undefined, undefined, stuck(1, 15), undefined, stuck(2, 1), undefined]);
});

test("of a time in which nobody could look, twice what is usual counts", () => {
  const heartbeat = new Heartbeat();
  const watch = new TurnWatch(heartbeat, 100);
  heartbeat.begin(3);
  const looks = [0, 100, 3_600_100, 3_600_150].map((now) => watch.stuckFor(now)?.forMs);
  expect(looks).toEqual([undefined, 100, 300, 350]);
});

test("an order is left for the kernel once, with its text, which may be cut", () => {
  const heartbeat = new Heartbeat();
  const other = new Heartbeat(heartbeat.buffer);
  expect(heartbeat.takeOrder()).toBeUndefined();
  other.leaveOrder({ by: 5, why: "schön genug", forMs: 1_600 });
  expect(heartbeat.takeOrder()).toEqual({ by: 5, why: "schön genug", forMs: 1_600 });
  expect(heartbeat.takeOrder()).toBeUndefined();
  other.leaveOrder({ by: 5, why: "", forMs: 1 });
  expect(heartbeat.takeOrder()).toEqual({ by: 5, why: "", forMs: 1 });
  other.leaveOrder({ by: 5, why: "x".repeat(10_000), forMs: 1 });
  expect(heartbeat.takeOrder()?.why).toBe("x".repeat(479));
});

test("two heartbeats are told apart, and one in two threads is one", () => {
  const [one, other] = [new Heartbeat(), new Heartbeat()];
  expect(one.id).not.toBe(other.id);
  expect(new Heartbeat(one.buffer).id).toBe(one.id);
});

test("a watchdog ends a turn that is too long, one at a time, and where it is refused asks again after twice the time", async () => {
  const heartbeat = new Heartbeat();
  const orders: unknown[] = [];
  const outcomes = ["over", "refused"] as const;
  const end = async (order: unknown) => {
    orders.push(order);
    const stack = { tid: 3, name: "", frames: [], logical: [] };
    const outcome = outcomes[orders.length - 1] ?? "over";
    return outcome === "refused" ? ({ outcome, reason: "", stack } as const) : ({ outcome } as const);
  };
  const watchdog = new Watchdog(new TurnWatch(heartbeat), { end }, 100);
  heartbeat.begin(3);
  const looks = [watchdog.look(0), watchdog.look(99), watchdog.look(100), watchdog.look(101)];
  expect((await Promise.all(looks)).map((seen) => seen?.outcome)).toEqual([undefined, undefined, "over", undefined]);
  expect((await watchdog.look(150))?.outcome).toBe("refused");
  expect(await watchdog.look(299)).toBeUndefined();
  expect((await watchdog.look(300))?.outcome).toBe("over");
  const why = "the watchdog: it had not yielded for 100 ms";
  expect(orders).toEqual([
    { tid: 3, by: 0, why, forMs: 100 },
    { tid: 3, by: 0, why: why.replace("100", "150"), forMs: 150 },
    { tid: 3, by: 0, why: why.replace("100", "300"), forMs: 300 },
  ]);
});
