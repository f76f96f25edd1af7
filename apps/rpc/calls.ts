// Our own calls to the other end of a connection, until they are answered. A call is a syscall made here, in user
// space: it sends, waits with a name, and when it is given up tells the other end, which may then stop working on it.

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
import { rpcErrorFrom } from "./errors.ts";
import { cancelMethod } from "./handlers.ts";
import { batchPayload, requestPayload, type Span } from "./messages.ts";
import { type Peer, until } from "./peer.ts";

/** How a call ended. */
export type Outcome = { result: unknown } | { error: Error };

interface CallRequest {
  readonly method: string;
  readonly params?: unknown;
}

export class Calls {
  readonly peer: Peer;
  readonly pending: Map<string, Exchange> = new Map();
  readonly freed: WaitQueue;
  #nextId = 1;

  constructor(peer: Peer) {
    this.peer = peer;
    this.freed = new WaitQueue("wait for", `an answer of ${peer.connection.label}`);
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
    this.pending.delete(id);
    this.freed.wake();
    exchange.settle(id, error === undefined ? { result: result?.parse() } : { error: rpcErrorFrom(error.parse()) });
    return true;
  }

  /** The connection is over: every call fails, now. */
  failAll(): void {
    const exchanges = new Set(this.pending.values());
    this.pending.clear();
    for (const exchange of exchanges) exchange.fail(this.#over());
    this.freed.wake(Number.POSITIVE_INFINITY);
  }

  newId(): string {
    return String(this.#nextId++);
  }

  mustBeOpen(): void {
    if (this.peer.closed) throw this.#over();
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
    const { peer } = calls;
    yield* until(calls.freed, () => peer.closed || calls.pending.size + requests.length <= peer.limits.maxInFlight);
    yield* peer.outbox.room();
    return yield* new Exchange(calls, requests, isBatch);
  });

  static readonly #notify = routine(function* notify(calls: Calls, method: string, params: unknown): Program<void> {
    yield* calls.peer.outbox.room();
    calls.mustBeOpen();
    calls.peer.send(requestPayload(undefined, method, params));
  });
}

/** One message of ours with one or more calls, and the wait for their answers. */
class Exchange extends Syscall<Outcome[]> implements Wait<Outcome[]> {
  readonly #calls: Calls;
  readonly #requests: readonly CallRequest[];
  readonly #isBatch: boolean;
  readonly #ids: string[] = [];
  readonly #outcomes: Outcome[] = [];
  #left: number;
  #waiter: Waiter<Outcome[]> | undefined = undefined;

  constructor(calls: Calls, requests: readonly CallRequest[], isBatch: boolean) {
    super();
    this.#calls = calls;
    this.#requests = requests;
    this.#isBatch = isBatch;
    this.#left = requests.length;
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
    const payloads = this.#requests.map(({ method, params }) => {
      const id = calls.newId();
      this.#ids.push(id);
      return requestPayload(id, method, params);
    });
    return task.block<Outcome[]>(this, (waiter) => {
      this.#waiter = waiter;
      for (const id of this.#ids) calls.pending.set(id, this);
      calls.peer.send(this.#isBatch ? batchPayload(payloads) : (payloads[0] ?? []));
      return () => this.#giveUp();
    });
  }

  settle(id: string, outcome: Outcome): void {
    this.#outcomes[this.#ids.indexOf(id)] = outcome;
    if (--this.#left === 0) this.#waiter?.wake(this.#outcomes);
  }

  fail(error: Error): void {
    this.#waiter?.fail(error);
  }

  #giveUp(): void {
    const { pending, freed, peer } = this.#calls;
    for (const id of this.#ids) {
      if (!pending.delete(id)) continue;
      freed.wake();
      if (!peer.closed) peer.send(requestPayload(undefined, cancelMethod, { id: Number(id) }));
    }
  }
}
