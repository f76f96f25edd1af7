// The conformance kit is checked: syscalls with one defect each, and each defect is named by the promise it breaks.

import { describe, expect, test } from "vitest";
import { type Kernel, routine, type Syscall, type Undo, type Waiter } from "../../kernel/syscall.ts";
import { WaitQueue } from "../../syscalls/index.ts";
import {
  type CheckOptions,
  ConformanceError,
  checkSyscall,
  examineSyscall,
  type PromiseName,
  type Report,
} from "../kit/index.ts";
import * as handlers from "./broken/handlers.ts";
import {
  CarelessShelf,
  LastComes,
  newShelf,
  nothing,
  options,
  put,
  Shelf,
  StaleShelf,
  Take,
  TwiceShelf,
} from "./broken/shelf.ts";
import * as waits from "./broken/waits.ts";
import { returning, socketPair } from "./programs.ts";

const take = (Broken: new (shelf: Shelf) => Syscall<string>, more: Partial<CheckOptions<Shelf>> = {}): Report =>
  examineSyscall((shelf: Shelf) => new Broken(shelf), { ...options, ...more });

const at = (Broken: new () => Shelf): CheckOptions<Shelf> => ({
  ...options,
  *setup() {
    return new Broken();
  },
});

const { waiting: _, ...unwatched } = options;

const defects: Record<string, [report: () => Report, broken: PromiseName, seen: RegExp]> = {
  "forgets its undo": [() => take(waits.ForgetsItsUndo), "killed", /after the kill, 1 wait/],
  "forgets its undo, and nobody counts": [
    () => examineSyscall((shelf: Shelf) => new waits.ForgetsItsUndo(shelf), unwatched),
    "killed",
    /came to the waiter of the killed task/,
  ],
  "throws in its undo": [() => take(waits.ThrowsInItsUndo), "undoWorks", /the undo of its wait threw.*cannot undo/],
  "throws in its giveBack": [() => take(handlers.ThrowsInGiveBack), "undoWorks", /giveBack .* threw.*cannot give back/],
  "is woken twice by one answer": [
    () => examineSyscall((shelf) => new Take(shelf), at(TwiceShelf)),
    "answered",
    /^after it was answered, its waiter was woken again$/,
  ],
  "has no giveBack": [() => take(handlers.NoGiveBack), "granted", /^one was killed just as it was granted.* 0 of 2/],
  "puts back what others wait for": [() => take(handlers.PutsBackOnly), "granted", /while 2 more waited: 0 of 2/],
  "gives back twice": [
    () => take(handlers.GivesBackTwice),
    "givenOnce",
    /2 others were answered, where one answer serves 1/,
  ],
  "gives back to those that wait, and drops it otherwise": [
    () => take(handlers.GivesBackToThoseThatWait),
    "granted",
    /granted its answer, and nobody else waited; then another asked, and of that: it still waits/,
  ],
  "acts before it blocks": [
    () => take(handlers.ActsBeforeItBlocks, { waiting: ({ visits, waiting }) => visits + waiting.size - waiting.size }),
    "idle",
    /other branch was answered at once, 1 wait/,
  ],
  "makes a Blocked and does not return it": [
    () => take(handlers.DropsItsBlocked),
    "returned",
    /must return what task.block/,
  ],
  "blocks twice": [() => take(handlers.BlocksTwice), "returned", /a syscall blocks once/],
  "arms without an undo": [() => take(handlers.GivesNoUndo), "undoGiven", /must return its undo/],
  "throws after it has taken": [
    () => take(Take, { refused: (shelf) => new handlers.ThrowsAfterTaking(shelf) }),
    "refused",
    /the next asked, which was to be answered: it still waits/,
  ],
  "throws after it has joined": [
    () => take(Take, { refused: (shelf) => new handlers.ThrowsAfterJoining(shelf) }),
    "refused",
    /after it was refused, 1 wait/,
  ],
  "refuses nothing": [
    () => take(Take, { refused: (shelf) => new handlers.RefusesNothing(shelf) }),
    "refused",
    /was not/,
  ],
  "keeps a timer": [() => take(waits.KeepsATimer), "killed", /after the kill, 1 timers are set, 0 before/],
  "keeps a task": [() => take(waits.KeepsATask), "killed", /after the kill, .*1 other tasks live, 0 before/],
  "keeps an interest": [
    () =>
      examineSyscall(({ server }) => new waits.LeaksItsInterest(server), {
        setup: socketPair,
        answer: ({ client }) => client.write(new Uint8Array(1)),
      }),
    "killed",
    /K12 does not hold \(seed 1, turn \d+\): .* is watched \(read\) by nobody/,
  ],
  "keeps its place in a queue": [
    () =>
      examineSyscall((on) => new waits.LeavesItsPlace(on), {
        *setup() {
          return new WaitQueue("wait for", "news");
        },
        answer: (on) => on.wake(),
      }),
    "killed",
    /K12 does not hold .*: 0 tasks wait in a queue of 1/,
  ],
  "keeps an endpoint": [
    () => examineSyscall(() => new handlers.OpensTooEarly({ port: 0 }), { answer: nothing }),
    "idle",
    /1 endpoints are open, 0 before/,
  ],
  "wakes whatever its task waits for": [() => take(waits.WakesTheTask), "winner", /of which it was to be the first/],
  "wakes whatever its task waits for later": [
    () => take(waits.WakesTheTaskLate),
    "later",
    /waited for something else; .* ended that wait/,
  ],
  "loses in a Select, and takes the item": [
    () => take(waits.UndoesAlone),
    "loser",
    /after the other branch has won, 1 wait/,
  ],
  "is granted something in a Select, and does not give it back": [
    () => take(waits.GivesBackAlone),
    "granted",
    /one in a Select was killed just as it was granted/,
  ],
  "keeps what came with its answer": [() => take(waits.KeepsWhatCame), "dropped", /1 endpoints are open, 0 before/],
  "does not say that it is ended from outside": [
    () =>
      examineSyscall(({ server }) => new waits.SaysNotThatItIsOutside(server), {
        setup: socketPair,
        answer: ({ client }) => client.write(new Uint8Array(1)),
      }),
    "outside",
    /^the kernel says: deadlock/,
  ],
  "ends the wait of another": [() => take(waits.UndoesTheFirst), "beside", /two waited, and the second was killed/],
  "cannot wait twice in one Select": [() => take(waits.RefusesItsTaskTwice), "loser", /EBUSY: once|Error: once/],
  "waits for what is there": [() => take(waits.AlwaysWaits), "served", /`ready` was called, .*: it still waits/],
  "hides another that waits": [
    () => take(waits.KeepsOneWaiter),
    "beside",
    /two waited, and the first was killed; .* for the other: it still waits/,
  ],
  "has no verb": [() => take(waits.NoVerb), "words", /its verb is empty/],
  "throws when it is looked at": [() => take(waits.ThrowingObject), "words", /its object throws .*nothing to see/],
  "is held by nobody that lives": [() => take(waits.HeldByTheDead), "holders", /99 is among them, and no live task/],
  "throws when asked for its holders": [() => take(waits.ThrowingHolders), "holders", /throws .*nobody knows/],
  "names holders that are no tids": [() => take(waits.HeldByText), "holders", /no array/],
  "works twice": [() => take(handlers.WorksTwice), "once", /yielded twice, and instead of a TypeError/],
  "is never answered": [() => take(waits.NeverAnswers), "served", /it still waits/],
  "answers before there is an answer": [() => take(handlers.AnswersUnasked), "served", /had not been called/],
  throws: [() => take(handlers.Throws), "served", /it threw RangeError: broken/],
  "wakes twice, and believes that it was taken": [
    () => examineSyscall((shelf) => new Take(shelf), at(CarelessShelf)),
    "second",
    /`answer` was called twice: 1 of them was answered/,
  ],
  "wakes twice, where one can wait": [
    () =>
      examineSyscall((shelf) => new handlers.TakesAlone(shelf), {
        ...at(CarelessShelf),
        ready: (on) => on.items.push(""),
      }),
    "second",
    /one waited, and `answer` was called twice; then another asked/,
  ],
  "serves who came last": [
    () => examineSyscall((shelf) => new Take(shelf), at(LastComes)),
    "inOrder",
    /reached another one than the first/,
  ],
  "answers one who has gone": [
    () => examineSyscall((shelf) => new waits.ForgetsItsUndo(shelf), at(StaleShelf)),
    "stale",
    /the next one asked and was to be answered: it still waits/,
  ],
};

describe("a syscall that", () => {
  test.each(Object.entries(defects))("%s", (_name, [examine, name, seen]) => {
    const { broken } = examine();
    expect(broken.map((finding) => finding.name)).toContain(name);
    expect(broken.find((finding) => finding.name === name)?.why).toMatch(seen);
  });
});

test("the one that these are made from breaks none, and is asked for all", () => {
  const { promises, syscall } = checkSyscall((shelf: Shelf) => new Take(shelf), options);
  expect(syscall).toBe("Take");
  expect(promises.filter(({ kept }) => kept !== true).map(({ name }) => name)).toEqual(["holders"]);
});

test("each promise is broken by one of them", () => {
  const { promises } = take(Take);
  const broken = new Set(Object.values(defects).map(([, name]) => name));
  const seldom: PromiseName[] = ["cancelled", "expired"]; // with "killed", in the reports above
  expect(promises.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual(seldom);
  expect(take(waits.ForgetsItsUndo).broken.map(({ name }) => name)).toEqual([
    "killed",
    "cancelled",
    "expired",
    "loser",
  ]);
  expect(take(waits.KeepsATimer).broken.map(({ name }) => name)).toContain("answered");
});

test("it is asked in whole turns, trap by trap, and in other orders of turns", () => {
  const runs = new Map<number, number>();
  take(Take, {
    answer: (shelf, { kernel }) => {
      runs.set(kernel.limits.quantum, (runs.get(kernel.limits.quantum) ?? 0) + 1);
      put(shelf);
    },
  });
  expect([...runs.keys()]).toEqual([32, 1]);
  expect(runs.get(32)).toBe(2 * (runs.get(1) ?? 0)); // once shuffled
});

test("the error says what was promised, what was seen and how to mend it", () => {
  let caught: unknown;
  try {
    checkSyscall((shelf) => new waits.ForgetsItsUndo(shelf), options);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(ConformanceError);
  const { message, report } = caught as ConformanceError; // as of the line above
  expect(report.broken).toHaveLength(4);
  expect(message.split("\n").slice(0, 6)).toEqual([
    "ForgetsItsUndo breaks 4 promises of a syscall.",
    "",
    "1. Promised: one that is killed while it waits leaves nothing behind.",
    "   Seen: after the kill, 1 wait, by the option `waiting`, 0 before.",
    "   To mend it: let the function that arm returns take back all that arm did: the place in the queue, timers, interests, endpoints, tasks.",
    "",
  ]);
  expect(message).toContain("To mend it: as above.");
});

test("what shows in one order of turns only is said to", () => {
  class Skips extends Take {
    override giveBack(): void {} // of an answer at once, too
  }
  const { ready: __, ...unready } = options;
  expect(examineSyscall((shelf: Shelf) => new Skips(shelf), unready).broken[0]?.why).not.toContain("in a run with");
  class SkipsAtOnce extends Take {
    hasWaited = false;
    override arm(waiter: Waiter<string>, kernel: Kernel): Undo<string> {
      this.hasWaited = true;
      return super.arm(waiter, kernel);
    }
    override giveBack(item: string): void {
      if (this.hasWaited) super.giveBack(item);
    }
  }
  const [finding] = take(SkipsAtOnce).broken;
  expect(finding).toMatchObject({ name: "granted", kept: false });
  expect(finding?.why).toMatch(/answered at once and killed .* \(in a run with quantum: 1\)$/);
});

test("a promise that cannot be asked for says why", () => {
  const { promises } = checkSyscall((shelf) => new Take(shelf), { setup: newShelf, answer: put, personal: true });
  const whyOf = (name: PromiseName): unknown => promises.find((finding) => finding.name === name);
  expect(whyOf("dropped")).toMatchObject({ kept: true });
  expect(whyOf("granted")).toMatchObject({ kept: "not asked", why: expect.stringContaining("for one task alone") });
  expect(whyOf("refused")).toMatchObject({ kept: "not asked", why: "there is no option `refused`" });
});

describe("a check that cannot be right is a TypeError that says what to change", () => {
  const shelf = new Shelf();
  const one = new Take(shelf);
  const call = routine(returning<string>);
  const mistakes: Record<string, [check: () => unknown, message: RegExp]> = {
    "one object for all": [() => checkSyscall(() => one, { answer: () => put(shelf) }), /a new syscall each time/],
    "no syscall": [() => checkSyscall(() => call("x") as unknown as Take), /must return a syscall, not .*run/],
    "a wait without an answer": [() => checkSyscall((on) => new Take(on), { setup: newShelf }), /option `answer`/],
    "a count that does not count": [
      () => checkSyscall((on) => new Take(on), { ...options, waiting: () => 0 }),
      /option `waiting` gave the same number/,
    ],
  };
  test.each(Object.entries(mistakes))("%s", (_name, [check, message]) => {
    expect(check).toThrow(TypeError);
    expect(check).toThrow(message);
  });

  test("what setup throws, and what answer throws", () => {
    const failing = {
      ...options,
      *setup(): Generator<undefined, Shelf> {
        throw new RangeError("no shelf");
      },
    };
    expect(() => checkSyscall((on) => new Take(on), failing)).toThrow("no shelf");
    const { broken } = take(Take, {
      answer: () => {
        throw new RangeError("no item");
      },
    });
    expect(broken[0]).toMatchObject({ name: "served", why: expect.stringMatching(/`answer` threw .*no item/) });
  });
});
