// The scenes about how it is used: as a branch of a Select, refused, twice.

import type { Program, Tid } from "../../../kernel/syscall.ts";
import { shown } from "../../../kernel/text.ts";
import { GetTid, Park, Select, WaitQueue } from "../../../syscalls/index.ts";
import { needsAlone, needsReady, needsServed, needsTwo, needsWait, type Scene } from "./scene.ts";
import type { Stage } from "./stage.ts";
import type { Subject } from "./subject.ts";

function won({ state, value }: Subject): unknown {
  return state === "answered" && typeof value === "object" && value !== null && "key" in value ? value.key : undefined;
}

const loser: Scene = {
  promises: ["loser", "later"],
  unasked: needsWait,
  *play(stage) {
    const before = stage.footprint();
    const queue = new WaitQueue("wait for", "the other branch");
    const subject = yield* stage.askToWait("loser", (tid) => {
      return new Select({ it: stage.make(tid), other: new Park(queue) });
    });
    queue.wake();
    yield* stage.laps(() => subject.isOver);
    stage.expect("loser", won(subject) === "other", () => `the other branch was answered: ${subject.outcome}`);
    yield* stage.expectNothingLeft("loser", before, "after the other branch has won");
    yield* stage.expectNextServed("loser", "after the other branch has won", subject);
  },
};

/** Two of a kind in one Select: one is answered, and the other has lost. */
const both: Scene = {
  promises: ["loser"],
  unasked: (check) => needsTwo(check) ?? needsAlone(check),
  *play(stage) {
    const before = stage.footprint();
    const subject = yield* stage.askToWait("loser", (tid) => new Select({ it: stage.make(tid), too: stage.make(tid) }));
    yield* stage.answer();
    yield* stage.laps(() => subject.isOver); // before any time passes: see expectNextServed
    if (subject.waits) yield* stage.settle();
    const isOne = won(subject) === "it" || won(subject) === "too";
    stage.expect("loser", isOne, () => `two of them were in one Select, and \`answer\` was called: ${subject.outcome}`);
    yield* stage.expectNothingLeft("loser", before, "after one of two in a Select has won", true);
    if (stage.check.options.single === true) return;
    yield* stage.expectNextServed("loser", "after one of two in a Select has won", subject);
  },
};

/** Its wait is described, and never begins: the other branch is answered at once. */
const idle: Scene = {
  promises: ["idle"],
  unasked: needsWait,
  *play(stage) {
    const before = stage.footprint();
    const subject = yield* stage.ask((tid) => new Select({ it: stage.make(tid), now: new GetTid() }));
    if (won(subject) === "it") return;
    const when = "in a Select whose other branch was answered at once";
    stage.expect("idle", won(subject) === "now", () => `${when}: ${subject.outcome}`);
    yield* stage.expectNothingLeft("idle", before, when);
    yield* stage.expectNextServed("idle", when);
  },
};

const winner: Scene = {
  promises: ["winner"],
  unasked: needsServed,
  *play(stage) {
    const { facts } = stage.check;
    const queue = new WaitQueue("wait for", "the other branch");
    const subject = yield* stage.ask((tid) => new Select({ other: new Park(queue), it: stage.make(tid) }));
    if (facts.waits) yield* stage.answer();
    yield* stage.laps(() => subject.isOver); // before any time passes: see expectNextServed
    if (subject.waits) yield* stage.settle();
    stage.expect(
      "winner",
      won(subject) === "it",
      () => `as a branch of a Select, of which it was to be the first: ${subject.outcome}`,
    );
    stage.expect("winner", queue.size === 0, () => "it won, and the other branch of the Select still waits");
  },
};

const refused: Scene = {
  promises: ["refused"],
  unasked: ({ options }) => (options.refused === undefined ? "there is no option `refused`" : undefined),
  *play(stage) {
    const before = stage.footprint();
    const subject = yield* stage.ask(stage.makeRefused);
    expectRefused(stage, subject);
    yield* stage.expectNothingLeft("refused", before, "after it was refused");
    yield* stage.expectNextServed("refused", "after one was refused");
  },
};

/** The same when there is something that could be lost by it. */
const refusedReady: Scene = {
  promises: ["refused"],
  unasked: (check) => refused.unasked?.(check) ?? needsReady(check) ?? needsServed(check),
  *play(stage) {
    const [subject, next] = [yield* stage.prepare(stage.makeRefused), yield* stage.prepare()];
    yield* stage.ready();
    yield* stage.cue(subject);
    expectRefused(stage, subject);
    if (stage.check.options.personal === true) return;
    yield* stage.cue(next);
    stage.expect("refused", next.state === "answered", () => {
      return `\`ready\` was called, one was refused, and the next asked, which was to be answered: ${next.outcome}`;
    });
  },
};

function expectRefused(stage: Stage, subject: Subject): void {
  stage.expect(
    "refused",
    subject.state === "threw",
    () => `the one that was to be refused was not: ${subject.outcome}`,
  );
}

const once: Scene = {
  promises: ["once"],
  unasked: needsServed,
  *play(stage) {
    const subject = yield* stage.ask((tid) => twice(stage, tid));
    if (subject.waits) yield* stage.answer();
    yield* stage.settle();
    const isRefused = subject.error instanceof TypeError && /twice/.test(shown(subject.error));
    stage.expect(
      "once",
      isRefused,
      () => `one object was yielded twice, and instead of a TypeError: ${subject.outcome}`,
    );
  },
};

function* twice(stage: Stage, tid: Tid): Program<unknown> {
  const syscall = stage.make(tid);
  yield* syscall;
  return yield* syscall;
}

export const usingScenes: readonly Scene[] = [loser, both, idle, winner, refused, refusedReady, once];
