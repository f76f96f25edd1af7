// The crew of a supervisor: its children, which of them run, which are to be started again and when, and how many
// restarts there have been. No task and no syscall but the wait for the next end: what to do about it is Supervise's.

import { type Exit, type Runnable, type Syscall, SyscallError, type Tid, truncated } from "../kernel/syscall.ts";
import { exitText } from "./exit-text.ts";
import { Park, WaitQueue } from "./park.ts";
import { Select } from "./select.ts";
import { SleepUntil } from "./sleep.ts";

const shownLength = 256;

export type Strategy = "one-for-one" | "all-for-one" | "rest-for-one";
export type Restart = "permanent" | "transient" | "temporary";

export interface CrewRules {
  readonly strategy: Strategy;
  readonly restarts: number;
  readonly withinMs: number;
  readonly firstMs: number;
  readonly mostMs: number;
}

/** One child, from start to start. */
export class CrewMember {
  readonly name: string;
  readonly run: () => Runnable<unknown>;
  readonly restart: Restart;
  /** Of its latest start. */
  tid: Tid | undefined = undefined;
  isRunning = false;
  /** Its end was asked for by its supervisor. */
  isDoomed = false;
  /** When it is to be started, on the machine's clock, ms; undefined: not. */
  startAt: number | undefined = Number.NEGATIVE_INFINITY;
  backOffMs = 0;
  startedAt = 0;
  readonly #crew: Crew;

  constructor(crew: Crew, { name, run, restart }: Pick<CrewMember, "name" | "run" | "restart">) {
    this.#crew = crew;
    this.name = name;
    this.run = run;
    this.restart = restart;
  }

  /** It is about to be started. @returns who is to be told of its end */
  begin(now: number): (exit: Exit) => void {
    this.isRunning = true;
    this.isDoomed = false;
    this.startAt = undefined;
    this.startedAt = now;
    return (exit) => this.#crew.ended(this, exit);
  }

  /** Whether it is to be started again after such an end. */
  isMissed({ status }: Exit): boolean {
    return this.restart === "permanent" || (this.restart === "transient" && status !== "returned");
  }
}

export class Crew {
  readonly #members: readonly CrewMember[];
  readonly #rules: CrewRules;
  /** Ends that nobody asked for, and nobody has judged yet. */
  readonly #ends: { readonly member: CrewMember; readonly exit: Exit }[] = [];
  readonly #queue: WaitQueue;
  /** When the latest restarts were. */
  #restarts: number[] = [];

  constructor(specs: readonly Pick<CrewMember, "name" | "run" | "restart">[], rules: CrewRules) {
    this.#members = specs.map((spec) => new CrewMember(this, spec));
    this.#rules = rules;
    this.#queue = new WaitQueue(
      "supervise",
      () => truncated(this.#running.map(({ name }) => name).join(", "), shownLength),
      () => this.#running.flatMap(({ tid }) => tid ?? []),
    );
  }

  /** True while one runs or is to be started. */
  get isNeeded(): boolean {
    return this.#members.some(({ isRunning, startAt }) => isRunning || startAt !== undefined) || this.#ends.length > 0;
  }

  /** Who is to be started by now, in order. */
  dueBy(now: number): CrewMember[] {
    return this.#members.filter(({ startAt }) => startAt !== undefined && startAt <= now);
  }

  /** Waits for the next end, or the time of the next start; undefined when an end is there to be judged. */
  next(): Syscall<unknown> | undefined {
    if (this.#ends.length > 0) return undefined;
    let at = Number.POSITIVE_INFINITY;
    for (const { startAt = at } of this.#members) at = Math.min(at, startAt);
    const end = new Park(this.#queue);
    return at === Number.POSITIVE_INFINITY ? end : new Select({ end, start: new SleepUntil(at) });
  }

  /** For a member. */
  ended(member: CrewMember, exit: Exit): void {
    member.isRunning = false;
    if (member.isDoomed) return;
    this.#ends.push({ member, exit });
    this.#queue.wake();
  }

  /**
   * Decides what each end means: who is to be started again, and when.
   * @param say told of each restart
   * @returns who is to be ended before that
   * @throws ELOOP when there were too many
   */
  judge(now: number, say: (text: string) => void): Tid[] {
    const doomed: CrewMember[] = [];
    for (const { member, exit } of this.#ends.splice(0)) {
      if (!member.isMissed(exit)) continue;
      if (member.isDoomed) continue; // with a sibling that failed just before it
      this.#count(now, member, exit);
      member.backOffMs = this.#backOff(member, now);
      for (const other of this.#affected(member)) {
        if (other.restart !== "temporary" || other === member) other.startAt = now + member.backOffMs;
        if (other.isRunning && !other.isDoomed) doomed.push(other);
        other.isDoomed = true;
      }
      say(`child ${member.name} ${exitText(exit)}: started again${delayText(member.backOffMs)}`);
    }
    return doomed.flatMap(({ tid }) => tid ?? []);
  }

  get #running(): CrewMember[] {
    return this.#members.filter(({ isRunning }) => isRunning);
  }

  #affected(member: CrewMember): readonly CrewMember[] {
    switch (this.#rules.strategy) {
      case "one-for-one":
        return [member];
      case "all-for-one":
        return this.#members;
      case "rest-for-one":
        return this.#members.slice(this.#members.indexOf(member));
    }
  }

  #count(now: number, member: CrewMember, exit: Exit): void {
    const { restarts, withinMs } = this.#rules;
    this.#restarts = this.#restarts.filter((at) => now - at < withinMs);
    if (this.#restarts.length >= restarts) {
      const text = `child ${member.name} ${exitText(exit)}, and there were ${restarts} restarts in ${withinMs} ms already`;
      throw new SyscallError("ELOOP", text, exit.status === "threw" ? { cause: exit.error } : {});
    }
    this.#restarts.push(now);
  }

  #backOff({ backOffMs, startedAt }: CrewMember, now: number): number {
    const { firstMs, mostMs, withinMs } = this.#rules;
    return now - startedAt >= withinMs || backOffMs === 0 ? firstMs : Math.min(mostMs, 2 * backOffMs);
  }
}

function delayText(ms: number): string {
  return ms === 0 ? "" : ` in ${ms} ms`;
}
