// Messages that have been read and cannot be served yet: too many requests run, or the other end does not take what it
// is sent. Reading goes on behind them, so that answers to our own calls are seen, cancels, and the end of a client
// that is gone; otherwise two peers whose queues are full in both directions would wait for each other for ever. It is
// full when its messages weigh as much as one frame may; then reading stops. `Calls` has no more than that unanswered,
// so that two peers of ours never get there.

import { type Call, type Program, type Routine, routine, SyscallError, type Tid } from "../../kernel/syscall.ts";
import { NewTask, Park, WaitQueue } from "../../syscalls/index.ts";
import { codes } from "./errors.ts";
import type { Peer } from "./peer.ts";
import type { Incoming, Reply, Serving } from "./serving.ts";

/** Messages handled before other tasks get a turn. */
export const slice = 16;

/** What a message weighs, its own bytes aside: a thousand empty ones are not nothing. */
export const overheadBytes = 256;

interface Kept {
  message: Incoming;
  readonly bytes: number;
  readonly reply: Reply;
}

export class Backlog {
  readonly #peer: Peer;
  readonly #serving: Serving;
  /** In order of arrival. */
  readonly #kept = new Set<Kept>();
  readonly #left: WaitQueue;
  #bytes = 0;
  #isDraining = false;
  #drainer: Tid<void> | undefined = undefined;

  constructor(peer: Peer, serving: Serving) {
    this.#peer = peer;
    this.#serving = serving;
    this.#left = new WaitQueue("wait for", () => `messages of ${peer.connection.label} to be served`);
  }

  get isEmpty(): boolean {
    return this.#kept.size === 0;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#peer.limits.maxFrameBytes;
  }

  /** The task that serves what is kept, if there is one. */
  get drainer(): Tid<void> | undefined {
    return this.#isDraining ? this.#drainer : undefined;
  }

  /** Waits until it is not full. */
  room(): Call<void> {
    return Backlog.#room(this);
  }

  /** Keeps a message. The call that comes back, if one does, starts the task that serves what is kept. */
  add(message: Incoming, bytes: number, reply: Reply): Call<void> | undefined {
    this.#kept.add({ message, bytes, reply });
    this.#bytes += bytes + overheadBytes;
    if (this.#isDraining) return undefined;
    this.#isDraining = true;
    return Backlog.#start(this);
  }

  /** Gives up the latest request with this id: it keeps its place, and is answered there. True if there is one. */
  cancel(id: string): boolean {
    let found: Kept | undefined;
    for (const kept of this.#kept) if (kept.message.kind === "request" && kept.message.id === id) found = kept;
    if (found === undefined) return false;
    // An answer right now would need room that is not there.
    this.#peer.counters.cancelled++;
    found.message = { kind: "invalid", id, code: codes.requestCancelled };
    return true;
  }

  static readonly #room: Routine<[backlog: Backlog], void> = routine(function* room(backlog) {
    while (backlog.isFull) yield* new Park(backlog.#left);
  });

  static readonly #start: Routine<[backlog: Backlog], void> = routine(function* start(backlog) {
    try {
      backlog.#drainer = yield* new NewTask(Backlog.#drain(backlog), "rpc.backlog");
    } catch (error) {
      if (!(error instanceof SyscallError) || error.code !== "EAGAIN") throw error;
      yield* Backlog.#drain(backlog); // no task is to be had: nothing is read until all is served
    }
  });

  static readonly #drain = routine(function* drain(backlog: Backlog): Program<void> {
    const serving = backlog.#serving;
    for (let sliceLeft = slice; backlog.#kept.size > 0; sliceLeft--) {
      yield* serving.room();
      if (backlog.#peer.closed) break;
      const [first] = backlog.#kept;
      if (first === undefined) break;
      const work = serving.serve(first.message, first.reply);
      backlog.#kept.delete(first);
      backlog.#bytes -= first.bytes + overheadBytes;
      if (!backlog.isFull) backlog.#left.wake();
      if (work !== undefined) yield* work;
      if (sliceLeft > 0) continue;
      sliceLeft = slice;
      yield;
    }
    backlog.#isDraining = false;
    serving.wakeIdle();
  });
}
