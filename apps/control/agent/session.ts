// One client's session: answers what it asks, and remembers what has to be undone when it leaves.

import { SyscallError } from "../../../kernel/syscall.ts";
import type { Tracing } from "../../../kernel/tracing.ts";
import { codes, RpcError } from "../../rpc/errors.ts";
import { changing, errorCodes } from "../protocol.ts";
import type { Access } from "../records.ts";
import { systemError } from "./actions.ts";
import type { Agent, Viewer } from "./agent.ts";
import { methods } from "./methods.ts";

/** Waits of one session at the same time. */
const maxWaits = 64;

export class Session implements Viewer {
  readonly agent: Agent;
  readonly access: Access;
  readonly #closed: () => void;
  /** Gives up each wait that is under way. */
  readonly #waits = new Set<() => void>();
  #tracing: Tracing | undefined = undefined;
  #isViewer = false;
  #isClosed = false;

  /** By `agent.open`. @param closed told once, when it is over */
  constructor(agent: Agent, access: Access, closed: () => void) {
    this.agent = agent;
    this.access = access;
    this.#closed = closed;
  }

  /** True once it has asked for a frame. */
  get isViewer(): boolean {
    return this.#isViewer;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What it traces. */
  get tracing(): Tracing | undefined {
    return this.#tracing;
  }

  /**
   * Answers one request.
   * @param method a name of `Methods`; any other text is refused
   * @param params an object; undefined for none
   * @returns the result, plain data, or a promise of it
   * @throws RpcError, as the promise does: -32601 for no method, -32602 for params that are not as they must be, one of
   * `errorCodes` for the rest
   */
  answer(method: string, params: unknown): unknown {
    const serve = methods.get(method);
    if (serve === undefined) throw new RpcError(codes.methodNotFound, "there is no such method");
    if (this.#isClosed) throw new RpcError(errorCodes.gone, "the session has ended");
    if (this.access !== "full" && changing.some((each) => each === method)) {
      throw new RpcError(errorCodes.readOnly, `${method} changes something, and this port is read-only`);
    }
    try {
      const answer = serve(this, params ?? {});
      return answer instanceof Promise ? answer.catch(rethrow) : answer;
    } catch (error) {
      return rethrow(error);
    }
  }

  /** Undoes what it has asked for, and gives up its waits. Twice is once. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const giveUp of [...this.#waits]) giveUp();
    this.trace(undefined);
    if (this.#isViewer) {
      this.#isViewer = false;
      this.agent.watch(false);
    }
    this.#closed();
  }

  /** For methods: it looks at frames from now on. */
  view(): void {
    if (this.#isViewer) return;
    this.#isViewer = true;
    this.agent.watch(true);
  }

  /** For methods: traces these tasks instead of what it traced before. @param tids undefined: nothing @throws EAGAIN, E2BIG */
  trace(tids: readonly number[] | "all" | undefined): void {
    if (this.#tracing !== undefined) {
      this.#tracing.stop();
      this.#tracing = undefined;
      this.agent.watch(false);
    }
    if (tids === undefined) return;
    this.agent.watch(true);
    try {
      this.#tracing = this.agent.kernel.watching?.trace(tids);
    } finally {
      if (this.#tracing === undefined) this.agent.watch(false);
    }
  }

  /** For methods: a wait is under way until its promise settles. @throws EAGAIN at the bound */
  async waiting<T>(begin: (given: (giveUp: () => void) => void) => T | Promise<T>): Promise<T> {
    if (this.#waits.size >= maxWaits) {
      throw systemError(new SyscallError("EAGAIN", `this session waits for ${maxWaits} tasks already`));
    }
    let giveUp = (): void => {};
    try {
      return await begin((given) => {
        giveUp = given;
        this.#waits.add(given);
      });
    } finally {
      this.#waits.delete(giveUp);
    }
  }
}

function rethrow(error: unknown): never {
  throw error instanceof SyscallError ? systemError(error) : error;
}
