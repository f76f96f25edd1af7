// The guard's side of what it says to the main thread: a question is posted, and waited for as long as the main thread may
// take. One that is stuck in a turn is told from one that is busy by its heartbeat; then the guard answers for itself.

import type { Port } from "../../../kernel/machine/thread.ts";
import { type Call, type Program, routine, SyscallError } from "../../../kernel/syscall.ts";
import { Await, GetTime, Timeout } from "../../../syscalls/index.ts";
import { RpcError } from "../../rpc/index.ts";
import { errorCodes, type MethodName } from "../protocol.ts";
import type { Access, Stuck } from "../records.ts";
import type { FromGuard, ToGuard } from "./messages.ts";

/** How long until a question that is not answered makes the guard look whether a turn does not end, ms. */
export const lookMs = 300;

/** What is asked of the main thread. */
export interface Question {
  readonly session: number;
  readonly access: Access;
  readonly method: MethodName;
  readonly params: unknown;
  /** How long the main thread may take, ms. */
  readonly withinMs: number;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: RpcError) => void;
}

export class Link {
  readonly #port: Port;
  readonly #stuck: () => Call<Stuck | undefined>;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  /** @param stuck what the main thread is stuck in, if it is */
  constructor(port: Port, stuck: () => Call<Stuck | undefined>) {
    this.#port = port;
    this.#stuck = stuck;
    port.listen((messages) => {
      for (const message of messages) this.#answered(message as ToGuard); // all that the main thread says
    });
  }

  tell(message: FromGuard): void {
    this.#port.post(message);
  }

  /** @throws RpcError: what the main thread refused with, `notResponding` where it does not answer */
  ask(question: Question): Call<unknown> {
    return Link.#ask(this, question);
  }

  static readonly #ask = routine(function* ask(link: Link, question: Question): Program<unknown> {
    const { withinMs, ...asked } = question;
    yield* link.mustRespond();
    const begun = yield* new GetTime();
    const id = link.#nextId++;
    const answer = new Promise((resolve, reject) => link.#pending.set(id, { resolve, reject }));
    try {
      link.tell({ kind: "ask", id, ...asked });
      for (;;) {
        try {
          return yield* new Timeout(lookMs, new Await(answer));
        } catch (error) {
          if (!(error instanceof SyscallError) || error.code !== "ETIMEDOUT") throw error;
        }
        yield* link.mustRespond();
        const forMs = (yield* new GetTime()) - begun;
        if (forMs > withinMs) throw notResponding({ tid: 0, name: "", forMs, stack: [] });
      }
    } finally {
      if (link.#pending.delete(id)) link.tell({ kind: "drop", id });
    }
  });

  /** @throws RpcError `notResponding` when a turn does not end */
  mustRespond(): Call<void> {
    return Link.#mustRespond(this);
  }

  static readonly #mustRespond = routine(function* mustRespond(link: Link): Program<void> {
    const stuck = yield* link.#stuck();
    if (stuck !== undefined) throw notResponding(stuck);
  });

  #answered(answer: ToGuard): void {
    const pending = this.#pending.get(answer.id);
    if (pending === undefined) return;
    this.#pending.delete(answer.id);
    if ("refusal" in answer) {
      const { code, message, data } = answer.refusal;
      pending.reject(new RpcError(code, message, data));
    } else {
      pending.resolve(answer.result);
    }
  }
}

function notResponding(stuck: Stuck): RpcError {
  const seconds = (stuck.forMs / 1_000).toFixed(1);
  const what = stuck.tid === 0 ? "its thread is busy outside its tasks" : `task ${stuck.tid} does not yield`;
  return new RpcError(errorCodes.notResponding, `the kernel has not responded for ${seconds} s: ${what}`, stuck);
}
