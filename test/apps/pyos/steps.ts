// The steps of the ladder as the tests see them: by one loose type, because what a step lacks is what its law is about.

import * as step1 from "../../../apps/pyos/1.ts";
import * as step2 from "../../../apps/pyos/2.ts";
import * as step3 from "../../../apps/pyos/3.ts";
import * as step4 from "../../../apps/pyos/4.ts";
import * as step5 from "../../../apps/pyos/5.ts";
import * as step6 from "../../../apps/pyos/6.ts";
import * as step7 from "../../../apps/pyos/7.ts";
import * as step8 from "../../../apps/pyos/8.ts";
import * as step9 from "../../../apps/pyos/9.ts";
import * as step10 from "../../../apps/pyos/10.ts";
import * as step11 from "../../../apps/pyos/11.ts";
import * as step12 from "../../../apps/pyos/12.ts";
import * as step13 from "../../../apps/pyos/13.ts";
import * as step14 from "../../../apps/pyos/14.ts";
import * as step15 from "../../../apps/pyos/15.ts";
import * as step16 from "../../../apps/pyos/16.ts";
import type { Mainloop, Print } from "../../../apps/pyos/host.ts";
import type { Connection, Listener } from "../../../kernel/machine/machine.ts";
import { type Call, type Program, type Runnable, routine } from "../../../kernel/syscall.ts";
import { Race } from "../../../syscalls/index.ts";

/** What a task of a step runs. */
export type Target<T = unknown> = Generator<unknown, T, unknown>;

export interface StepScheduler {
  spawn(target: unknown): number;
  mainloop(): Mainloop;
}

export interface Step {
  readonly Task: new (target: Target) => { readonly tid: number; run(): unknown };
  readonly Scheduler: new (report: Print) => StepScheduler;
  readonly SystemCall: abstract new () => object;
  readonly GetTid: new () => object;
  readonly NewTask: new (target: unknown) => object;
  readonly KillTask: new (tid: number) => object;
  readonly WaitTask: new (tid: number) => object;
  readonly ReadWait: new (socket: object) => object;
  readonly WriteWait: new (socket: object) => object;
  readonly Sleep: new (ms: number) => object;
  readonly send?: (socket: Connection, bytes: Uint8Array) => Target;
}

const modules: readonly object[] = [
  {},
  ...[step1, step2, step3, step4, step5, step6, step7, step8],
  ...[step9, step10, step11, step12, step13, step14, step15, step16],
];

/** The steps by their numbers. */
export const steps: readonly Step[] = modules as readonly Step[]; // as far as they have come: see above

export const lastStep: number = modules.length - 1;

/** Runs a main loop to its end. @throws what it throws; Error if it has not ended after so many of its yields */
export const driven: (loop: Mainloop, most?: number) => Call<void> = routine(function* drive(
  loop: Mainloop,
  most = 2_000,
): Program<void> {
  for (let yields = 0, answer: unknown; yields < most; yields++) {
    const { done, value } = loop.next(answer);
    if (done === true) return;
    answer = value === undefined ? yield : yield* value;
  }
  throw new Error(`the system still runs after ${most} yields`);
});

/** A step's system with these tasks. It ends with what it has to report, which is a task that nobody expected to fail. */
export function system(step: Step, ...targets: Target[]): StepScheduler {
  const scheduler = new step.Scheduler((line) => {
    throw new Error(line);
  });
  for (const target of targets) scheduler.spawn(target);
  return scheduler;
}

/** Runs a system beside a program, until that ends; answers with its value. @throws what either of them throws */
export function beside<T>(scheduler: StepScheduler, program: Runnable<T>): Call<T> {
  return new Race([unending(scheduler), program]);
}

const unending: (scheduler: StepScheduler) => Call<never> = routine(function* runUnending(
  scheduler: StepScheduler,
): Program<never> {
  yield* driven(scheduler.mainloop(), Number.POSITIVE_INFINITY);
  throw new Error("the system ended before those who use it");
});

/** A step's system that echoes, a task for each client. A task that fails is reported to nobody. */
export function echoing(step: Step, listener: Listener): StepScheduler {
  function* serve(client: Connection): Target<void> {
    for (;;) {
      yield new step.ReadWait(client);
      const bytes = client.read(65_536);
      if (bytes === null) continue;
      if (bytes.length === 0) break;
      if (step.send !== undefined) yield step.send(client, bytes);
      else {
        yield new step.WriteWait(client);
        client.write(bytes);
      }
    }
    client.close();
  }
  function* listen(): Target<never> {
    for (;;) {
      yield new step.ReadWait(listener);
      const client = listener.accept();
      if (client !== null) yield new step.NewTask(serve(client));
    }
  }
  const scheduler = new step.Scheduler(() => {});
  scheduler.spawn(listen());
  return scheduler;
}
