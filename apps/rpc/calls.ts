// Our own calls to the other end of a connection, until they are answered. A call is a syscall made here, in user
// space: it sends, waits with a name, and when it is given up tells the other end, which may then stop working on it.
// Of what is not answered yet there is no more than the other end keeps while it cannot serve it (see backlog.ts).

import {
  type Answer,
  type Call,
  type Kernel,
  type Program,
  routine,
  Syscall,
  SyscallError,
  type Task,
  type Wait,
  type Waiter,
} from "../../kernel/syscall.ts";
import { WaitQueue } from "../../syscalls/index.ts";
import { until } from "../lib/until.ts";
import { overheadBytes } from "./backlog.ts";
import { rpcErrorFrom } from "./errors.ts";
import { cancelMethod } from "./handlers.ts";
import { batchPayload, requestPayload, type Span } from "./messages.ts";
import { type Payload, payloadBytes } from "./payload.ts";
import type { Peer } from "./peer.ts";

/** How a call ended. */
export type Outcome = { result: unknown } | { error: Error };

interface CallRequest {
  readonly method: string;
  readonly params?: unknown;
}

export class Calls {
  readonly peer: Peer;
  readonly pending: Map<string, CallPeer> = new Map();
  /** Who waits here is the first in line. */
  readonly freed: WaitQueue;
  readonly #line: WaitQueue;
  /** The exchange that is the first in line. */
  #first: CallPeer | undefined = undefined;
  /** What is not answered yet weighs this much. */
  #weight = 0;
  #nextId = 1;
  #isOver = false;

  constructor(peer: Peer) {
    this.peer = peer;
    this.freed = new WaitQueue("wait for", () => `an answer of ${peer.connection.label}`);
    this.#line = new WaitQueue("wait for", () => `its turn to call ${peer.connection.label}`);
  }

  call(method: string, params: unknown): Call<unknown> {
    return Calls.#call(this, method, params);
  }

  notify(method: string, params: unknown): Call<void> {
    return Calls.#notify(this, method, params);
  }

  batch(calls: readonly CallRequest[]): Call<Outcome[]> {
    return Calls.#batch(this, calls);
  }

  /** A response came. False if no call of ours waits for it. */
  settle(id: string, result: Span | undefined, error: Span | undefined): boolean {
    const exchange = this.pending.get(id);
    if (exchange === undefined || (result === undefined) === (error === undefined)) return false;
    this.forget(id, exchange);
    exchange.settle(id, error === undefined ? { result: result?.parse() } : { error: rpcErrorFrom(error.parse()) });
    return true;
  }

  /** Nothing is read any more: every call fails, now and from here on. */
  failAll(): void {
    this.#isOver = true;
    const exchanges = new Set(this.pending.values());
    this.pending.clear();
    for (const exchange of exchanges) exchange.fail(this.#over());
    this.freed.wake(Number.POSITIVE_INFINITY);
  }

  newId(): string {
    return String(this.#nextId++);
  }

  /** An exchange waits for the answers to its ids from now on. */
  expect(exchange: CallPeer): void {
    this.#leaveLine(exchange);
    for (const id of exchange.ids) this.pending.set(id, exchange);
    this.#weight += exchange.ids.length * exchange.weightOfOne;
  }

  /** One answer is not waited for any more. False if it was not. */
  forget(id: string, exchange: CallPeer): boolean {
    if (!this.pending.delete(id)) return false;
    this.#weight -= exchange.weightOfOne;
    this.freed.wake();
    return true;
  }

  mustBeOpen(): void {
    if (this.#isOver || this.peer.closed) throw this.#over();
  }

  /** Also for one that was woken to be the first, and then had no time left to become it. */
  #leaveLine(exchange: CallPeer): void {
    if (this.#first === exchange) this.#first = undefined;
    if (this.#first === undefined) this.#line.wake();
  }

  #over(): SyscallError {
    return new SyscallError("EPIPE", `${this.peer.connection.label} is over: the call has no answer`);
  }

  static readonly #call = routine(function* call(calls: Calls, method: string, params: unknown): Program<unknown> {
    const [outcome] = yield* Calls.#exchange(calls, [{ method, params }], false);
    if (outcome === undefined) throw new TypeError("one call has one outcome");
    if ("error" in outcome) throw outcome.error;
    return outcome.result;
  });

  static readonly #batch = routine(function* batch(calls: Calls, requests: readonly CallRequest[]): Program<Outcome[]> {
    const { maxBatch, maxInFlight } = calls.peer.limits;
    const most = Math.min(maxBatch, maxInFlight);
    if (requests.length < 1 || requests.length > most) {
      throw new RangeError(`a batch has 1 to ${most} calls, not ${requests.length}`);
    }
    return yield* Calls.#exchange(calls, requests, true);
  });

  static readonly #exchange = routine(function* exchange(
    calls: Calls,
    requests: readonly CallRequest[],
    isBatch: boolean,
  ): Program<Outcome[]> {
    const { peer, pending } = calls;
    const { maxInFlight, maxFrameBytes } = peer.limits;
    const exchange = new CallPeer(calls, requests, isBatch);
    const hasRoom = (): boolean => pending.size + requests.length <= maxInFlight && calls.#weight < maxFrameBytes;
    try {
      yield* until(calls.#line, () => calls.#first === undefined);
      calls.#first = exchange;
      yield* until(calls.freed, () => calls.#isOver || hasRoom());
      yield* peer.outbox.room();
      return yield* exchange;
    } finally {
      calls.#leaveLine(exchange);
    }
  });

  static readonly #notify = routine(function* notify(calls: Calls, method: string, params: unknown): Program<void> {
    const payload = sized(calls.peer, requestPayload(undefined, method, params), method);
    yield* calls.peer.outbox.room();
    if (calls.peer.closed) throw calls.#over();
    calls.peer.send(payload);
  });
}

function sized(peer: Peer, payload: Payload, what: string): Payload {
  const bytes = payloadBytes(payload);
  const { maxFrameBytes } = peer.limits;
  if (bytes <= maxFrameBytes) return payload;
  throw new SyscallError("EMSGSIZE", `${what} takes ${bytes} bytes, at most ${maxFrameBytes} may be sent: send less`);
}

/** One message of ours with one or more calls, and the wait for their answers. */
class CallPeer extends Syscall<Outcome[]> implements Wait<Outcome[]> {
  readonly ids: readonly string[];
  /** What each of its calls weighs with the other end, about. */
  readonly weightOfOne: number;
  readonly #calls: Calls;
  readonly #requests: readonly CallRequest[];
  #payload: Payload;
  readonly #outcomes: Outcome[] = [];
  #left: number;
  #waiter: Waiter<Outcome[]> | undefined = undefined;

  /** @throws EMSGSIZE for what is larger than a frame; TypeError for params that cannot be sent */
  constructor(calls: Calls, requests: readonly CallRequest[], isBatch: boolean) {
    super();
    this.#calls = calls;
    this.#requests = requests;
    this.#left = requests.length;
    this.ids = requests.map(() => calls.newId());
    const payloads = requests.map(({ method, params }, place) => requestPayload(this.ids[place], method, params));
    this.#payload = sized(calls.peer, isBatch ? batchPayload(payloads) : (payloads[0] ?? []), this.object);
    this.weightOfOne = overheadBytes + Math.ceil(payloadBytes(this.#payload) / requests.length);
  }

  get verb(): string {
    return "call";
  }

  get object(): string {
    const more = this.#requests.length > 1 ? ` and ${this.#requests.length - 1} more` : "";
    return `${this.#requests[0]?.method ?? ""}${more} on ${this.#calls.peer.connection.label}`;
  }

  override handle(task: Task, _kernel: Kernel): Answer<Outcome[]> {
    const calls = this.#calls;
    calls.mustBeOpen();
    return task.block<Outcome[]>(this, (waiter) => {
      this.#waiter = waiter;
      calls.expect(this);
      calls.peer.send(this.#payload);
      this.#payload = [];
      return () => this.#giveUp();
    });
  }

  settle(id: string, outcome: Outcome): void {
    this.#outcomes[this.ids.indexOf(id)] = outcome;
    if (--this.#left === 0) this.#waiter?.wake(this.#outcomes);
  }

  fail(error: Error): void {
    this.#waiter?.fail(error);
  }

  #giveUp(): void {
    const { peer } = this.#calls;
    for (const id of this.ids) {
      const isUnanswered = this.#calls.forget(id, this);
      if (isUnanswered && !peer.closed) peer.send(requestPayload(undefined, cancelMethod, { id: Number(id) }));
    }
  }
}
