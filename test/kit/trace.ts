// What happened in a run, in order: a hash of every event, to compare two runs by, and the latest events themselves,
// to look at when they differ. Two runs with the same seed have the same hash; no time and no text of errors is in it.

import type { Exit } from "../../kernel/exits.ts";
import type { LogRecord, Observer } from "../../kernel/observer.ts";
import type { Syscall, Wait } from "../../kernel/syscall.ts";
import type { Task } from "../../kernel/task.ts";

/** One event of a run. */
export interface RecordedEvent {
  /** Which of the observer's hooks was called. */
  readonly event: "spawn" | "trap" | "block" | "ready" | "exit" | "turn" | "log";
  readonly tid: number;
  /** spawn: the name; trap: the syscall's class; block: the verb; exit: the status; log: the level; else empty. */
  readonly detail: string;
}

/**
 * An observer that hashes all events and keeps the latest.
 *
 * ```ts
 * const recorder = new Recorder();
 * kernel.addObserver(recorder);
 * ```
 */
export class Recorder implements Observer {
  readonly #latest: RecordedEvent[] = [];
  readonly #maxEvents: number;
  #count = 0;
  // Two lanes of FNV-1a with different bases: 64 bits out of 32-bit arithmetic.
  #low = 0x811c9dc5;
  #high = 0x050c5d1f;

  /** @param maxEvents how many events are kept; older ones are in the hash only */
  constructor(maxEvents = 10_000) {
    if (!(maxEvents >= 1)) throw new RangeError(`a recorder keeps at least 1 event, not ${maxEvents}`);
    this.#maxEvents = maxEvents;
  }

  /** Of all events so far: 16 hexadecimal digits. */
  get hash(): string {
    return [this.#high, this.#low].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** How many events there were. */
  get count(): number {
    return this.#count;
  }

  /** The events that are kept, oldest first. */
  events(): RecordedEvent[] {
    const place = this.#count % this.#maxEvents;
    return [...this.#latest.slice(place), ...this.#latest.slice(0, place)];
  }

  spawn(task: Task): void {
    this.#note("spawn", task.tid, task.name);
  }

  trap(task: Task, syscall: Syscall<unknown>): void {
    this.#note("trap", task.tid, className(syscall));
  }

  block(task: Task, wait: Wait<unknown>): void {
    this.#note("block", task.tid, verbOf(wait));
  }

  ready(task: Task): void {
    this.#note("ready", task.tid, "");
  }

  exit(task: Task, exit: Exit): void {
    this.#note("exit", task.tid, exit.status);
  }

  turn(task: Task): void {
    this.#note("turn", task.tid, "");
  }

  log(record: LogRecord): void {
    this.#note("log", record.tid, record.level);
  }

  #note(event: RecordedEvent["event"], tid: number, detail: string): void {
    this.#latest[this.#count % this.#maxEvents] = { event, tid, detail };
    this.#count++;
    this.#mixText(event);
    this.#mix(tid);
    this.#mixText(detail);
  }

  #mixText(text: string): void {
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i));
    this.#mix(-1); // or "ab", "c" and "a", "bc" would be the same
  }

  #mix(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193);
    this.#high = Math.imul(this.#high ^ word, 0x01000193) ^ (this.#high >>> 15);
  }
}

// A program may yield, and a syscall may wait on, what cannot be looked at; an observer that throws is unplugged.

function className(syscall: Syscall<unknown>): string {
  try {
    return String(syscall.constructor.name);
  } catch {
    return "?";
  }
}

function verbOf(wait: Wait<unknown>): string {
  try {
    return String(wait.verb);
  } catch {
    return "?";
  }
}
