// One end of a JSON-RPC connection, server and client alike: it serves the other's requests and makes its own. One
// task reads, one writes, and requests that take time have a task each; the outbox joins them. Back-pressure: while
// the outbox is full or as many requests as allowed are being served, no request is read, so TCP holds the other end
// back. Responses to our own calls do not wait for that room: they are settled as they are read.

import type { Connection } from "../../kernel/machine/machine.ts";
import { type Call, Cancelled, type Program, routine, type SyscallError, type Tid } from "../../kernel/syscall.ts";
import {
  Adopt,
  GetTime,
  Join,
  KillTask,
  KillTasks,
  NewTask,
  Park,
  ReadWait,
  Timeout,
  type WaitQueue,
} from "../../syscalls/index.ts";
import { Calls } from "./calls.ts";
import { RpcCounters } from "./counters.ts";
import { codes } from "./errors.ts";
import { Decoder, encodeFrame, type Frame, type Framing, type Payload } from "./framing.ts";
import { cancelMethod, type Methods } from "./handlers.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { batchPayload, errorPayload, type Message, type Mode, readMessage, readScanned } from "./messages.ts";
import { isPeerGone, Outbox } from "./outbox.ts";
import { Scanner } from "./scan.ts";
import { Serving } from "./serving.ts";

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
/** Messages served before other tasks get a turn. */
const slice = 16;

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
  readonly #elementScanner = new Scanner();
  readonly #decoder: Decoder;
  #writer: Tid<void> | undefined = undefined;
  #sliceLeft = slice;
  #hasSpoken = false;

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
   * calling task becomes. Cancelled, it reads no more, finishes what runs within `drainMs`, and then ends.
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
      if (!isPeerGone(error)) throw error;
      if ((error as SyscallError).code === "ETIMEDOUT")
        peer.counters.timedOut++; // only SyscallErrors are of these
      else peer.counters.reset++;
    } finally {
      peer.close();
      yield* new KillTasks(peer.#serving.tids(), "the connection is over");
      if (peer.#writer !== undefined) yield* new KillTask(peer.#writer, "the connection is over");
    }
  });

  static readonly #readAndDrain = routine(function* readAndDrain(peer: Peer, writer: Tid<void>): Program<void> {
    let answerMs = peer.limits.stalledWriteMs;
    let cancelled: Cancelled | undefined;
    try {
      yield* Peer.#read(peer);
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      cancelled = error;
      answerMs = peer.limits.drainMs;
    }
    peer.#calls.failAll();
    // The other end may only have closed its half: what it asked is still answered.
    yield* new Timeout(answerMs, Peer.#finish(peer, writer));
    if (cancelled !== undefined) throw cancelled;
  });

  static readonly #finish = routine(function* finish(peer: Peer, writer: Tid<void>): Program<void> {
    yield* peer.#serving.idle();
    peer.outbox.end();
    yield* new Join(writer);
    peer.connection.shutdown();
  });

  // A peer that is gone or does not read ends the connection; its reader finds it closed.
  static readonly #write = routine(function* write(peer: Peer): Program<void> {
    try {
      yield* peer.outbox.write(peer.limits.stalledWriteMs);
    } catch (error) {
      if (!isPeerGone(error)) throw error;
      if ((error as SyscallError).code === "ETIMEDOUT") peer.counters.timedOut++; // only SyscallErrors are of these
      peer.close();
    }
  });

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
        if (work === "stop") return;
        if (work !== undefined) yield* work;
        if (--peer.#sliceLeft <= 0) {
          peer.#sliceLeft = slice;
          yield; // others run in between, however many requests one packet holds
        }
      }
      waitMs = Number.POSITIVE_INFINITY;
      if (decoder.partial) {
        const now = yield* new GetTime();
        if (partialUntil === 0) partialUntil = now + limits.partialFrameMs;
        waitMs = Math.max(0, partialUntil - now);
      }
    }
    const last = decoder.end();
    const work = last === undefined ? undefined : peer.#frame(last);
    if (work !== undefined && work !== "stop") yield* work;
  });

  /** Serves what can be served at once; what has to wait for room or for a task comes back as a call. */
  #frame(frame: Frame): Call<void> | "stop" | undefined {
    if (frame.kind === "foreign") {
      this.counters.refused++;
      return "stop";
    }
    if (frame.kind === "refused") {
      this.#refuse("null", frame.code, this.#sendReply);
      return frame.fatal ? "stop" : undefined;
    }
    const { bytes, start, end, scanned } = frame;
    const message = scanned
      ? readScanned(this.#scanner, bytes, start, this.limits, this.mode)
      : readMessage(this.#scanner, bytes, start, end, this.limits, this.mode);
    return message.kind === "batch" ? Peer.#batch(this, message) : this.#message(message, this.#sendReply);
  }

  readonly #sendReply = (payload: Payload | undefined): void => {
    if (payload !== undefined) this.send(payload);
  };

  #refuse(id: string, code: number, reply: (payload: Payload | undefined) => void): void {
    this.counters.refused++;
    this.counters.errors++;
    reply(errorPayload(id, code));
  }

  #message(message: Message, reply: (payload: Payload | undefined) => void): Call<void> | undefined {
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
        if (message.method === cancelMethod) {
          reply(undefined);
          return this.#cancel(message.params?.parse());
        }
        break;
      default:
        this.#refuse(
          message.kind === "invalid" ? message.id : "null",
          message.kind === "invalid" ? message.code : codes.invalidRequest,
          reply,
        );
        return undefined;
    }
    return this.#serving.hasRoom ? this.#serving.serve(message, reply) : Peer.#whenRoom(this, message, reply);
  }

  static readonly #whenRoom = routine(function* whenRoom(
    peer: Peer,
    message: Message & { kind: "request" | "notification" },
    reply: (payload: Payload | undefined) => void,
  ): Program<void> {
    yield* peer.#serving.room();
    const work = peer.#serving.serve(message, reply);
    if (work !== undefined) yield* work;
  });

  // Each element is read and served when its turn comes; the answers are kept until all are there.
  static readonly #batch = routine(function* batch(peer: Peer, message: Message & { kind: "batch" }): Program<void> {
    peer.counters.batches++;
    const answers: (Payload | undefined)[] = [];
    let left = message.elements.length;
    for (const [place, element] of message.elements.entries()) {
      const reply = (payload: Payload | undefined): void => {
        answers[place] = payload;
        if (--left > 0) return;
        const payloads = answers.filter((answer) => answer !== undefined);
        if (payloads.length > 0) peer.send(batchPayload(payloads));
      };
      const read = element.read(peer.#elementScanner, peer.limits, peer.mode);
      const work = peer.#message(read, reply);
      if (work !== undefined) yield* work;
      if (--peer.#sliceLeft <= 0) {
        peer.#sliceLeft = slice;
        yield;
      }
    }
  });

  #cancel(params: unknown): Call<void> | undefined {
    const tid = this.#serving.find(params);
    return tid === undefined ? undefined : Peer.#kill(tid);
  }

  static readonly #kill = routine(function* kill(tid: Tid): Program<void> {
    yield* new KillTask(tid, "cancelled by its client");
  });
}

/** Waits in a queue until a condition holds. */
export const until = routine(function* until(queue: WaitQueue, holds: () => boolean): Program<void> {
  while (!holds()) yield* new Park(queue);
});
