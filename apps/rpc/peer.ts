// One end of a JSON-RPC connection, server and client alike: it serves the other's requests and makes its own. One
// task reads, one writes, and requests that take time have a task each; the outbox joins them. Back-pressure: while
// the outbox is full or as many requests as allowed are being served, what is read waits in the backlog; when that is
// full too, nothing is read, so TCP holds the other end back. Responses to our own calls never wait for that room.

import type { Connection } from "../../kernel/machine/machine.ts";
import { type Call, Cancelled, type Program, routine, type Tid } from "../../kernel/syscall.ts";
import { Adopt, GetTime, KillTask, KillTasks, NewTask, ReadWait, Timeout, WaitTask } from "../../syscalls/index.ts";
import { linger } from "../lib/sockets.ts";
import { slice } from "./backlog.ts";
import { BatchReply } from "./batch.ts";
import { Calls } from "./calls.ts";
import { RpcCounters } from "./counters.ts";
import { codes } from "./errors.ts";
import { Decoder, encodeFrame, type Frame, type Framing, type Payload } from "./framing.ts";
import { cancelMethod, type Methods } from "./handlers.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { type Message, type Mode, readMessage, readScanned } from "./messages.ts";
import { isPeerGone, Outbox } from "./outbox.ts";
import { Scanner } from "./scan.ts";
import { type Incoming, type Reply, Serving } from "./serving.ts";

export interface PeerOptions {
  /** What to serve. Default: nothing, every request is "Method not found". */
  readonly methods?: Methods;
  /** All of them, as `resolveLimits` gives. Default: `defaultLimits`. */
  readonly limits?: Limits;
  readonly mode?: Mode;
  /** How to talk: for the end that speaks first. Default: as the other end does; "lines" if we must speak before. */
  readonly framing?: Framing;
  readonly counters?: RpcCounters;
}

const chunkBytes = 65_536;
/** How long the other end has to take the answer to what it must not say, and to close, ms. */
const lingerMs = 1_000;

export class Peer {
  readonly connection: Connection;
  readonly limits: Limits;
  readonly counters: RpcCounters;
  readonly outbox: Outbox;
  readonly mode: Mode;
  readonly #calls: Calls;
  readonly #serving: Serving;
  readonly #scanner = new Scanner();
  /** Elements of a batch are read while the scanner may still be in the middle of the next text. */
  #elementScanner: Scanner | undefined = undefined;
  readonly #decoder: Decoder;
  #writer: Tid<void> | undefined = undefined;
  #sliceLeft = slice;
  #hasSpoken = false;
  #isLost = false;
  /** What comes next cannot be understood: the other end may be in the middle of it. */
  #isRefusing = false;

  constructor(connection: Connection, options: PeerOptions = {}) {
    this.connection = connection;
    this.limits = options.limits ?? defaultLimits;
    this.counters = options.counters ?? new RpcCounters();
    this.mode = options.mode ?? "strict";
    this.outbox = new Outbox(connection);
    this.#decoder = new Decoder(this.limits, this.#scanner, options.framing);
    this.#calls = new Calls(this);
    this.#serving = new Serving(this, options.methods ?? new Map());
  }

  /** True once it can be spoken to no more. */
  get closed(): boolean {
    return this.outbox.ended;
  }

  /**
   * Calls a method of the other end and gives its result. Giving up (a Timeout around it, a kill) tells the other end.
   * @param params an Array, an object, or undefined
   * @throws RpcError when it answers with an error; EPIPE when the connection ends before it has answered
   */
  call(method: string, params?: unknown): Call<unknown> {
    return this.#calls.call(method, params);
  }

  /** Sends a notification, which is never answered. @throws EPIPE when the connection is over */
  notify(method: string, params?: unknown): Call<void> {
    return this.#calls.notify(method, params);
  }

  /**
   * Several calls in one message. Gives an outcome for each, in order: `{result}` or `{error}`.
   * @throws EPIPE as `call`; RangeError for an empty batch or one over the limit
   */
  batch(calls: readonly { method: string; params?: unknown }[]): Call<({ result: unknown } | { error: Error })[]> {
    return this.#calls.batch(calls);
  }

  /**
   * Reads and serves until the other end is done, answers what is left, and closes the connection, whose owner the
   * calling task becomes: within `stalledWriteMs`, as an end that has gone cannot be told from one that still reads.
   * Cancelled, it reads no more, finishes what runs within `drainMs`, and then ends.
   * @throws nothing that is the other end's doing: that is counted
   */
  run(): Call<void> {
    return Peer.#run(this);
  }

  /** Queues a message as a frame of its own. */
  send(payload: Payload): void {
    this.#hasSpoken = true;
    this.outbox.add(encodeFrame(this.#decoder.framing ?? "lines", payload));
  }

  /** Closes at once: pending calls fail, queued answers are dropped. */
  close(): void {
    this.outbox.end();
    this.#calls.failAll();
    this.connection.close();
  }

  static readonly #run = routine(function* run(peer: Peer): Program<void> {
    try {
      yield* new Adopt(peer.connection);
      peer.counters.connections++;
      peer.#writer = yield* new NewTask(Peer.#write(peer), "rpc.writer");
      yield* Peer.#readAndDrain(peer, peer.#writer);
    } catch (error) {
      peer.#noteLoss(error);
    } finally {
      peer.close();
      peer.#serving.giveUpUnbegun();
      yield* new KillTasks(peer.#serving.tids(), "the connection is over");
      if (peer.#writer !== undefined) yield* new KillTask(peer.#writer, "the connection is over");
    }
  });

  // The other end may only have closed its half: what it asked is still answered.
  static readonly #readAndDrain = routine(function* readAndDrain(peer: Peer, writer: Tid<void>): Program<void> {
    try {
      yield* Peer.#read(peer);
      yield* new Timeout(peer.limits.stalledWriteMs, Peer.#finish(peer, writer));
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      peer.#serving.giveUpUnbegun();
      yield* new Timeout(peer.limits.drainMs, Peer.#finish(peer, writer));
      yield* linger(peer.connection, 0);
      throw error;
    }
    if (peer.#isRefusing) yield* linger(peer.connection, lingerMs);
  });

  static readonly #finish = routine(function* finish(peer: Peer, writer: Tid<void>): Program<void> {
    peer.#calls.failAll();
    yield* peer.#serving.idle();
    peer.outbox.end();
    const exit = yield* new WaitTask(writer); // that it was ended from outside is no fault of its own
    if (exit.status === "threw") throw exit.error;
    peer.connection.shutdown();
  });

  // A peer that is gone or does not read ends the connection; its reader finds it closed.
  static readonly #write = routine(function* write(peer: Peer): Program<void> {
    try {
      yield* peer.outbox.write(peer.limits.stalledWriteMs);
    } catch (error) {
      peer.#noteLoss(error);
      peer.close();
    }
  });

  /** Counts how the connection was lost: once, whichever tasks find it out. EBADF: one of ours has closed it. */
  #noteLoss(error: unknown): void {
    if (!isPeerGone(error)) throw error;
    if (this.#isLost || error.code === "EBADF") return;
    this.#isLost = true;
    if (error.code === "ETIMEDOUT") this.counters.timedOut++;
    else this.counters.reset++;
  }

  static readonly #read = routine(function* read(peer: Peer): Program<void> {
    const { connection, limits } = peer;
    const decoder = peer.#decoder;
    let waitMs = decoder.framing === undefined ? limits.firstByteMs : Number.POSITIVE_INFINITY;
    let partialUntil = 0;
    for (;;) {
      let bytes = connection.read(chunkBytes);
      while (bytes === null) {
        // Who is spoken to first may take its time.
        const isUntimed = waitMs === Number.POSITIVE_INFINITY || (decoder.framing === undefined && peer.#hasSpoken);
        if (isUntimed) yield* new ReadWait(connection);
        else yield* new Timeout(waitMs, new ReadWait(connection));
        bytes = connection.read(chunkBytes);
      }
      if (bytes.length === 0) break;
      decoder.push(bytes);
      for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
        partialUntil = 0;
        const work = peer.#frame(frame);
        if (work !== undefined) yield* work;
        peer.#isRefusing = frame.kind === "refused" && frame.fatal;
        if (frame.kind === "foreign" || peer.#isRefusing) return;
        if (peer.#serving.backlog.isFull) yield* Peer.#holdBack(peer);
        if (--peer.#sliceLeft <= 0) {
          peer.#sliceLeft = slice;
          yield; // others run in between, however many requests one packet holds
        }
      }
      waitMs = Number.POSITIVE_INFINITY;
      if (!decoder.partial) {
        partialUntil = 0;
        continue;
      }
      const now = yield* new GetTime();
      if (partialUntil === 0) partialUntil = now + limits.partialFrameMs;
      waitMs = Math.max(0, partialUntil - now);
    }
    const last = decoder.end();
    const work = last === undefined ? undefined : peer.#frame(last);
    if (work !== undefined) yield* work;
  });

  // Nothing can be seen of the other end meanwhile: who takes nothing for so long is not there any more.
  static readonly #holdBack = routine(function* holdBack(peer: Peer): Program<void> {
    const { backlog } = peer.#serving;
    while (backlog.isFull) {
      const { bytesWritten } = peer.connection;
      try {
        yield* new Timeout(peer.limits.stalledWriteMs, backlog.room());
      } catch (error) {
        if (!isPeerGone(error) || peer.connection.bytesWritten === bytesWritten) throw error;
      }
    }
  });

  /** Serves what can be served at once; the call that comes back does the rest and must be run. */
  #frame(frame: Frame): Call<void> | undefined {
    if (frame.kind === "foreign") {
      this.counters.refused++;
      return undefined;
    }
    if (frame.kind === "refused") {
      return this.#message({ kind: "invalid", id: "null", code: frame.code }, 0, this.#sendReply);
    }
    const { bytes, start, end, scanned } = frame;
    const message = scanned
      ? readScanned(this.#scanner, bytes, start, this.limits, this.mode)
      : readMessage(this.#scanner, bytes, start, end, this.limits, this.mode);
    if (message.kind === "batch") return Peer.#batch(this, message);
    return this.#message(message, end - start, this.#sendReply);
  }

  readonly #sendReply: Reply = (payload) => {
    if (payload !== undefined) this.send(payload);
  };

  #message(message: Exclude<Message, { kind: "batch" }>, bytes: number, reply: Reply): Call<void> | undefined {
    switch (message.kind) {
      case "response":
        if (!this.#calls.settle(message.id, message.result, message.error)) this.counters.strayResponses++;
        reply(undefined);
        return undefined;
      case "request":
        this.counters.requests++;
        break;
      case "notification":
        this.counters.notifications++;
        if (message.method !== cancelMethod) break;
        reply(undefined);
        return this.#serving.cancel(message.params);
      case "invalid":
        this.counters.refused++;
        break;
    }
    return this.#serving.take(message, bytes, reply);
  }

  // Each element is read and served when its turn comes. A batch that has been begun is not left half done by a cancel.
  static readonly #batch = routine(function* batch(peer: Peer, message: Message & { kind: "batch" }): Program<void> {
    peer.counters.batches++;
    const answer = new BatchReply(peer, message.elements.length);
    peer.#elementScanner ??= new Scanner();
    let cancelled: Cancelled | undefined;
    for (const [place, element] of message.elements.entries()) {
      const read = element.read(peer.#elementScanner, peer.limits, peer.mode);
      const inner: Incoming | (Message & { kind: "response" }) =
        read.kind === "batch" ? { kind: "invalid", id: "null", code: codes.invalidRequest } : read;
      const work = peer.#message(inner, element.length, (payload) => answer.settle(place, payload));
      try {
        if (work !== undefined) yield* work;
        if (--peer.#sliceLeft > 0) continue;
        peer.#sliceLeft = slice;
        yield;
      } catch (error) {
        if (!(error instanceof Cancelled)) throw error;
        cancelled = error;
        peer.#serving.giveUpUnbegun();
      }
    }
    if (cancelled !== undefined) throw cancelled;
  });
}
