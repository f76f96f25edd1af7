// A town: everything in the vocabulary that waits and needs no outside, used at once by some twenty citizens, whom a storm
// kills, cancels, stops and thaws at random. A ledger knows what each of them did, as far as the citizen itself can know.

import {
  All,
  Any,
  Barrier,
  Broadcast,
  CancelTask,
  Channel,
  Condition,
  Event,
  Every,
  GetTid,
  Group,
  Join,
  KillTask,
  Latch,
  Link,
  ListTasks,
  Lock,
  type Members,
  Monitor,
  MoveOn,
  NewTask,
  PriorityQueue,
  type Program,
  Queue,
  Race,
  Receive,
  RLock,
  type Routine,
  type Runnable,
  routine,
  Select,
  Semaphore,
  SendSignal,
  SetPriority,
  Shield,
  Sleep,
  Supervise,
  SyscallError,
  Tell,
  type Tid,
  Timeout,
  WaitSignal,
  WaitTask,
} from "../../apps/index.ts";
import type { Syscall } from "../../kernel/index.ts";

/** What became of the items of one source, as far as anybody knows. */
export class Ledger {
  /** Their senders heard that they were sent. */
  readonly sent: Set<number> = new Set();
  /** Their senders were told, or decided, that they were not. */
  readonly unsent: Set<number> = new Set();
  /** Their senders were killed before they heard anything. */
  readonly unknown: Set<number> = new Set();
  readonly received: number[] = [];

  /** What is wrong with it, once nobody sends or receives any more. @param left what was still there */
  faults(left: readonly number[]): string[] {
    const all = [...this.received, ...left];
    const got = new Set(all);
    const faults = [...this.sent].filter((item) => !got.has(item)).map((item) => `${item} was sent and is lost`);
    if (got.size < all.length) faults.push(`${all.length - got.size} were received twice`);
    for (const item of got) {
      if (this.unsent.has(item)) faults.push(`${item} was not sent, and received`);
      else if (!this.sent.has(item) && !this.unknown.has(item)) faults.push(`${item} is nobody's`);
    }
    return faults;
  }
}

interface Goods {
  readonly source: Channel<number>;
  readonly ledger: Ledger;
}

const goods = (source: Channel<number>): Goods => ({ source, ledger: new Ledger() });

export class Town {
  readonly chance: () => number;
  readonly road: Goods = goods(new Channel({ name: "road" }));
  readonly bridge: Goods = goods(new Channel({ name: "bridge", capacity: 2 }));
  readonly ferry: Goods = goods(new Channel({ name: "ferry", preference: "receiver" }));
  readonly works: Goods & { readonly source: Queue<number> } = {
    source: new Queue({ capacity: 3 }),
    ledger: new Ledger(),
  };
  readonly ranks: Goods = goods(new PriorityQueue({ capacity: 3, rank: (item) => item % 5 }));
  readonly news: Broadcast<number> = new Broadcast({ capacity: 2 });
  readonly well: Lock = new Lock({ name: "well" });
  readonly mill: RLock = new RLock({ name: "mill" });
  /** Not everybody releases this one. */
  readonly inn: Lock = new Lock({ name: "inn" });
  readonly oven: Semaphore = new Semaphore(3, { name: "oven", max: 3 });
  readonly full: Condition = new Condition(this.well, { name: "full" });
  readonly gate: Event = new Event();
  readonly gathering: Barrier = new Barrier(3);
  readonly beat: Every = new Every(7);
  /** Who is inside of each lock, and how many at the oven. */
  readonly inside: Map<object, number> = new Map();
  readonly faults: string[] = [];
  readonly live: Set<Tid> = new Set();
  /** How often each kind of thing was done. */
  readonly done: Map<string, number> = new Map();
  #next = 0;

  constructor(chance: () => number) {
    this.chance = chance;
  }

  pick<T>(things: readonly T[]): T {
    return things[Math.floor(this.chance() * things.length)] as T; // a place in it
  }

  ms(most: number): number {
    return Math.floor(this.chance() * most);
  }

  item(): number {
    return this.#next++;
  }

  count(what: string): void {
    this.done.set(what, (this.done.get(what) ?? 0) + 1);
  }

  enter(place: object, most: number, what: string): void {
    const now = (this.inside.get(place) ?? 0) + 1;
    if (now > most) this.faults.push(`${now} at once in ${what}`);
    this.inside.set(place, now);
  }

  leave(place: object): void {
    this.inside.set(place, (this.inside.get(place) ?? 0) - 1);
  }
}

// One of the ways to make a request that may be given up. What comes of it is noted where it arrives, in `take`.
const someHow: Routine<[town: Town, syscall: Syscall<unknown>, take: (answer: unknown) => void], void> = routine(
  function* inSomeWay(town, syscall, take) {
    const taken = taking(syscall, take);
    switch (town.ms(7)) {
      case 0:
        return yield* new MoveOn(town.ms(6), taken) as unknown as Runnable<void>; // nobody asks
      case 1:
        return yield* new Timeout(town.ms(6), taken);
      case 2:
        return yield* new Shield(new Timeout(20, taken));
      case 3: {
        const first = yield* new Select({ other: new Sleep(town.ms(6)), syscall });
        if (first.key === "syscall") take(first.value);
        return;
      }
      case 4: {
        const first = yield* new Select({
          gate: town.gate.wait(),
          inner: new Select({ syscall, beat: town.beat.next() }),
        });
        if (first.key === "inner" && first.value.key === "syscall") take(first.value.value);
        return;
      }
      case 5:
        return yield* new Group(() => taken);
      default:
        return yield* taken;
    }
  },
);

const taking: Routine<[syscall: Syscall<unknown>, take: (answer: unknown) => void], void> = routine(
  function* takingIt(syscall, take) {
    take(yield* syscall);
  },
);

const send: Routine<[town: Town, to: Goods], void> = routine(function* sendOne(town, { source, ledger }) {
  const item = town.item();
  let hasSent = false;
  ledger.unknown.add(item);
  try {
    yield* someHow(town, source.send(item), () => {
      hasSent = true;
      ledger.sent.add(item);
      town.count("sent");
    });
  } catch (error) {
    if (!hasSent) ledger.unsent.add(item);
    throw error;
  }
  if (!hasSent) ledger.unsent.add(item);
});

const receive: Routine<[town: Town, from: Goods], void> = routine(function* receiveOne(town, { source, ledger }) {
  yield* someHow(town, source.next(), (answer) => {
    const next = answer as { done: boolean; value: number }; // of a channel of numbers
    if (!next.done) ledger.received.push(next.value);
    town.count("received");
    if (source === town.works.source && !next.done) town.works.source.done();
  });
});

const guarded: Routine<[town: Town, lock: Lock], void> = routine(function* inside(town, lock) {
  town.enter(lock, 1, lock.ownership.label);
  try {
    yield* new Sleep(town.ms(3));
    town.count("held");
    if (lock === town.mill && town.chance() < 0.5) yield* nested(town);
  } finally {
    town.leave(lock);
  }
});

const nested: Routine<[town: Town], void> = routine(function* again(town) {
  yield* town.mill.hold(new Sleep(1));
});

const byHand: Routine<[town: Town, lock: Lock], void> = routine(function* lockByHand(town, lock) {
  const first = yield* new Select({ late: new Sleep(5), got: lock.acquire() });
  if (first.key === "late") return;
  try {
    yield* guarded(town, lock);
  } finally {
    lock.release();
  }
});

const signalling: Routine<[town: Town], void> = routine(function* atTheWell(town) {
  town.enter(town.well, 1, "the well");
  try {
    if (town.chance() < 0.5) town.full.notify(1 + town.ms(2));
    else {
      town.leave(town.well);
      try {
        yield* town.full.wait(5);
      } finally {
        town.enter(town.well, 1, "the well, after a wait");
      }
      town.count("notified");
    }
  } finally {
    town.leave(town.well);
  }
});

const sloppy: Routine<[town: Town], void> = routine(function* atTheInn(town) {
  try {
    yield* town.inn.acquire();
  } catch (error) {
    if (!(error instanceof SyscallError) || error.code !== "EOWNERDEAD") throw error;
    town.count("told of a dead owner");
    town.inn.repair();
    return;
  }
  yield* new Sleep(1);
  if (town.chance() < 0.2) yield* new KillTask(yield* new GetTid(), "left without paying");
  town.inn.release();
});

const bake: Routine<[town: Town], void> = routine(function* atTheOven(town) {
  const permits = 1 + town.ms(3);
  const baking = routine(function* bread(): Program<void> {
    for (let n = 0; n < permits; n++) town.enter(town.oven, 3, "the oven");
    try {
      yield* new Sleep(town.ms(3));
      town.count("baked");
    } finally {
      for (let n = 0; n < permits; n++) town.leave(town.oven);
    }
  });
  yield* town.oven.hold(baking(), permits);
});

const family: Routine<[town: Town], void> = routine(function* together(town) {
  const chores = (): Runnable<unknown> => chore(town);
  yield* new Group(
    function* house(members: Members): Program<void> {
      yield* members.spawnDaemon(forever(() => new Sleep(2)));
      yield* members.start(function* (started: (value: number) => void): Program<void> {
        yield* new Sleep(town.ms(2));
        started(1);
        yield* chores();
      });
      for (let n = town.ms(3); n >= 0; n--) yield* members.spawn(chores());
      yield* chores();
    },
    { limit: 2 },
  );
  town.count("group");
});

const many: Routine<[town: Town], void> = routine(function* manyAtOnce(town) {
  const three = [chore(town), chore(town), new Sleep(town.ms(5))];
  yield* new (town.pick([All, Any, Race]))(three) as unknown as Runnable<void>; // whatever they give
  town.count("many");
});

const watched: Routine<[town: Town], void> = routine(function* linked(town) {
  const monitor = new Monitor();
  const child = yield* new NewTask(chore(town));
  yield* monitor.add(child);
  if (town.chance() < 0.5) yield* new Link(child);
  const first = yield* new Select({ end: monitor.next(), exit: new WaitTask(child), idle: new Sleep(6) });
  if (first.key === "idle") yield* new KillTask(child, "too slow");
  else if (first.key === "end" && first.value.tid !== child) town.faults.push("a monitor told of a stranger");
  yield* new WaitTask(child);
  town.count("watched");
});

const supervised: Routine<[town: Town], void> = routine(function* office(town) {
  const strategy = town.pick(["one-for-one", "all-for-one", "rest-for-one"] as const);
  const crew = { clerk: () => forever(() => chore(town)), baker: () => town.well.hold(guarded(town, town.well)) };
  yield* new MoveOn(15, new Supervise(crew, { strategy, restarts: 3, backOffMs: [0, 2] })) as unknown as Runnable<void>; // as above
  town.count("supervised");
});

const read: Routine<[town: Town], void> = routine(function* theNews(town) {
  const subscription = yield* town.news.subscribe();
  try {
    let last = -1;
    for (let n = 0; n < 3; n++) {
      const first = yield* new Select({ item: subscription.next(), idle: new Sleep(4) });
      if (first.key !== "item" || first.value.done) continue;
      if (first.value.value <= last) town.faults.push("news came out of order");
      last = first.value.value;
      town.count("read");
    }
  } finally {
    subscription.close();
  }
});

// Its number is drawn and given in one step, so that numbers rise in the order in which they are sent.
function* printing(town: Town): Program<void> {
  yield* town.news.send(town.item());
}

const letters: Routine<[town: Town], void> = routine(function* post(town) {
  const to = town.pick([...town.live]);
  if (to !== undefined) yield* new Tell(to, town.item());
  const first = yield* new Select({ letter: new Receive(), signal: new WaitSignal("HUP", "USR1"), idle: new Sleep(3) });
  town.count(first.key);
});

const waiting: Routine<[town: Town], void> = routine(function* forOthers(town) {
  switch (town.ms(4)) {
    case 0:
      yield* new Timeout(9, town.gathering.wait());
      return town.count("gathered");
    case 1: {
      const latch = new Latch(1);
      yield* new NewTask(opening(town, latch));
      yield* new Timeout(9, latch.wait());
      return town.count("latched");
    }
    case 2:
      yield* town.beat.next();
      return town.count("ticked");
    default:
      town.gate.set();
      town.gate.clear();
      yield* new Timeout(9, town.gate.wait());
  }
});

function* opening(town: Town, latch: Latch): Program<void> {
  yield* new Sleep(town.ms(3));
  latch.countDown();
}

const joining: Routine<[town: Town], void> = routine(function* aChild(town) {
  const child = yield* new NewTask(chore(town));
  yield* new SetPriority(town.ms(40) - 20, child);
  yield* new Join(child);
});

/** One thing to do, whichever. Throws what a citizen may be thrown. */
export const chore: Routine<[town: Town], void> = routine(function* oneChore(town): Program<void> {
  const all = [town.road, town.bridge, town.ferry, town.works, town.ranks];
  const things: readonly (() => Runnable<unknown>)[] = [
    () => send(town, town.pick(all)),
    () => send(town, town.pick(all)),
    () => receive(town, town.pick(all)),
    () => receive(town, town.pick(all)),
    () => town.well.hold(guarded(town, town.well)),
    () => town.mill.hold(guarded(town, town.mill)),
    () => byHand(town, town.pick([town.well, town.mill])),
    () => town.well.hold(signalling(town)),
    () => sloppy(town),
    () => bake(town),
    () => read(town),
    () => new Timeout(4, printing(town)),
    () => letters(town),
    () => waiting(town),
    () => (town.live.size < 60 ? family(town) : new Sleep(1)),
    () => many(town),
    () => watched(town),
    () => joining(town),
    () => supervised(town),
  ];
  yield* town.pick(things)() as Runnable<void>; // its value is nobody's
});

const forever: Routine<[make: () => Runnable<unknown>], never> = routine(function* again(make): Program<never> {
  for (;;) {
    yield* make() as Runnable<void>; // as above
    yield;
  }
});

/** Does one thing after the other, and lets few errors stop it. */
export function* citizen(town: Town): Program<void> {
  const tid = yield* new GetTid();
  town.live.add(tid);
  try {
    for (;;) {
      try {
        yield* chore(town);
      } catch {
        if (town.chance() < 0.2) return;
      }
      yield;
    }
  } finally {
    town.live.delete(tid);
  }
}

const harms: readonly ((tid: Tid) => Runnable<unknown>)[] = [
  (tid) => new KillTask(tid, "the storm"),
  (tid) => new CancelTask(tid, "the storm"),
  (tid) => new SendSignal(tid, "STOP"),
  (tid) => new SendSignal(tid, "CONT"),
  (tid) => new SendSignal(tid, "HUP"),
  (tid) => new SendSignal(tid, "TERM"),
];

/** Harms whoever is there, and brings in new citizens, so many times. */
export function* storm(town: Town, gusts: number): Program<void> {
  for (let gust = 0; gust < gusts; gust++) {
    for (let missing = 12 - town.live.size; missing > 0; missing--) yield* movingIn(town);
    yield* new Sleep(town.chance() < 0.5 ? town.ms(3) : 0);
    const others = (yield* new ListTasks()).filter(({ tid }) => tid !== 1);
    // One that has just been granted something and has not had its turn is the most interesting.
    const ready = others.filter(({ state }) => state === "ready");
    const victim = town.pick(town.chance() < 0.7 && ready.length > 0 ? ready : others);
    if (victim !== undefined) yield* town.pick(harms)(victim.tid as Tid) as Runnable<void>; // an answer nobody needs
  }
}

function* movingIn(town: Town): Program<void> {
  try {
    yield* new NewTask(citizen(town), "citizen");
  } catch {
    town.count("full"); // as many tasks as may live
  }
}
