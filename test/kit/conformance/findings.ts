// What was found: of each promise whether it was kept, broken or not asked, and the words for it.

import { type PromiseName, promiseNames, promises } from "./promises.ts";

/** What was found of one promise. */
export interface Finding {
  readonly name: PromiseName;
  /** The promise, as a sentence. */
  readonly promise: string;
  readonly kept: boolean | "not asked";
  /** What was seen, where it is broken; why it was not asked; how often it was checked. */
  readonly why: string;
}

/** What is known of a syscall after it was checked. */
export interface Report {
  /** The name of its class. */
  readonly syscall: string;
  /** All promises, in order. */
  readonly promises: readonly Finding[];
  /** Those that are broken. */
  readonly broken: readonly Finding[];
}

/** A syscall does not keep all its promises. The message has each as a sentence, what was seen, and how to mend it. */
export class ConformanceError extends Error {
  // Private, so that printing the error does not print all of it again.
  readonly #report: Report;

  constructor(report: Report) {
    super(inWords(report));
    this.#report = report;
  }

  get report(): Report {
    return this.#report;
  }

  static {
    ConformanceError.prototype.name = "ConformanceError";
  }
}

function inWords({ broken, syscall }: Report): string {
  const lines = [`${syscall} breaks ${broken.length === 1 ? "a promise" : `${broken.length} promises`} of a syscall.`];
  let mended = "";
  for (const [place, { name, promise, why }] of broken.entries()) {
    const { mend } = promises[name];
    lines.push("", `${place + 1}. Promised: ${promise}.`, `   Seen: ${why}.`);
    lines.push(mend === mended ? "   To mend it: as above." : `   To mend it: ${mend}.`);
    mended = mend;
  }
  return lines.join("\n");
}

/** Gathers what the runs show. */
export class Findings {
  readonly #checks = new Map<PromiseName, number>();
  readonly #broken = new Map<PromiseName, string>();
  readonly #unasked = new Map<PromiseName, string>();
  /** What is special about the run under way. */
  setting = "";

  /** Notes a check of a promise. The first that fails is kept. @param seen what was seen, as a sentence's rest */
  note(name: PromiseName, isKept: boolean, seen: () => string): void {
    this.#checks.set(name, (this.#checks.get(name) ?? 0) + 1);
    if (!isKept && !this.#broken.has(name)) this.#broken.set(name, seen() + this.setting);
  }

  /** Notes why promises could not be asked for. */
  skip(names: readonly PromiseName[], why: string): void {
    for (const name of names) if (!this.#unasked.has(name)) this.#unasked.set(name, why);
  }

  /** True if one of these was found broken. */
  isBroken(names: readonly PromiseName[]): boolean {
    return names.some((name) => this.#broken.has(name));
  }

  report(syscall: string): Report {
    const findings = promiseNames.map((name) => this.#finding(name));
    return { syscall, promises: findings, broken: findings.filter(({ kept }) => kept === false) };
  }

  #finding(name: PromiseName): Finding {
    const promise = promises[name].text;
    const seen = this.#broken.get(name);
    if (seen !== undefined) return { name, promise, kept: false, why: seen };
    const checks = this.#checks.get(name);
    if (checks !== undefined) return { name, promise, kept: true, why: `checked ${checks} times` };
    return { name, promise, kept: "not asked", why: this.#unasked.get(name) ?? "it did not come to that" };
  }
}
