// One connection's dealings with the control server: what it may do, and what becomes of what it asks. Nearly all is passed on
// to the main thread. What is served here is what must be when that is stuck: hello, what it is stuck in, and the end of that.

import { createHash, timingSafeEqual } from "node:crypto";
import { type Call, type Program, routine, SyscallError } from "../../../kernel/syscall.ts";
import { codes, type Handler, type Methods, methodTable, RpcError } from "../../rpc/index.ts";
import { changing, errorCodes, type Hello, type MethodName, protocolVersion, type SignalOutcome } from "../protocol.ts";
import type { Access, Stuck } from "../records.ts";
import type { Server } from "./server.ts";
import type { Door } from "./thread.ts";

/** How long the main thread may take to answer, ms. */
const usualMs = 5_000;
const answerMs: Readonly<Record<Exclude<MethodName, "hello" | "stuck">, number>> = {
  frame: usualMs,
  where: 15_000,
  trace: usualMs,
  signal: usualMs,
  renice: usualMs,
  reset: usualMs,
  start: 60_000,
  exit: usualMs,
  stop: usualMs,
};
/** Longest that a client may wait for an exit, ms; the agent refuses more. */
const longestWaitMs = 60_000;

/** One connection's dealings: what it may do, and what becomes of what it asks. */
export class Visit {
  readonly #server: Server;
  readonly #access: Access;
  readonly #session: number;
  /** False until the token has been said, where one is wanted. */
  #isWelcome: boolean;

  constructor(server: Server, kind: Door["kind"]) {
    this.#server = server;
    this.#access = kind === "tcp" ? "read-only" : server.guard.access;
    this.#session = server.newSession();
    this.#isWelcome = kind !== "tcp";
  }

  /** False for one that has still to say the token. */
  get isWelcome(): boolean {
    return this.#isWelcome;
  }

  /** What it can call. */
  methods(): Methods {
    const asked = Object.entries(answerMs).map(([method, withinMs]): [string, Handler] => [
      method,
      (params) => this.#ask(method as MethodName, params, withinMs), // a key of that table
    ]);
    return methodTable({
      ...Object.fromEntries(asked),
      hello: (params) => this.#hello(params),
      signal: (params) => {
        this.#check("signal");
        return Visit.#signal(this, params);
      },
      stuck: () => this.#stuck(),
    });
  }

  /** Its connection is served from now on. */
  begun(): void {
    this.#server.turns.begin();
  }

  /** It is over. */
  over(): void {
    this.#server.turns.end();
    this.#server.end(this.#session);
  }

  #hello(params: unknown): Hello {
    const { version, token } = Object(params) as { version?: unknown; token?: unknown }; // looked at below
    const { name, pid, tcp } = this.#server.guard;
    if (!this.#isWelcome && !(tcp !== undefined && isSame(token, tcp.token)))
      throw refused(
        `hello: ${token === undefined ? "this port wants its token" : "that is not the token of this port"}`,
      );
    if (version !== protocolVersion) {
      const said = typeof version === "number" ? `version ${version}` : "no version";
      const text = `hello: this kernel speaks version ${protocolVersion} of the control protocol, the client ${said}`;
      throw new RpcError(codes.invalidParams, `${text}: use the same yieldix on both sides`);
    }
    this.#isWelcome = true;
    return { version: protocolVersion, name, pid, access: this.#access };
  }

  // KILL for the task that the main thread is stuck in ends its turn; for all others there is nobody to do anything then.
  static readonly #signal = routine(function* signal(visit: Visit, params: unknown): Program<unknown> {
    const ask = (given: unknown): Call<unknown> => visit.#ask("signal", given, answerMs.signal);
    let stuck: Stuck;
    try {
      return yield* ask(params);
    } catch (error) {
      const found = stuckIn(error);
      if (found === undefined || !isKillOf(params, found.tid)) throw error;
      stuck = found;
    }
    const ended = yield* Visit.#end(visit, stuck);
    const others = params.tids.filter((tid) => tid !== stuck.tid || ended === undefined);
    const rest = others.length === 0 ? [] : ((yield* ask({ ...params, tids: others })) as SignalOutcome[]); // the agent's
    return ended === undefined ? rest : [ended, ...rest];
  });

  static readonly #end = routine(function* end(visit: Visit, stuck: Stuck): Program<SignalOutcome | undefined> {
    const { tid } = stuck;
    try {
      const end = yield* visit.#server.turns.kill(stuck);
      if (end.outcome === "over") return undefined; // it has yielded meanwhile: it is a task like any other
      if (end.outcome === "refused") return { tid, outcome: "EBUSY", text: end.reason };
      const [innermost] = end.stack.frames;
      const where = innermost === undefined ? "" : `, at ${innermost.at}`;
      return { tid, outcome: "default", text: `its turn, which did not end, was ended${where}` };
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      return { tid, outcome: error.code, text: error.message };
    }
  });

  #ask(method: MethodName, params: unknown, withinMs: number): Call<unknown> {
    this.#check(method);
    const { link } = this.#server;
    this.#server.begin(this.#session);
    const mayWaitMs = method === "exit" ? withinMs + waitOf(params) : withinMs;
    return link.ask({ session: this.#session, access: this.#access, method, params, withinMs: mayWaitMs });
  }

  #stuck(): Call<unknown> {
    this.#check("stuck");
    return this.#server.turns.now();
  }

  #check(method: MethodName): void {
    if (!this.#isWelcome) throw refused(`${method}: say hello with the token first`);
    if (this.#access === "read-only" && changing.includes(method)) {
      throw new RpcError(errorCodes.readOnly, `${method}: this port is read-only`);
    }
  }
}

/** What an error says the main thread is stuck in. */
function stuckIn(error: unknown): Stuck | undefined {
  const isStuck = error instanceof RpcError && error.code === errorCodes.notResponding;
  return isStuck ? (error.data as Stuck) : undefined; // by the contract, and made by the link
}

function isKillOf(params: unknown, tid: number): params is { readonly tids: readonly number[] } {
  const { tids, signal } = Object(params) as { tids?: unknown; signal?: unknown }; // looked at here
  return signal === "KILL" && tid !== 0 && Array.isArray(tids) && tids.includes(tid);
}

function refused(why: string): RpcError {
  return new RpcError(errorCodes.forbidden, why);
}

// Hashed, because only what is of the same length can be compared in constant time.
function isSame(said: unknown, token: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return typeof said === "string" && timingSafeEqual(hash(said), hash(token));
}

function waitOf(params: unknown): number {
  const { waitMs } = Object(params) as { waitMs?: unknown }; // looked at below
  return typeof waitMs === "number" && waitMs > 0 ? Math.min(waitMs, longestWaitMs) : 0;
}
