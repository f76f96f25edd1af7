// The apps that were started from this shell, each under a number of its own, as in any shell: "%1". They are the kernel's,
// and go on when the shell ends.

import { printable } from "../../../kernel/text.ts";
import type { ExitText } from "../../control/protocol.ts";
import { UsageError } from "../../lib/usage.ts";
import { tidOf } from "../tids.ts";

export interface Job {
  /** From 1. */
  readonly number: number;
  readonly tid: number;
  /** As it was typed. */
  readonly line: string;
  isStopped: boolean;
}

/** Jobs that are remembered. */
const maxJobs = 1_000;

export class Jobs {
  readonly #jobs = new Map<number, Job>();

  /** @throws UsageError when there are too many */
  mustHaveRoom(): void {
    if (this.#jobs.size >= maxJobs)
      throw new UsageError(`${maxJobs} apps run from this shell: end some (jobs, kill %1)`);
  }

  /** Gives a task the smallest number that is free. */
  add(tid: number, line: string): Job {
    let number = 1;
    while (this.#jobs.has(number)) number++;
    const job: Job = { number, tid, line, isStopped: false };
    this.#jobs.set(number, job);
    return job;
  }

  remove({ number }: Job): void {
    this.#jobs.delete(number);
  }

  /** By number. */
  get all(): readonly Job[] {
    return [...this.#jobs.values()].sort((one, other) => one.number - other.number);
  }

  /** The job that a word means, "%1" or its tid; undefined for a tid that is no job's. @throws UsageError */
  find(word: string): { readonly tid: number; readonly job: Job | undefined } {
    const [, digits] = /^%(\d{1,4})$/.exec(word) ?? [];
    if (digits === undefined) {
      const tid = tidOf(word);
      return { tid, job: this.all.find((job) => job.tid === tid) };
    }
    const job = this.#jobs.get(Number(digits));
    if (job === undefined) throw new UsageError(`there is no job ${word}: jobs lists them`);
    return { tid: job.tid, job };
  }

  /** The one that was started last. @throws UsageError where there is none */
  latest(): Job {
    const latest = [...this.#jobs.values()].at(-1);
    if (latest === undefined) throw new UsageError("there are no jobs: an app with & at the end of its line is one");
    return latest;
  }
}

/** "[1] 12 running   echo.ts --port 1" */
export function jobText({ number, tid, line, isStopped }: Job, exit: ExitText | null): string {
  const state = exit === null ? (isStopped ? "stopped" : "running") : exitWords(exit);
  return printable(`[${number}] ${tid} ${state.padEnd(8)}  ${line}`, Number.POSITIVE_INFINITY);
}

/** "task 12: threw Error: …" */
export function exitLine(tid: number, exit: ExitText): string {
  return printable(`task ${tid}: ${exitWords(exit)}`, Number.POSITIVE_INFINITY);
}

/** "returned", "threw Error: …", "killed by 3: enough" */
function exitWords({ status, text }: ExitText): string {
  return text === "" ? status : `${status} ${text}`;
}
