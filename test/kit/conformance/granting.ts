// The scenes about what is granted: it is given once, and if its task does not live to take it, to another.

import type { Program } from "../../../kernel/syscall.ts";
import { Park, Select, WaitQueue } from "../../../syscalls/index.ts";
import type { Check } from "./check.ts";
import { needsPassing, needsReady, needsTwo, needsWait, type Scene } from "./scene.ts";
import type { Request, Stage } from "./stage.ts";
import type { Subject } from "./subject.ts";

/** How a subject asks, in a run. */
type Way = (stage: Stage) => Request;

/** Of those that wait, the first that is granted the answer is killed in that moment. */
const granted = (way?: Way): Scene => ({
  promises: ["granted", "givenOnce"],
  unasked: needsPassing,
  *play(stage): Program<void> {
    const { facts } = stage.check;
    const crowd = [yield* stage.askToWait("served", way?.(stage))];
    if (!facts.isExclusive) crowd.push(yield* stage.ask(), yield* stage.ask());
    const caught = yield* stage.answerAndKill(crowd);
    if (caught === undefined) return;
    const others = crowd.filter((subject) => subject !== caught);
    if (others.length === 0) others.push(yield* askAfter(stage));
    const { length: took } = others.filter(({ state }) => state === "answered");
    const when = `${killedOne(way)}, while ${crowd.length - 1} more waited`;
    const least = facts.served === 3 ? others.length : 1;
    stage.expect("granted", took >= least, () => {
      return `${when}${crowd.length === 1 ? "; then another asked" : ""}: ${took} of ${others.length} others were answered`;
    });
    stage.expect("givenOnce", facts.isExclusive || took <= facts.served, () => {
      return `${when}: ${took} others were answered, where one answer serves ${facts.served}`;
    });
  },
});

function killedOne(way: Way | undefined): string {
  return `one ${way === undefined ? "" : "in a Select "}was killed just as it was granted its answer`;
}

const inSelect: Way = (stage) => (tid) =>
  new Select({ other: new Park(new WaitQueue("wait for", "the other branch")), it: stage.make(tid) });

/** Nobody else waits, and nothing that came with the answer stays. */
const dropped: Scene = {
  promises: ["dropped"],
  unasked: needsWait,
  *play(stage) {
    const before = stage.footprint();
    const caught = yield* stage.answerAndKill([yield* stage.askToWait("served")]);
    if (caught !== undefined) yield* stage.expectNothingLeft("dropped", before, `after ${killedOne(undefined)}`);
  },
};

/** The same when nobody else waits: what can be there before anybody asks is to be there again. */
const kept: Scene = {
  promises: ["granted", "givenOnce"],
  unasked: (check) => needsPassing(check) ?? needsReady(check),
  *play(stage) {
    const caught = yield* stage.answerAndKill([yield* stage.askToWait("served")]);
    if (caught === undefined) return;
    yield* expectOneServed(stage, `${killedOne(undefined)}, and nobody else waited`);
  },
};

function* expectOneServed(stage: Stage, when: string): Program<void> {
  const { isExclusive, served } = stage.check.facts;
  const next = yield* askAfter(stage);
  stage.expect("granted", next.state === "answered", () => `${when}; then another asked, and of that: ${next.outcome}`);
  if (isExclusive || served !== 1) return;
  const third = yield* askAfter(stage);
  stage.expect("givenOnce", third.state !== "answered", () => `${when}; then two others asked, and both were answered`);
}

function needsSecond(check: Check): string | undefined {
  const isSingle = check.options.single === true;
  return needsPassing(check) ?? (isSingle ? "by the option `single` there is one answer in a run" : undefined);
}

function* askAfter(stage: Stage): Program<Subject> {
  const subject = yield* stage.ask();
  yield* stage.settle();
  return subject;
}

const atOnce: Scene = {
  promises: ["served"],
  unasked: (check) => needsReady(check),
  *play(stage) {
    const subject = yield* stage.prepare();
    yield* stage.ready();
    yield* stage.cue(subject);
    stage.expect("served", subject.state === "answered", () => {
      return `the option \`ready\` was called, and then it was asked for: ${subject.outcome}`;
    });
  },
};

/** Its quantum is used up by the syscall, so that its task can be killed before it goes on with the answer. */
const atOnceKilled: Scene = {
  promises: ["granted"],
  quantum: 1,
  unasked: (check) => needsPassing(check) ?? needsReady(check),
  *play(stage) {
    const subject = yield* stage.prepare();
    yield* stage.ready();
    stage.trap.subjects = [subject];
    yield* stage.cue(subject);
    yield* stage.settle();
    if (stage.trap.caught === undefined) return;
    const next = yield* askAfter(stage);
    stage.expect("granted", next.state === "answered", () => {
      return `one was answered at once and killed before it could go on; then another asked, and of that: ${next.outcome}`;
    });
  },
};

/** Two answers, before the first of those that wait has its turn. */
const second: Scene = {
  promises: ["second"],
  unasked: (check) => needsSecond(check) ?? needsTwo(check),
  *play(stage) {
    const pair = [yield* stage.askToWait("served"), yield* stage.askToWait("served")];
    yield* stage.answer();
    yield* stage.answer();
    yield* stage.settle();
    const { length: took } = pair.filter(({ state }) => state === "answered");
    stage.expect(
      "second",
      took === 2,
      () => `two waited, and \`answer\` was called twice: ${took} of them was answered`,
    );
  },
};

const secondKept: Scene = {
  promises: ["second"],
  unasked: (check) => needsSecond(check) ?? needsReady(check),
  *play(stage) {
    yield* stage.askToWait("served");
    yield* stage.answer();
    yield* stage.answer();
    yield* stage.settle();
    const next = yield* askAfter(stage);
    stage.expect("second", next.state === "answered", () => {
      return `one waited, and \`answer\` was called twice; then another asked, and of that: ${next.outcome}`;
    });
  },
};

export const grantingScenes: readonly Scene[] = [
  atOnce,
  granted(),
  granted(inSelect),
  dropped,
  kept,
  atOnceKilled,
  second,
  secondKept,
];
