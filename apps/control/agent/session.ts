// One client's session: looks at what it asks with, answers, and remembers what has to be undone when it leaves.

import { codes, RpcError } from "../../rpc/index.ts";
import { type Hello, protocolVersion } from "../protocol.ts";
import type { Access } from "../records.ts";
import type { Agent } from "./agent.ts";
import { Params } from "./params.ts";
import { frameQuery } from "./query.ts";

/** Serves one method. */
type Serve = (session: Session, params: unknown) => unknown;

export class Session {
  readonly agent: Agent;
  readonly access: Access;
  readonly #closed: () => void;
  #isViewer = false;
  #isClosed = false;

  /** By `agent.open`. */
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

  /**
   * Answers one request.
   * @param params an object, or undefined for none
   * @returns the result, or a promise of it: plain data
   * @throws RpcError: -32601 for no method, -32602 for params that are not as they must be, `errorCodes` for the rest
   */
  answer(method: string, params: unknown): unknown {
    const serve = methods.get(method);
    if (serve === undefined) throw new RpcError(codes.methodNotFound, `there is no method ${method}`);
    return serve(this, params ?? {});
  }

  /** Undoes what it has asked for. Twice is once. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isViewer = false;
    this.#closed();
  }

  /** For methods: it looks at frames from now on. */
  view(): void {
    this.#isViewer = true;
  }
}

const methods: ReadonlyMap<string, Serve> = new Map<string, Serve>([
  [
    "hello",
    ({ agent, access }, params): Hello => {
      const version = new Params(params, "hello", ["version"]).integer("version", 1, 1_000_000);
      if (version !== protocolVersion) {
        const way = "use the same version of yieldix on both sides";
        throw new RpcError(codes.invalidParams, `hello: version ${version} is not ${protocolVersion}: ${way}`);
      }
      const { name, pid } = agent.options;
      return { version: protocolVersion, name, pid, access };
    },
  ],
  [
    "frame",
    (session, params) => {
      const query = frameQuery(params);
      session.view();
      return session.agent.frame(query, session.access);
    },
  ],
]);
