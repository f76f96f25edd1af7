// The table of tasks: letters, orders, windows, filters and shapes, on programs that make each situation.

import { describe, expect, test } from "vitest";
import { Apps } from "../../../apps/control/agent/apps.ts";
import type { TaskQuery } from "../../../apps/control/protocol.ts";
import type { PlacedRow, TaskPage } from "../../../apps/control/records.ts";
import { Channel } from "../../../apps/lib/index.ts";
import type { Listener } from "../../../kernel/machine/machine.ts";
import {
  type Answer,
  type Kernel,
  type Program,
  Syscall,
  type Task,
  type Tid,
  type Wait,
} from "../../../kernel/syscall.ts";
import {
  Await,
  Connect,
  Every,
  Group,
  Join,
  KillTask,
  Listen,
  NewTask,
  Park,
  ReadWait,
  Receive,
  Select,
  Sleep,
  WaitQueue,
  WaitTask,
  WriteWait,
} from "../../../syscalls/index.ts";
import { runAsync } from "../../kit/index.ts";
import { Desk, GetKernel, runWithDesk } from "./desk.ts";

function page(desk: Desk, query: TaskQuery): TaskPage {
  return desk.frame({ tasks: query }).tasks as TaskPage; // it was asked for
}

const tidsOf = (rows: readonly PlacedRow[]): number[] => rows.map(({ tid }) => tid);

describe("the letter of a task", () => {
  const forever = (): Sleep => new Sleep(Number.POSITIVE_INFINITY);
  const never = new WaitQueue("wait for", "a word");

  test("says what it does", () => {
    runWithDesk(function* (desk) {
      yield* new Listen({ port: 4000 });
      const [connection, full] = [yield* new Connect({ port: 4000 }), yield* new Connect({ port: 4000 })];
      while (full.write(new Uint8Array(65_536)) > 0) yield* new Sleep(10);
      const sleeper = yield* new NewTask(forever(), "sleeper");
      const letters: [string, Tid][] = [
        ["S", sleeper],
        ["S", yield* new NewTask(ticking())],
        ["W", yield* new NewTask(new ReadWait(connection))],
        ["w", yield* new NewTask(new WriteWait(full))],
        ["J", yield* new NewTask(new WaitTask(sleeper))],
        [
          "J",
          yield* new NewTask(
            new Group(function* (members) {
              yield* members.spawn(forever());
            }),
          ),
        ],
        ["M", yield* new NewTask(new Receive())],
        ["M", yield* new NewTask(new Park(never))],
        ["M", yield* new NewTask(new Channel<number>().receive())],
        ["M", yield* new NewTask(new Own())],
        ["M", yield* new NewTask(new Select({ message: new Receive(), late: forever() }))],
        ["J", yield* new NewTask(new Select({ late: new Sleep(60_000), end: new Join(sleeper) }))],
        ["S", yield* new NewTask(new Select({ late: forever() }))],
      ];
      yield* new Sleep(1_000);
      const stopped = yield* new NewTask(forever());
      desk.agent.kernel.stop(stopped);
      const ended = yield* new NewTask(new Sleep(0));
      yield* new Sleep(10);
      yield* new WaitTask(ended);
      const ready = yield* new NewTask(forever());
      letters.push(["P", stopped], ["Z", ended], ["r", ready], ["R", 1]);
      const rows = desk.rows();
      expect(letters.map(([, tid]) => [rows.get(tid)?.state, tid])).toEqual(letters);
      const { states, live, ready: count, reading, writing } = desk.frame().kernel;
      expect(states).toEqual({ R: 1, r: 1, W: 1, w: 1, J: 3, M: 5, S: 4, P: 1 });
      expect({ live, count, reading, writing }).toEqual({ live: 17, count: 1, reading: 1, writing: 1 });
    });
  });

  test("A for what is outside", async () => {
    await runAsync(function* () {
      const desk = new Desk(yield* new GetKernel());
      const waiter = yield* new NewTask(new Await(new Promise(() => {})), "waiter");
      yield;
      yield;
      expect(desk.rows().get(waiter)).toMatchObject({ state: "A", verb: "await" });
      yield* new KillTask(waiter);
    });
  });

  function* ticking(): Program<void> {
    const every = new Every(60_000);
    for (;;) yield* every.next();
  }
});

/** Somebody's own syscall, with columns of its own. */
class Own extends Syscall<void> implements Wait<void> {
  readonly verb = "ponder";
  readonly object = "it";
  readonly place: number;

  constructor(place = 0) {
    super();
    this.place = place;
  }

  override handle(task: Task, _kernel: Kernel): Answer<void> {
    return task.block<void>(this, () => () => {});
  }

  columns(): Readonly<Record<string, string | number>> {
    return { place: this.place, Who: `p${this.place}` };
  }
}

/** Whose words cannot be had. */
class Hostile extends Own {
  override columns(): never {
    throw new Error("no columns");
  }

  holders(): never {
    throw new Error("no holders");
  }

  get pollable(): never {
    throw new Error("no pollable");
  }

  parts(): never {
    throw new Error("no parts");
  }
}

/** Who says of itself what cannot be. */
class Lying extends Own {
  holders(): Tid[] {
    return [1, Number.NaN, "x", Symbol("x"), () => 1, {}, -1, 1.5] as Tid[]; // what the type rules out
  }
}

describe("the table", () => {
  test("is in the order of any column, the other way round when asked, ties in the order of tids", () => {
    runWithDesk(function* (desk) {
      for (const name of ["b", "a", "c", "a"]) yield* new NewTask(new Sleep(60_000), name);
      yield* new Sleep(100);
      expect(tidsOf(page(desk, { sort: "name" }).rows)).toEqual([1, 3, 5, 2, 4]);
      expect(tidsOf(page(desk, { sort: "name", isInverted: true }).rows)).toEqual([4, 2, 3, 5, 1]);
      expect(tidsOf(page(desk, { sort: "traps" }).rows)).toEqual([1, 2, 3, 4, 5]);
      expect(tidsOf(page(desk, { sort: "tid", isInverted: true }).rows)).toEqual([5, 4, 3, 2, 1]);
      expect(tidsOf(page(desk, { sort: "for" }).rows)).toEqual([2, 3, 4, 5, 1]);
    });
  });

  test("sorts and filters by columns that waits declare, as numbers where they are numbers", () => {
    runWithDesk(function* (desk) {
      for (const place of [9, 10, 8]) yield* new NewTask(new Own(place));
      yield* new Sleep(100);
      expect(tidsOf(page(desk, { sort: "place" }).rows)).toEqual([3, 2, 4, 1]);
      expect(tidsOf(page(desk, { sort: "place", isInverted: true }).rows)).toEqual([4, 2, 3, 1]);
      expect(tidsOf(page(desk, { sort: "Who" }).rows)).toEqual([3, 4, 2, 1]);
      expect(tidsOf(page(desk, { sort: "tid", filter: "place>8" }).rows)).toEqual([2, 3]);
      expect(page(desk, { sort: "tid" }).rows[1]?.columns).toEqual({ place: "9", Who: "p9" });
      expect(() => page(desk, { filter: "plaice>8" })).toThrow(/filter: position 1: there is no column plaice/);
      for (const tid of [2, 3, 4]) yield* new KillTask(tid);
      yield* new Sleep(10);
      expect(page(desk, { filter: "place>8" }).total).toBe(0); // it was declared once: no fault now that nobody does
    });
  });

  test("shows a window that has the cursor's row in it, wherever that is", () => {
    runWithDesk(function* (desk) {
      for (let task = 0; task < 99; task++) yield* new NewTask(new Sleep(60_000));
      const at = (query: TaskQuery): [number, number, number] => {
        const { first, rows } = page(desk, { sort: "tid", limit: 10, ...query });
        return [first, rows[0]?.tid ?? 0, rows.at(-1)?.tid ?? 0];
      };
      expect(at({})).toEqual([0, 1, 10]);
      expect(at({ offset: 50 })).toEqual([50, 51, 60]);
      expect(at({ offset: 95 })).toEqual([90, 91, 100]);
      expect(at({ offset: 50, cursor: 55 })).toEqual([50, 51, 60]);
      expect(at({ offset: 50, cursor: 20 })).toEqual([19, 20, 29]);
      expect(at({ offset: 50, cursor: 80 })).toEqual([70, 71, 80]);
      expect(at({ offset: 50, cursor: 80, isInverted: true })).toEqual([20, 80, 71]);
      expect(at({ offset: 0, cursor: 1_000 })).toEqual([0, 1, 10]);
      expect(page(desk, { limit: 0 }).rows).toEqual([]);
      expect(page(desk, { filter: "tid>90", limit: 5 })).toMatchObject({ total: 10, all: 100, first: 0 });
    });
  });

  test("pins rows with a finding to its top, the worst first, but no orphans", () => {
    runWithDesk(function* (desk) {
      yield* new NewTask(leaving(), "parent");
      yield* new Sleep(10);
      const pair: Tid[] = [];
      for (const place of [1, 0]) pair.push(yield* new NewTask(joining(pair, place)));
      const crashed = yield* new NewTask(failing());
      yield* new Sleep(100);
      const query = { sort: "tid", withFinished: true, isPinned: true, limit: 100 } as const;
      const tids = tidsOf(page(desk, query).rows);
      expect(tids.slice(0, 4)).toEqual([...pair, crashed, 1]);
      expect(page(desk, { ...query, cursor: crashed, limit: 1 })).toMatchObject({ first: 2, rows: [{ tid: crashed }] });
      expect(page(desk, { ...query, cursor: 1, limit: 1 })).toMatchObject({ first: 3, rows: [{ tid: 1 }] });
      expect(tidsOf(page(desk, { ...query, isPinned: false }).rows)[0]).toBe(1);
    });
  });

  test("one whose words throw spoils its own row and no more", () => {
    const hostileRun = function* (desk: Desk): Program<void> {
      const hostile = yield* new NewTask(new Hostile());
      const other = yield* new NewTask(new Own());
      yield* new Sleep(10);
      desk.agent.tick();
      const rows = desk.rows();
      expect(rows.get(hostile)).toMatchObject({ state: "M", verb: "ponder", holders: [], columns: {} });
      expect(rows.get(other)).toMatchObject({ state: "M", columns: { place: "0" } });
      expect(desk.frame({ endpoints: {}, graph: true, detail: hostile }).detail?.task.tid).toBe(hostile);
    };
    runWithDesk(hostileRun, { check: false }); // the checker of invariants believes what a wait says
  });

  test("what is no tid holds nobody, and all of a frame can be sent to another thread", () => {
    const lyingRun = function* (desk: Desk): Program<void> {
      const lying = yield* new NewTask(new Lying());
      yield* new Sleep(10);
      const tasks = { shape: "waits", sort: "tid" } as const;
      const frame = desk.frame({ tasks, graph: true, detail: lying });
      expect(structuredClone(frame).detail?.task.holders).toEqual([1]);
      expect(frame.graph?.edges).toMatchObject([{ from: lying, to: 1 }]);
    };
    runWithDesk(lyingRun, { check: false }); // as above
  });

  test("names pass through as they are", () => {
    runWithDesk(function* (desk) {
      const name = "\u001b[2J\u202eevil\u0007日本";
      const tid = yield* new NewTask(new Sleep(60_000), name);
      expect(desk.rows().get(tid)?.name).toBe(name);
      expect(page(desk, { filter: "EVIL" }).rows[0]?.name).toBe(name);
    });
  });

  test("a frame of 10,000 tasks has the rows that were asked for and stays small", () => {
    runWithDesk(
      function* (desk) {
        for (let task = 0; task < 10_000; task++) yield* new NewTask(new Sleep(60_000), `client-${task}`);
        yield* new Sleep(10);
        const frame = desk.frame({ tasks: { limit: 40, isPinned: true, filter: "client" } });
        expect(frame.tasks).toMatchObject({
          total: 10_000,
          all: 10_001,
          rows: expect.objectContaining({ length: 40 }),
        });
        expect(JSON.stringify(frame).length).toBeLessThan(32_768);
      },
      { check: false },
    );
  });

  test("the same seed gives the same frames", () => {
    const frames = [1, 2].map(() => {
      const { value } = runWithDesk(
        function* (desk) {
          for (let task = 0; task < 20; task++) yield* new NewTask(new Sleep(task % 3), `t${task}`);
          yield* new Sleep(1);
          desk.frame();
          yield* new Sleep(1_000);
          desk.agent.tick();
          const all = {
            tasks: { withFinished: true },
            detail: 1,
            syscalls: {},
            endpoints: {},
            log: {},
            apps: true,
            graph: true,
          };
          return JSON.stringify(desk.frame(all));
        },
        { seed: 7, faults: "benign", schedule: "shuffle" },
      );
      return value;
    });
    expect(frames[0]).toBe(frames[1]);
  });
});

function* leaving(): Program<void> {
  yield* new NewTask(new Sleep(60_000), "orphan");
}

function* joining(tids: readonly Tid[], place: number): Program<void> {
  yield* new Sleep(10);
  if (tids[place] !== undefined) yield* new WaitTask(tids[place]);
}

function* failing(): Program<void> {
  throw new TypeError("out of paper");
}

describe("as a tree", () => {
  function* parent(children: readonly string[]): Program<void> {
    for (const name of children) yield* new NewTask(name === "deep" ? parent(["deepest"]) : new Sleep(60_000), name);
    yield* new Sleep(60_000);
  }
  const drawn = (rows: readonly PlacedRow[]): string[] =>
    rows.map(
      ({ name, lasts, count }) =>
        `${lasts.map((isLast) => (isLast ? "`" : "|")).join("")}${name}${count > 1 ? ` x${count}` : ""}`,
    );

  test("children stand below their parents, and fold away with their sums", () => {
    runWithDesk(
      function* (desk) {
        yield* new NewTask(parent(["a", "deep"]), "p");
        const q = yield* new NewTask(parent(["b"]), "q");
        yield* new Sleep(10);
        const tree = { shape: "tree" } as const;
        const { rows } = page(desk, tree);
        expect(drawn(rows)).toEqual(["`main", "`|p", "`||a", "`|`deep", "`|``deepest", "``q", "```b"]);
        const folded = page(desk, { ...tree, folded: [2] });
        expect(drawn(folded.rows)).toEqual(["`main", "`|p x4", "``q", "```b"]);
        const traps = (names: readonly string[]): number =>
          rows.filter(({ name }) => names.includes(name)).reduce((sum, row) => sum + row.traps, 0);
        expect(folded.rows[1]?.traps).toBe(traps(["p", "a", "deep", "deepest"]));
        const deepest = rows[4]?.tid ?? 0;
        expect(page(desk, { ...tree, folded: [2], cursor: deepest, limit: 1 }).rows[0]?.tid).toBe(2); // what it is folded into
        expect(drawn(page(desk, { ...tree, filter: "deepest | q" }).rows)).toEqual(["|q", "`deepest"]);
        expect(drawn(page(desk, { ...tree, filter: "main | deepest | b" }).rows)).toEqual([
          "`main",
          "`|b",
          "``deepest",
        ]);
        expect(tidsOf(page(desk, { ...tree, sort: "tid", isInverted: true }).rows).slice(0, 2)).toEqual([1, q]);
      },
      { name: "main" },
    );
  });

  test("a chain of 10,000 tasks is one, too", () => {
    runWithDesk(
      function* (desk) {
        let last: Tid = 1;
        function* chain(depth: number): Program<void> {
          last = yield* new NewTask(depth === 0 ? new Sleep(60_000) : chain(depth - 1));
          yield* new Sleep(60_000);
        }
        yield* chain10k(chain);
        const { rows, total } = page(desk, { shape: "tree", cursor: last, limit: 3 });
        expect(total).toBe(10_002);
        expect(rows.at(-1)).toMatchObject({ tid: last, lasts: Array(64).fill(true) });
        expect(page(desk, { shape: "tree", folded: [1] }).rows[0]?.count).toBe(10_002);
        expect(page(desk, { shape: "tree", filter: `tid:${last}` }).rows).toMatchObject([{ tid: last, lasts: [true] }]);
      },
      { check: false },
    );
  });

  function* chain10k(chain: (depth: number) => Program<void>): Program<void> {
    yield* new NewTask(chain(9_999));
    yield* new Sleep(1_000);
  }
});

describe("by who waits for whom", () => {
  test("waiters stand below what they wait for, and a cycle is closed by a row that repeats its first", () => {
    runWithDesk(function* (desk) {
      const holder = yield* new NewTask(new Sleep(60_000), "holder");
      const waiter = yield* new NewTask(new WaitTask(holder), "waiter");
      const second = yield* new NewTask(new WaitTask(waiter), "second");
      const pair: Tid[] = [];
      for (const place of [1, 0]) pair.push(yield* new NewTask(joining(pair, place)));
      const [one = 0, other = 0] = pair;
      const onlooker = yield* new NewTask(new WaitTask(one), "onlooker");
      yield* new Sleep(100);
      const { rows, total } = page(desk, { shape: "waits" });
      expect(rows.map(({ tid, isRepeat, lasts }) => [tid, isRepeat, lasts.length])).toEqual([
        [holder, false, 1],
        [waiter, false, 2],
        [second, false, 3],
        [one, false, 1],
        [other, false, 2],
        [one, true, 3],
        [onlooker, false, 2],
      ]);
      expect(total).toBe(7);
      expect(page(desk, { shape: "waits", folded: [one] }).rows[3]).toMatchObject({
        tid: one,
        count: 3,
        isRepeat: false,
      });
      expect(page(desk, { shape: "waits", folded: [other] }).rows[4]).toMatchObject({ tid: other, count: 1 });
    });
  });
});

test("by spawn site a thousand clients are one row with their number and percentiles", () => {
  runWithDesk(
    function* (desk) {
      function* client(): Program<void> {
        yield* new Sleep(60_000);
      }
      desk.frame();
      for (let number = 100; number < 200; number++) {
        yield* new NewTask(client(), `client-${number}`);
        yield* new Sleep(10);
      }
      yield* new NewTask(new Receive(), "other");
      yield;
      desk.agent.tick();
      const { rows, total, all } = page(desk, { shape: "sites", sort: "tid" });
      expect({ total, all }).toEqual({ total: 3, all: 102 });
      expect(rows[1]).toMatchObject({ tid: 2, name: "client-1*", count: 100, state: "S", verb: "sleep", turns: 100 });
      expect(rows[1]?.object).toBe("60000 ms");
      expect(Number(rows[1]?.columns["for p50 ms"])).toBeCloseTo(505, -2);
      expect(Number(rows[1]?.columns["for p99 ms"])).toBeGreaterThan(950);
      expect(rows[2]).toMatchObject({ name: "other", count: 1, state: "M" });
    },
    { check: false },
  );
});

test("the app of a task is the nearest of its ancestors that is one, for as long as that can be told", () => {
  const apps = new Apps();
  apps.started(1, "main", "main.ts", []);
  runWithDesk(
    function* (desk) {
      const started = yield* new NewTask(leaving(), "started");
      apps.started(started, "shop", "apps/shop.ts", ["--open"], 5);
      yield* new NewTask(leaving(), "helper");
      yield* new Sleep(100);
      const rows = [...desk.rows().values()];
      const orphans = rows.filter(({ name }) => name === "orphan");
      expect(orphans.map(({ app }) => app)).toEqual(["shop", "main"]);
      expect(rows.find(({ tid }) => tid === started)?.app).toBe("shop");
      expect(desk.frame({ apps: true }).apps).toMatchObject([
        { tid: 1, name: "main", state: "running", tasks: 2 },
        { tid: started, name: "shop", argv: ["--open"], state: "returned", tasks: 1, startedAt: 5, restarts: 0 },
      ]);
    },
    {},
    { apps },
  );
});

test("endpoints are listed with their owners, who waits for them and since when, and for one task if asked", () => {
  runWithDesk(function* (desk) {
    const listener = yield* new Listen({ port: 4000 });
    const client = yield* new Connect({ port: 4000 });
    const acceptor = yield* new NewTask(accepting(listener), "acceptor");
    yield* new Sleep(100);
    const reader = yield* new NewTask(new ReadWait(client), "reader");
    yield* new Sleep(200);
    const { rows = [], total } = desk.frame({ endpoints: {} }).endpoints ?? {};
    expect(total).toBe(3);
    expect(rows.map(({ kind, owner, reader: waits, forMs, note }) => [kind, owner, waits, forMs, note])).toEqual([
      ["listener", 1, acceptor, expect.any(Number), ""],
      ["tcp", 1, reader, 200, ""],
      ["tcp", 0, 0, expect.any(Number), "nobody's"],
    ]);
    expect(rows[1]).toMatchObject({
      label: client.label,
      fd: -1,
      writer: 0,
      bytesRead: 0,
      bytesWritten: 0,
      finding: "",
    });
    expect(desk.frame({ endpoints: { tid: reader } }).endpoints).toMatchObject({
      total: 1,
      rows: [{ label: client.label }],
    });
    expect(desk.frame({ endpoints: { offset: 2, limit: 5 } }).endpoints).toMatchObject({
      total: 3,
      rows: [{ owner: 0 }],
    });
    expect(desk.frame().kernel.endpoints).toBe(3);
  });
});

function* accepting(listener: Listener): Program<void> {
  for (;;) {
    yield* new ReadWait(listener);
    listener.accept();
  }
}
