// What is asked of one syscall, and what the first runs have shown of it.

import { brandOf, type Syscall } from "../../../kernel/syscall.ts";
import { shown } from "../../../kernel/text.ts";
import { Findings } from "./findings.ts";
import type { CheckOptions, Make } from "./options.ts";

/** What has been seen so far, on which the later questions depend. */
export interface Facts {
  /** It waits until it is answered. */
  waits: boolean;
  /** Why it was not brought to wait. */
  why: string;
  /** A second is refused, or answered, while one waits. */
  isExclusive: boolean;
  /** Of three that wait, how many one answer serves. */
  served: number;
}

/** The options say what cannot be, or the opposite of what is seen: the check itself is at fault, and not the syscall. */
export class Mistake extends TypeError {}

export class Check {
  readonly make: Make<unknown, unknown>;
  readonly options: CheckOptions<unknown>;
  readonly findings: Findings = new Findings();
  readonly facts: Facts = { waits: false, why: "it was not brought to wait", isExclusive: false, served: 0 };
  /** The name of its class. */
  syscall = "the syscall";
  mistake: Mistake | undefined = undefined;
  readonly #made = new WeakSet<object>();

  constructor(make: Make<unknown, unknown>, options: CheckOptions<unknown>) {
    this.make = make;
    this.options = options;
  }

  /** What the option has made. @throws Mistake when that is no syscall, or the one of another time */
  made(made: unknown, which: "make" | "refused"): Syscall<unknown> {
    if (brandOf(made) !== "syscall")
      throw this.wrong(`${which} must return a syscall, not ${shown(made)}: calls are tested by run`);
    const syscall = made as Syscall<unknown>; // its brand says so
    const isUsed = syscall["yieldix.exchange"] !== undefined; // in a check before this one
    if (isUsed || this.#made.has(syscall))
      throw this.wrong(`${which} must return a new syscall each time: a request is used once`);
    this.#made.add(syscall);
    return syscall;
  }

  /** Notes a mistake of whoever checks. */
  wrong(what: string): Mistake {
    this.mistake ??= new Mistake(`checkSyscall: ${what}`);
    return this.mistake;
  }
}
