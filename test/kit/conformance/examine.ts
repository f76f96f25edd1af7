// Plays all scenes, each in runs of its own, and gathers what they show. Whoever drives it runs what it yields: once
// synchronously, once on a machine where promises settle.

import { DeadlockError, KernelPanic } from "../../../kernel/errors.ts";
import type { LogRecord } from "../../../kernel/observer.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { type RunExit, type RunOptions, runExit, runExitAsync } from "../run.ts";
import { Check } from "./check.ts";
import type { Report } from "./findings.ts";
import { GrantTrap } from "./grant-trap.ts";
import { grantingScenes } from "./granting.ts";
import type { CheckOptions, Make } from "./options.ts";
import type { Scene } from "./scene.ts";
import { Halt, Stage } from "./stage.ts";
import { GetSelf } from "./subject.ts";
import { usingScenes } from "./using.ts";
import { waitingScenes } from "./waiting.ts";

const scenes: readonly Scene[] = [...waitingScenes, ...grantingScenes, ...usingScenes];

/** Each scene is played with all of these: in whole turns, trap by trap, and in another order of turns. */
const variants: readonly RunOptions[] = [{}, { quantum: 1 }, { schedule: "shuffle" }];

/** Far more than a scene takes. */
const maxTurns = 100_000;

/** A run to be made. */
export interface Job {
  readonly program: () => Program<void>;
  readonly options: RunOptions;
}

/** How it ended: what was thrown, if anything was, and the log. */
interface Ended {
  readonly error: unknown;
  readonly logs: readonly LogRecord[];
}

/** Examines a syscall. Yields each run that is to be made, and is given how it ended. */
export function* examination<T, C>(make: Make<T, C>, options: CheckOptions<C>): Generator<Job, Report, Ended> {
  // The context goes from `setup` to the others, and nobody else looks at it.
  const check = new Check(make as Make<unknown, unknown>, options as CheckOptions<unknown>);
  for (const scene of scenes) {
    const why = scene.unasked?.(check);
    if (why !== undefined) {
      check.findings.skip(scene.promises, why);
      continue;
    }
    for (const variant of scene.quantum === undefined ? variants : [{ quantum: scene.quantum }]) {
      check.findings.setting = settingOf(variant);
      const { error, logs } = yield job(check, scene, variant);
      if (check.mistake !== undefined) throw check.mistake;
      judge(check, scene, error, logs);
      if (check.findings.isBroken(scene.promises)) break;
    }
  }
  return check.findings.report(check.syscall);
}

// Most of what is found shows in any run.
function settingOf({ quantum, schedule }: RunOptions): string {
  if (quantum !== undefined) return ` (in a run with quantum: ${quantum})`;
  return schedule === undefined ? "" : ` (in a run with schedule: "${schedule}")`;
}

function job(check: Check, scene: Scene, variant: RunOptions): Job {
  const trap = new GrantTrap();
  const options = { latencyMs: [1, 1] as const, maxTurns, ...check.options.run, ...variant, observers: [trap] };
  return { program: () => directing(check, scene, trap), options };
}

function* directing(check: Check, scene: Scene, trap: GrantTrap): Program<void> {
  const { kernel } = yield* new GetSelf();
  const context = yield* setUp(check.options);
  const stage = new Stage(check, kernel, context, trap);
  yield* stage.laps(() => [...kernel.readyTasks()].length === 0); // what `setup` has started begins to wait
  try {
    yield* scene.play(stage);
  } catch (error) {
    if (!(error instanceof Halt)) throw error;
  }
}

function setUp({ setup }: CheckOptions<unknown>): Program<unknown> {
  return setup === undefined ? nothing() : (setup() as Program<unknown>); // what it yields the gate looks at
}

function* nothing(): Program<undefined> {
  return undefined;
}

function judge({ findings }: Check, scene: Scene, error: unknown, logs: readonly LogRecord[]): void {
  const [first] = scene.promises;
  if (isFound(error) && first !== undefined)
    findings.note(first, false, () => `the kernel says: ${firstLine(error.message)}`);
  else if (error !== undefined) throw error;
  const thrown = logs.find(({ text }) =>
    /^(the undo of its wait|giveBack of the answer|untold of the error)/.test(text),
  );
  findings.note("undoWorks", thrown === undefined, () => (thrown?.text ?? "").split("\n", 2).join(": "));
}

// Not the check's own fault, but what it looks for.
function isFound(error: unknown): error is Error {
  return error instanceof KernelPanic || error instanceof DeadlockError;
}

function firstLine(text: string): string {
  return text.split("\n", 1).join();
}

/** Drives it on synchronous runs. */
export function examined(examination: Generator<Job, Report, Ended>): Report {
  let step = examination.next({ error: undefined, logs: [] });
  while (step.done !== true) step = examination.next(played(step.value));
  return step.value;
}

/** Drives it on asynchronous ones. */
export async function examinedAsync(examination: Generator<Job, Report, Ended>): Promise<Report> {
  let step = examination.next({ error: undefined, logs: [] });
  while (step.done !== true) step = examination.next(await playedAsync(step.value));
  return step.value;
}

function played({ options, program }: Job): Ended {
  try {
    return ended(runExit(program, options));
  } catch (error) {
    return { error, logs: [] };
  }
}

async function playedAsync({ options, program }: Job): Promise<Ended> {
  try {
    return ended(await runExitAsync(program, options));
  } catch (error) {
    return { error, logs: [] };
  }
}

function ended({ logs, outcome }: RunExit<void>): Ended {
  return { error: outcome.status === "threw" ? outcome.error : undefined, logs };
}
