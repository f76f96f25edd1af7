// The requests of one connection that are being served. A handler that answers at once is served inside the task that
// has the message; one that takes time (a promise, a routine) has a task of its own, so that it can be cancelled alone.

import {
  brandOf,
  type Call,
  type Program,
  type Runnable,
  routine,
  SyscallError,
  type Tid,
} from "../../kernel/syscall.ts";
import { Await, GetTid, KillTask, NewTask, WaitQueue } from "../../syscalls/index.ts";
import { until } from "../lib/until.ts";
import { Backlog } from "./backlog.ts";
import { codes, RpcError } from "./errors.ts";
import { type Payload, payloadBytes } from "./framing.ts";
import { type Context, type Handler, type Methods, RawHandler } from "./handlers.ts";
import { errorPayload, isResult, type Message, resultPayload, type Span } from "./messages.ts";
import type { Peer } from "./peer.ts";
import { ID, Scanner } from "./scan.ts";
import { utf8 } from "./utf8.ts";

/** What may be answered. */
export type Incoming = Message & { kind: "request" | "notification" | "invalid" };
export type Reply = (payload: Payload | undefined) => void;

/** A request, or a notification, that a handler serves. */
class Request implements Context {
  readonly peer: Peer;
  /** The id's token; undefined for a notification. */
  readonly id: string | undefined;
  readonly reply: Reply;
  /** The task that serves it; undefined before it has had a turn. */
  tid: Tid | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  constructor(peer: Peer, id: string | undefined, reply: Reply) {
    this.peer = peer;
    this.id = id;
    this.reply = reply;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  abort(): void {
    this.#controller?.abort();
  }
}

export class Serving {
  readonly backlog: Backlog;
  readonly #peer: Peer;
  readonly #methods: Methods;
  /** In order of arrival. Never keyed by the client's id: two requests with one id get two answers. */
  readonly #running = new Set<Request>();
  readonly #freed: WaitQueue;

  constructor(peer: Peer, methods: Methods) {
    this.#peer = peer;
    this.#methods = methods;
    this.#freed = new WaitQueue("wait for", () => `a request of ${peer.connection.label} to be done`);
    this.backlog = new Backlog(peer, this);
  }

  get #hasSlot(): boolean {
    return this.#running.size < this.#peer.limits.maxInFlight;
  }

  /** Waits until one more message may be served: not too many run, and the other end takes what it is sent. */
  room(): Call<void> {
    return Serving.#room(this);
  }

  static readonly #room = routine(function* room(serving: Serving): Program<void> {
    const { outbox } = serving.#peer;
    while (!(serving.#hasSlot && outbox.hasRoom) && !serving.#peer.closed) {
      if (outbox.hasRoom) yield* until(serving.#freed, () => serving.#hasSlot);
      else yield* outbox.room();
    }
  });

  /** Waits until none runs and none is kept. */
  idle(): Call<void> {
    return until(this.#freed, () => this.#running.size === 0 && this.backlog.isEmpty);
  }

  /** To be called when the backlog has become empty. */
  wakeIdle(): void {
    this.#freed.wake(Number.POSITIVE_INFINITY);
  }

  /**
   * Serves a message, or keeps it until there is room: in order of arrival. What comes back must be run.
   * @param bytes what it takes to keep it
   */
  take(message: Incoming, bytes: number, reply: Reply): Call<void> | undefined {
    const isNext = this.backlog.isEmpty && this.#hasSlot && this.#peer.outbox.hasRoom;
    return isNext ? this.serve(message, reply) : this.backlog.add(message, bytes, reply);
  }

  /** Serves a message: at once, or by the call that comes back, which starts its task and must be run. */
  serve(message: Incoming, reply: Reply): Call<void> | undefined {
    if (message.kind === "invalid") {
      reply(this.#error(message.id, message.code));
      return undefined;
    }
    const request = new Request(this.#peer, message.kind === "request" ? message.id : undefined, reply);
    const handler = this.#methods.get(message.method);
    if (handler === undefined) {
      this.#answer(request, (id) => this.#error(id, codes.methodNotFound));
      return undefined;
    }
    let value: unknown;
    let work: Runnable<unknown> | undefined;
    try {
      value = invoke(handler, message.params, request);
      work = workOf(value);
    } catch (error) {
      this.#answer(request, (id) => this.#failure(id, error));
      return undefined;
    }
    if (work === undefined) {
      this.#answer(request, (id) => this.#result(id, value));
      return undefined;
    }
    this.#running.add(request);
    return Serving.#start(this, message.method, request, work);
  }

  /** Ends the request that a `$/cancelRequest` names; the latest, should several have that id. */
  cancel(params: Span | undefined): Call<void> | undefined {
    const id = params === undefined ? undefined : idOf(params.copy(), this.#peer.limits.maxDepth);
    if (id === undefined || this.backlog.cancel(id)) return undefined;
    let found: Request | undefined;
    for (const request of this.#running) if (request.id === id) found = request;
    if (found === undefined) return undefined;
    if (found.tid !== undefined) return Serving.#kill(found.tid);
    this.#giveUp(found);
    return undefined;
  }

  /** Ends the requests that nobody has begun to serve, because who was to do it has been stopped. */
  giveUpUnbegun(): void {
    for (const request of this.#running) if (request.tid === undefined) this.#giveUp(request);
  }

  /** Tids of all tasks that serve. */
  tids(): Tid[] {
    const { drainer } = this.backlog;
    const tids: Tid[] = drainer === undefined ? [] : [drainer];
    for (const { tid } of this.#running) if (tid !== undefined) tids.push(tid);
    return tids;
  }

  static readonly #kill = routine(function* kill(tid: Tid): Program<void> {
    yield* new KillTask(tid, "cancelled by its client");
  });

  static readonly #start = routine(function* start(
    serving: Serving,
    method: string,
    request: Request,
    work: Runnable<unknown>,
  ): Program<void> {
    const name = Array.from(method).slice(0, 64).join("");
    try {
      yield* new NewTask(Serving.#complete(serving, request, work), name);
    } catch (error) {
      if (!(error instanceof SyscallError) || error.code !== "EAGAIN") throw error;
      request.abort();
      serving.#answer(request, (id) => serving.#error(id, codes.serverOverloaded));
      serving.#done(request);
    }
  });

  // It may have been given up before its first turn, when nothing of it runs yet that could tell.
  static readonly #complete = routine(function* complete(
    serving: Serving,
    request: Request,
    work: Runnable<unknown>,
  ): Program<void> {
    const tid = yield* new GetTid();
    if (!serving.#running.has(request)) return;
    request.tid = tid;
    let isOver = false;
    try {
      const value = yield* runs(work);
      isOver = true;
      serving.#answer(request, (id) => serving.#result(id, value));
    } catch (error) {
      isOver = true;
      serving.#answer(request, (id) => serving.#failure(id, error));
    } finally {
      if (isOver) serving.#done(request);
      else serving.#giveUp(request);
    }
  });

  #giveUp(request: Request): void {
    this.#peer.counters.cancelled++;
    request.abort();
    this.#answer(request, (id) => this.#error(id, codes.requestCancelled));
    this.#done(request);
  }

  #done(request: Request): void {
    this.#running.delete(request);
    this.#freed.wake(Number.POSITIVE_INFINITY);
  }

  /** A notification is never answered. */
  #answer(request: Request, payload: (id: string) => Payload): void {
    request.reply(request.id === undefined ? undefined : payload(request.id));
  }

  #result(id: string, value: unknown): Payload {
    const payload = resultPayload(id, value, this.#peer.limits);
    if (!isResult(payload)) this.#peer.counters.errors++;
    return payload;
  }

  #error(id: string, code: number, message?: string, data?: unknown): Payload {
    this.#peer.counters.errors++;
    const payload = errorPayload(id, code, message, data);
    const isTooLong = data !== undefined && payloadBytes(payload) > this.#peer.limits.maxFrameBytes;
    return isTooLong ? errorPayload(id, code, message) : payload;
  }

  // What a handler threw by accident may hold paths and secrets: only an RpcError crosses the wire.
  #failure(id: string, error: unknown): Payload {
    if (error instanceof RpcError) return this.#error(id, error.code, error.message, error.data);
    return this.#error(id, codes.internalError);
  }
}

function invoke(handler: Handler | RawHandler, params: Span | undefined, context: Context): unknown {
  return handler instanceof RawHandler ? handler.handle(params?.copy(), context) : handler(params?.parse(), context);
}

/** What is to be run for a handler's value; undefined when the value is the result. */
function workOf(value: unknown): Runnable<unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (brandOf(value) !== undefined) return value as Runnable<unknown>; // the brand says so
  // Promise.resolve: `then` of a thenable may start its work, and is called once.
  if ("then" in value && typeof value.then === "function") return new Await(Promise.resolve(value));
  if (Symbol.iterator in value && "next" in value && "return" in value) return value as Runnable<unknown>; // a generator
  return undefined;
}

/** The token of the member `id`, as it stands there: 9007199254740993 and 1e2 are to be found by their own text. */
function idOf(params: Uint8Array, maxDepth: number): string | undefined {
  const scanner = new Scanner();
  scanner.whole(params, 0, params.length, maxDepth, 0);
  return scanner.start(ID) === 0 ? undefined : utf8(params, scanner.start(ID), scanner.end(ID));
}

const runs = routine(function* runs(work: Runnable<unknown>): Program<unknown> {
  return yield* work;
});
