// The demo: what it advertises is there to be seen, it lives on whatever is killed, and it ends without a trace. On
// simulated time; and as a real process, started and stopped.

import { beforeAll, describe, expect, test } from "vitest";
import demo from "../../apps/demo.ts";
import { Kernel } from "../../kernel/kernel.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import type { LogRecord, Observer, TaskRecord } from "../../kernel/observer.ts";
import { type Program, routine } from "../../kernel/syscall.ts";
import { KillTask, ListTasks, NewTask, Sleep } from "../../syscalls/index.ts";
import { type Finished, run, runExit } from "../kit/index.ts";
import { root, start, yieldix } from "./cli/command.ts";
import { Desk } from "./control/desk.ts";

type Table = readonly TaskRecord[];

/** Those of a name, and those of that name and a number. */
const named = (table: Table, name: string): readonly TaskRecord[] =>
  table.filter((task) => task.name.replace(/-\d\d+$/, "") === name);
const waits = (table: Table, name: string): string =>
  named(table, name)
    .map(({ verb, object }) => `${verb} ${object}`)
    .join("\n");
const parentName = (table: Table, name: string): string | undefined =>
  table.find(({ tid }) => tid === named(table, name)[0]?.parent)?.name;

/** What there is to be seen, and how it is seen in a table of tasks. */
const situations: Readonly<Record<string, (table: Table) => boolean>> = {
  "a server that accepts": (table) => /^read tcp [^<>]*$/.test(waits(table, "server")),
  "two dozen clients, and a session for each": (table) =>
    named(table, "client").length + named(table, "busy-client").length === 24 && named(table, "session").length >= 24,
  "a pipeline that is held up by its slow stage": (table) =>
    waits(table, "pipe-1-source").startsWith("send to channel raw (4 of 4)") &&
    waits(table, "pipe-3-slow").startsWith("sleep") &&
    waits(table, "pipe-4-sink").startsWith("receive"),
  "sleepers and tickers": (table) =>
    waits(table, "sleeper-1-hour") === "sleep 3600000 ms" && waits(table, "ticker-1-s") === "tick every 1000 ms",
  "one that gives up the CPU and does nothing": (table) => {
    const [task] = named(table, "busy-yielder");
    return task !== undefined && task.turns > 1_000 && task.traps < 10;
  },
  "one of low priority": (table) => named(table, "starved-in-rush")[0]?.nice === 19,
  "a deadlock of two": (table) => {
    const [left, right] = [named(table, "deadlock-left")[0], named(table, "deadlock-right")[0]];
    return left?.holders[0] === right?.tid && right?.holders[0] === left?.tid && left !== undefined;
  },
  "a line before a lock": (table) => waits(table, "lock-line").split("acquire lock well (held by").length === 5,
  "a barrier": (table) => waits(table, "barrier").includes("barrier meeting"),
  "a choice of several": (table) =>
    waits(table, "select-of-three").startsWith("select news: receive from channel news"),
  "a connection that nobody reads from, and writers on both sides": (table) =>
    waits(table, "never-reads").startsWith("write tcp") && waits(table, "session").includes("write tcp"),
  "a connection that is forgotten": (table) => waits(table, "leak") === "sleep without end",
  "an orphan": (table) => parentName(table, "orphan") === "town",
  "a task that somebody has stopped": (table) => named(table, "stopped-at-times")[0]?.stopped === true,
  "tasks that come and go": (table) => named(table, "errand").length > 1,
  "a task that is started again when it crashes": (table) => parentName(table, "crashes") === "crash-supervisor",
};

/** Looks at all tasks four times a second for a time, and has the town end with it. */
const town = routine(function* town(ms: number, look: (table: Table) => void): Program<void> {
  yield* new NewTask(demo([]), "demo");
  for (let passedMs = 0; passedMs < ms; passedMs += 250) {
    yield* new Sleep(250);
    look(yield* new ListTasks());
  }
});

/** That a crash is no fault of the town's: it is one of those that it advertises. */
const isMeant = ({ text, name, level }: LogRecord): boolean =>
  level === "info" ||
  name === "crash-supervisor" ||
  (name === "crashes" && text.includes("now and then")) ||
  (name.startsWith("errand-") && text.includes("in vain"));
const unmeant = ({ logs }: Finished): readonly LogRecord[] => logs.filter((record) => !isMeant(record));

describe("the demo, for two simulated minutes", () => {
  const seen = new Set<string>();
  let finished: Finished;
  /** How many turns others had while the starved one was ready. */
  let starvedFor = 0;
  let most = 0;
  beforeAll(() => {
    let readyAt = Number.NaN;
    const starving: Observer = {
      ready: ({ name, kernel }) => {
        if (name === "starved-in-rush") readyAt = kernel.counters.turns;
      },
      turn: ({ name, kernel }) => {
        if (name !== "starved-in-rush") return;
        starvedFor = Math.max(starvedFor, kernel.counters.turns - readyAt || 0);
      },
    };
    const look = (table: Table): void => {
      most = Math.max(most, table.length);
      for (const [what, isThere] of Object.entries(situations)) if (isThere(table)) seen.add(what);
    };
    finished = run(town(120_000, look), { name: "town", observers: [starving], checkEvery: 500, faults: "benign" });
  });

  test.each(Object.keys(situations))("shows %s", (what) => {
    expect([...seen]).toContain(what);
  });

  test("has its rushes, in which one waits for a turn behind all others", () => {
    expect(starvedFor).toBeGreaterThan(60);
  });

  test("crashes now and then, and is not stopped by that", () => {
    const crashes = finished.logs.filter(({ name, level }) => name === "crashes" && level === "error");
    expect(crashes.length).toBeGreaterThan(2);
  });

  test("says nothing of faults that are not meant", () => {
    expect(unmeant(finished)).toEqual([]);
  });

  test("does not grow, and ends without a trace", () => {
    expect(most).toBeLessThan(250);
    expect(finished.counters.unclean).toBe(0);
    expect(finished.kernel.tasks.size).toBe(0);
  });
});

describe("what a monitor finds in the demo", () => {
  const letters = new Set<string>();
  beforeAll(() => {
    const kernel = new Kernel(new VirtualMachine(), { log: () => {} });
    const desk = new Desk(kernel);
    const look = (): void => {
      desk.agent.tick();
      for (const { letter } of desk.frame().findings) letters.add(letter);
    };
    kernel.runSync(town(60_000, look), "town");
  });

  // What takes real time (starving, a long turn, giving up the CPU all the time) is not to be had on simulated time.
  test.each([
    ["D", "a deadlock"],
    ["G", "a mailbox that grows"],
    ["X", "a crash that nobody asks about"],
    ["O", "an orphan"],
    ["L", "a connection that nobody waits for"],
  ])("%s: %s", (letter) => {
    expect([...letters]).toContain(letter);
  });
});

describe("the demo", () => {
  test("lives on whatever is killed, and comes to its end all the same", () => {
    for (const seed of [1, 2, 3]) {
      const { outcome, ...finished } = runExit(killers(40), { name: "town", seed, checkEvery: 20, faults: "benign" });
      expect(outcome).toEqual({ status: "returned", value: undefined });
      expect(finished.counters.unclean).toBe(0);
      expect(unmeant(finished).map(({ name, text }) => `${name}: ${text}`)).toEqual([]);
    }
  });

  test("says how it is used", async () => {
    const bad = await yieldix(["run", "apps/demo.ts", "--", "--stuck", "soon"], root);
    expect(bad.code).toBe(2);
    expect(bad.err).toContain('--stuck "soon" is no number of seconds');
  });

  test("starts as a real process, crashes now and then, and is over soon after Ctrl-C, with code 0", async () => {
    const running = start(["run", "apps/demo.ts"], root);
    await running.wrote("yieldix demo");
    await running.wrote("this task crashes now and then");
    running.child.kill("SIGINT");
    const { code, err } = await running.ended;
    expect(code).toBe(0);
    expect(err.match(/error task \d+ \(.*?\)/g)?.filter((line) => !/\((crashes|errand-\d+)\)/.test(line))).toEqual([]);
  });

  test("ends with an error when it is asked to", async () => {
    const { code, err } = await yieldix(["run", "apps/demo.ts", "--", "--crash", "0.2"], root);
    expect(code).toBe(1);
    expect(err).toContain("the town has crashed");
  });
});

/** Kills a task of the town every second, each time another one. */
const killers = routine(function* killers(rounds: number): Program<void> {
  const own = yield* new NewTask(demo([]), "demo");
  for (let round = 0; round < rounds; round++) {
    yield* new Sleep(1_000);
    const others = (yield* new ListTasks()).filter(({ tid, name }) => tid !== own && name !== "town");
    const victim = others[(round * 7) % others.length];
    if (victim !== undefined) yield* new KillTask(victim.tid, "to see what becomes of the rest");
  }
});
