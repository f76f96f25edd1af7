// The requests of one connection that are being served. A handler that answers at once is served inside the reading
// task; one that takes time (a promise, a routine) has a task of its own, so that it can be cancelled alone.

import {
  brandOf,
  type Call,
  type Program,
  type Runnable,
  routine,
  SyscallError,
  type Tid,
} from "../../kernel/syscall.ts";
import { Await, NewTask, WaitQueue } from "../../syscalls/index.ts";
import { codes, RpcError } from "./errors.ts";
import type { Payload } from "./framing.ts";
import { type Context, type Handler, type Methods, RawHandler } from "./handlers.ts";
import { errorPayload, type Message, resultPayload, type Span } from "./messages.ts";
import { type Peer, until } from "./peer.ts";

type Incoming = Message & { kind: "request" | "notification" };
type Reply = (payload: Payload | undefined) => void;

/** A request that has a task. */
class Request implements Context {
  readonly peer: Peer;
  /** The id's token; undefined for a notification. */
  readonly id: string | undefined;
  tid: Tid | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  constructor(peer: Peer, id: string | undefined) {
    this.peer = peer;
    this.id = id;
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
  readonly #peer: Peer;
  readonly #methods: Methods;
  /** In order of arrival. Never keyed by the client's id: two requests with one id get two answers. */
  readonly #running = new Set<Request>();
  readonly #freed: WaitQueue;

  constructor(peer: Peer, methods: Methods) {
    this.#peer = peer;
    this.#methods = methods;
    this.#freed = new WaitQueue("wait for", `a request of ${peer.connection.label} to be done`);
  }

  /** Another request may be served: not too many run, and the other end takes what it is sent. */
  get hasRoom(): boolean {
    return this.#running.size < this.#peer.limits.maxInFlight && this.#peer.outbox.hasRoom;
  }

  /** Waits until there is room. */
  room(): Call<void> {
    return Serving.#room(this);
  }

  static readonly #room = routine(function* room(serving: Serving): Program<void> {
    while (!serving.hasRoom && !serving.#peer.closed) {
      if (serving.#peer.outbox.hasRoom) yield* until(serving.#freed, () => serving.#hasSlot);
      else yield* serving.#peer.outbox.room();
    }
  });

  get #hasSlot(): boolean {
    return this.#running.size < this.#peer.limits.maxInFlight;
  }

  /** Tids of all that run. */
  tids(): Tid[] {
    return [...this.#running].flatMap((request) => (request.tid === undefined ? [] : [request.tid]));
  }

  /** Waits until none runs. */
  idle(): Call<void> {
    return until(this.#freed, () => this.#running.size === 0);
  }

  /** The task of the request that a `$/cancelRequest` names; the latest, should several have that id. */
  find(params: unknown): Tid | undefined {
    const id = typeof params === "object" && params !== null && "id" in params ? JSON.stringify(params.id) : undefined;
    let found: Tid | undefined;
    for (const request of this.#running) if (request.id !== undefined && request.id === id) found = request.tid;
    return found;
  }

  /** Serves a message: at once, or by the call that comes back, which starts its task. */
  serve(message: Incoming, reply: Reply): Call<void> | undefined {
    const id = message.kind === "request" ? message.id : undefined;
    const handler = this.#methods.get(message.method);
    if (handler === undefined) {
      this.#answer(reply, id, () => this.#error(id, codes.methodNotFound));
      return undefined;
    }
    const request = new Request(this.#peer, id);
    let value: unknown;
    try {
      value = invoke(handler, message.params, request);
    } catch (error) {
      this.#answer(reply, id, () => this.#failure(id, error));
      return undefined;
    }
    const work = workOf(value);
    if (work !== undefined) return Serving.#start(this, message.method, request, work, reply);
    this.#answer(reply, id, (token) => resultPayload(token, value, this.#peer.limits));
    return undefined;
  }

  static readonly #start = routine(function* start(
    serving: Serving,
    method: string,
    request: Request,
    work: Runnable<unknown>,
    reply: Reply,
  ): Program<void> {
    serving.#running.add(request);
    const name = Array.from(method).slice(0, 64).join("");
    try {
      request.tid = yield* new NewTask(Serving.#complete(serving, request, work, reply), name);
    } catch (error) {
      if (!(error instanceof SyscallError) || error.code !== "EAGAIN") throw error;
      serving.#answer(reply, request.id, () => serving.#error(request.id, codes.serverOverloaded));
    } finally {
      if (request.tid === undefined) serving.#done(request);
    }
  });

  static readonly #complete = routine(function* complete(
    serving: Serving,
    request: Request,
    work: Runnable<unknown>,
    reply: Reply,
  ): Program<void> {
    const { id } = request;
    let isOver = false;
    try {
      const value = yield* runs(work);
      isOver = true;
      serving.#answer(reply, id, (token) => resultPayload(token, value, serving.#peer.limits));
    } catch (error) {
      isOver = true;
      serving.#answer(reply, id, () => serving.#failure(id, error));
    } finally {
      if (!isOver) {
        serving.#peer.counters.cancelled++;
        request.abort();
        serving.#answer(reply, id, () => serving.#error(id, codes.requestCancelled));
      }
      serving.#done(request);
    }
  });

  #done(request: Request): void {
    this.#running.delete(request);
    this.#freed.wake(Number.POSITIVE_INFINITY);
  }

  /** A notification is never answered. */
  #answer(reply: Reply, id: string | undefined, payload: (id: string) => Payload): void {
    reply(id === undefined ? undefined : payload(id));
  }

  #error(id: string | undefined, code: number, message?: string, data?: unknown): Payload {
    this.#peer.counters.errors++;
    return errorPayload(id ?? "null", code, message, data);
  }

  // What a handler threw by accident may hold paths and secrets: only an RpcError crosses the wire.
  #failure(id: string | undefined, error: unknown): Payload {
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
  if ("then" in value && typeof value.then === "function") return new Await(value as PromiseLike<unknown>); // it has `then`
  if (Symbol.iterator in value && "next" in value && "return" in value) return value as Runnable<unknown>; // a generator
  return undefined;
}

const runs = routine(function* runs(work: Runnable<unknown>): Program<unknown> {
  return yield* work;
});
