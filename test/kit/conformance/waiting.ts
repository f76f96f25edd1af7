// The scenes about waiting: it begins, it is answered, it ends in every other way; alone, and beside others.

import { Cancelled, SyscallError } from "../../../kernel/errors.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { shown } from "../../../kernel/text.ts";
import { Timeout } from "../../../syscalls/index.ts";
import { waitingCount } from "./footprint.ts";
import { needsAlone, needsTwo, needsWait, type Scene } from "./scene.ts";
import type { Stage } from "./stage.ts";
import type { Subject } from "./subject.ts";
import { expectWords } from "./words.ts";

/** Shorter than the kit's network needs for anything. */
const deadlineMs = 0.5;

const answered: Scene = {
  promises: ["served", "answered", "words", "holders", "returned", "undoGiven"],
  *play(stage) {
    const { facts, options } = stage.check;
    const before = stage.footprint();
    const subject = yield* stage.ask();
    if (!subject.waits) {
      expectAtOnce(stage, subject);
      if (subject.state !== "answered") return;
      yield* stage.expectNothingLeft("answered", before, "after it was answered at once", true);
      return;
    }
    if (options.answer === undefined)
      throw stage.check.wrong("it waits: say by the option `answer` what answers it, `() => {}` where time alone does");
    const during = stage.footprint();
    facts.waits = true;
    for (const name of ["returned", "undoGiven"] as const) stage.expect(name, true, () => "");
    if (subject.wait !== undefined) expectWords(stage, subject.wait);
    const refused = stage.kernel.counters.refusedWakes;
    yield* stage.answer();
    yield* stage.settle();
    const isWokenOnce = stage.kernel.counters.refusedWakes === refused;
    stage.expect("answered", isWokenOnce, () => "after it was answered, its waiter was woken again");
    stage.expect(
      "served",
      subject.state === "answered",
      () => `it waited, and \`answer\` was called: ${subject.outcome}`,
    );
    if (subject.waits) {
      facts.waits = false;
      facts.why = "it waited, and was not answered";
      return;
    }
    if (options.waiting !== undefined && during[waitingCount] === before[waitingCount]) {
      throw stage.check.wrong(
        "one waited, and the option `waiting` gave the same number as before: count those that wait",
      );
    }
    yield* stage.expectNothingLeft("answered", before, "after it was answered", true);
  },
};

// By the words of the gate, which refuses what breaks its rules.
function expectAtOnce(stage: Stage, subject: Subject): void {
  const { facts, options } = stage.check;
  facts.why = `it never waits: ${subject.outcome}`;
  if (subject.state === "threw") {
    const words = shown(subject.error);
    const isBlocking = /handle must return what|a syscall blocks once/.test(words);
    const name = /must return its undo/.test(words) ? "undoGiven" : isBlocking ? "returned" : "served";
    stage.expect(name, false, () => subject.outcome);
    return;
  }
  stage.expect("served", options.answer === undefined, () => {
    return `the option \`answer\` had not been called, and ${subject.outcome}; if it is never to wait, leave the option out`;
  });
}

const killed: Scene = {
  promises: ["killed", "stale"],
  unasked: needsWait,
  *play(stage) {
    const { counters } = stage.kernel;
    const before = stage.footprint();
    const subject = yield* stage.askToWait("served");
    yield* stage.end(subject, "kill");
    yield* stage.expectNothingLeft("killed", before, "after the kill");
    const refused = counters.refusedWakes;
    yield* stage.expectNextServed("stale", "after one was killed while it waited");
    const isCalledOff = stage.check.options.late === true || counters.refusedWakes === refused;
    stage.expect("killed", isCalledOff, () => "an answer came to the waiter of the killed task: it is still kept");
  },
};

const cancelled: Scene = {
  promises: ["cancelled", "stale", "later"],
  unasked: needsWait,
  *play(stage) {
    const before = stage.footprint();
    const subject = yield* stage.askToWait("served");
    yield* stage.end(subject, "cancel");
    stage.expect("cancelled", subject.error instanceof Cancelled, () => `it was cancelled, and ${subject.outcome}`);
    yield* stage.expectNothingLeft("cancelled", before, "after the cancel");
    yield* stage.expectNextServed("stale", "after one was cancelled while it waited", subject);
  },
};

const expired: Scene = {
  promises: ["expired", "stale", "later"],
  unasked: needsWait,
  *play(stage) {
    const before = stage.footprint();
    const subject = yield* stage.askToWait("served", (tid) => new Timeout(deadlineMs, stage.make(tid)));
    yield* stage.settle(2 * deadlineMs);
    if (subject.state === "answered") {
      stage.check.findings.skip(["expired"], `it was answered within ${deadlineMs} ms, before its time was up`);
      return;
    }
    stage.expect("expired", isTimeout(subject), () => `its time was up after ${deadlineMs} ms: ${subject.outcome}`);
    yield* stage.expectNothingLeft("expired", before, "after its time was up");
    yield* stage.expectNextServed("stale", "after the time of one was up", subject);
  },
};

function isTimeout({ error }: Subject): boolean {
  return error instanceof SyscallError && error.code === "ETIMEDOUT";
}

/** Nothing else goes on meanwhile that could keep the run from being a deadlock. */
const outside: Scene = {
  promises: ["outside"],
  unasked: needsWait,
  *play(stage) {
    const subject = yield* stage.askToWait("served");
    yield* stage.answer();
    yield* subject.over();
    stage.expect("outside", true, () => "");
  },
};

/** Finds out what a second sees, and how many an answer serves. */
const several: Scene = {
  promises: ["beside", "inOrder"],
  unasked: needsWait,
  *play(stage) {
    const { facts } = stage.check;
    const first = yield* stage.askToWait("served");
    const second = yield* stage.ask();
    facts.isExclusive = !second.waits;
    stage.expect("beside", first.waits, () => `a second asked, and the first does not wait any more: ${first.outcome}`);
    const all = facts.isExclusive ? [first] : [first, second, yield* stage.ask()];
    yield* stage.answer();
    yield* stage.settle();
    facts.served = all.filter(({ state }) => state === "answered").length;
    const isInOrder = facts.served !== 1 || first.state === "answered" || stage.check.options.anyOrder === true;
    stage.expect("inOrder", isInOrder, () => "three waited, and `answer` reached another one than the first");
    stage.expect("beside", facts.served > 0, () => `${all.length} waited, and \`answer\` reached none of them`);
  },
};

const besides = (which: 0 | 1): Scene => ({
  promises: ["beside"],
  unasked: (check) => needsTwo(check) ?? needsAlone(check),
  *play(stage): Program<void> {
    const pair = [yield* stage.askToWait("beside"), yield* stage.askToWait("beside")] as const;
    const [ended, left] = which === 0 ? pair : [pair[1], pair[0]];
    yield* stage.end(ended, "kill");
    const when = `two waited, and the ${which === 0 ? "first" : "second"} was killed`;
    stage.expect("beside", left.waits, () => `${when}; of the other: ${left.outcome}`);
    yield* stage.answer();
    yield* stage.settle();
    stage.expect(
      "beside",
      left.state === "answered",
      () => `${when}; then \`answer\` was called for the other: ${left.outcome}`,
    );
  },
});

export const waitingScenes: readonly Scene[] = [
  answered,
  several,
  killed,
  cancelled,
  expired,
  outside,
  besides(0),
  besides(1),
];
