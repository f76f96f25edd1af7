// The apps that a shell has started on its kernel: in front, in the background, stopped, ended.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Program } from "../../../kernel/syscall.ts";
import { printable } from "../../../kernel/text.ts";
import type { ExitText } from "../../control/protocol.ts";
import { UsageError } from "../../lib/usage.ts";
import { writeLines } from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";
import { isNoTask } from "../faults.ts";
import { interrupted, waitForApp } from "./front.ts";
import { exitLine, type Job, Jobs, jobText } from "./jobs.ts";
import { lastOfLog, Output } from "./output.ts";
import type { ShellOptions } from "./shell.ts";
import type { Line } from "./words.ts";

/** How long one question waits for an end, ms. */
const longestWaitMs = 60_000;

export class AppJobs {
  readonly jobs: Jobs = new Jobs();
  readonly #options: ShellOptions;

  constructor(options: ShellOptions) {
    this.#options = options;
  }

  /**
   * Starts an app, and waits for it unless it is for the background.
   * @param typed the line
   * @throws UsageError for what is no file; RpcError when the kernel refuses it
   */
  *start({ words, isBackground }: Line, typed: string): Program<number> {
    const [path = "", ...argv] = words;
    this.jobs.mustHaveRoom();
    const file = this.#fileOf(path);
    const { port } = this.#options;
    const after = isBackground ? 0 : yield* lastOfLog(port);
    const { tid } = yield* port.ask("start", { path: file, argv });
    const job = this.jobs.add(tid, typed);
    if (!isBackground) return yield* this.#front(tid, job, after);
    yield* writeLines([`[${job.number}] ${tid}`]);
    return ClientCode.done;
  }

  /** `fg`: the app that was started last, or the one that is named. */
  *bringToFront([word]: readonly string[]): Program<number> {
    const { tid, job } = word === undefined ? this.#latest() : this.jobs.find(word);
    yield* this.#continue(tid, job);
    return yield* this.#front(tid, job, yield* lastOfLog(this.#options.port));
  }

  /** `bg` */
  *goOn([word]: readonly string[]): Program<number> {
    const { tid, job } = word === undefined ? this.#latest() : this.jobs.find(word);
    yield* this.#continue(tid, job);
    if (job !== undefined) yield* writeLines([jobText(job, null)]);
    return ClientCode.done;
  }

  /** `jobs`; those that have ended are shown a last time. */
  *list(): Program<number> {
    for (const job of this.jobs.all) {
      const exit = yield* this.#exitOf(job.tid);
      yield* writeLines([jobText(job, exit)]);
      if (exit !== null) this.jobs.remove(job);
    }
    return ClientCode.done;
  }

  /**
   * `wait`: until the apps that are named have ended, or all that run in the background; shows how each did.
   * @returns the code for how the last of those named ended
   */
  *waitFor(words: readonly string[]): Program<number> {
    let code: number = ClientCode.done;
    const all = this.jobs.all.filter(({ isStopped }) => !isStopped).map((job) => ({ tid: job.tid, job }));
    for (const { tid, job } of words.length === 0 ? all : words.map((word) => this.jobs.find(word))) {
      let exit: ExitText | null = null;
      while (exit === null) exit = yield* this.#exitOf(tid, longestWaitMs);
      yield* writeLines([job === undefined ? exitLine(tid, exit) : jobText(job, exit)]);
      if (job !== undefined) this.jobs.remove(job);
      if (words.length > 0) code = exit.status === "returned" ? ClientCode.done : ClientCode.none;
    }
    return code;
  }

  /** Says which have ended. */
  *news(): Program<void> {
    for (const job of this.jobs.all) {
      const exit = yield* this.#exitOf(job.tid);
      if (exit === null) continue;
      yield* writeLines([jobText(job, exit)]);
      this.jobs.remove(job);
    }
  }

  /** A tid in place of "%1"; any other word as it is. */
  meantBy(word: string): string {
    return /^%\d+$/.test(word) ? String(this.jobs.find(word).tid) : word;
  }

  *#front(tid: number, job: Job | undefined, after: number): Program<number> {
    const { port, keys, complain } = this.#options;
    const left = yield* waitForApp(port, tid, new Output(port, tid, after), keys);
    if (left.how === "stopped") {
      const stopped = job ?? this.jobs.add(tid, `task ${tid}`);
      stopped.isStopped = true;
      yield* writeLines([jobText(stopped, null)]);
      return ClientCode.done;
    }
    if (job !== undefined) this.jobs.remove(job);
    if (left.exit.status === "returned") return ClientCode.done;
    if (left.wasInterrupted && left.exit.status === "killed") return interrupted;
    complain(`${exitLine(tid, left.exit)}\n`);
    return ClientCode.none;
  }

  *#continue(tid: number, job: Job | undefined): Program<void> {
    yield* this.#options.port.ask("signal", { tids: [tid], signal: "CONT" });
    if (job !== undefined) job.isStopped = false;
  }

  // One that is not remembered any more has ended, nobody knows how.
  *#exitOf(tid: number, waitMs = 0): Program<ExitText | null> {
    try {
      return yield* this.#options.port.ask("exit", { tid, waitMs });
    } catch (error) {
      if (isNoTask(error)) return { status: "returned", text: "" };
      throw error;
    }
  }

  #latest(): { readonly tid: number; readonly job: Job } {
    const job = this.jobs.latest();
    return { tid: job.tid, job };
  }

  // The kernel may be in another folder.
  #fileOf(path: string): string {
    const shown = printable(path, 256);
    if (!/\/|\.[mc]?[jt]s$/.test(path)) {
      throw new UsageError(`there is no command ${shown}: help lists them, and an app is a .ts or .js file`);
    }
    const file = resolve(this.#options.folder, path);
    if (!existsSync(file)) throw new UsageError(`there is no file ${shown}: give the path of an app`);
    return file;
  }
}
