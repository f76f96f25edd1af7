// What a server does for each method. A handler is a plain function, an async function or a routine: what it returns
// tells which. The table is a Map made once: `constructor`, `__proto__` and `toString` are methods of nobody.

import type { RawJson } from "./messages.ts";
import type { Peer } from "./peer.ts";

/** What a handler may know and use besides its params. */
export interface Context {
  /** The connection the request came on: a handler may call back. */
  readonly peer: Peer;
  /** Fires when the request is cancelled or its client is gone; made when first asked for. */
  readonly signal: AbortSignal;
}

/**
 * Serves one method. Return the result, a promise of it, or a routine's call; throw an RpcError to answer with a code
 * of your own, anything else is answered with -32603 and a fixed text. `undefined` is answered as null.
 * @param params what the request carried: an Array, an object, or undefined
 */
export type Handler = (params: unknown, context: Context) => unknown;

/** A handler that takes params as the bytes that came in, valid JSON, not parsed; undefined where there are none. */
export class RawHandler {
  readonly handle: (params: Uint8Array | undefined, context: Context) => RawJson | unknown;

  constructor(handle: (params: Uint8Array | undefined, context: Context) => RawJson | unknown) {
    this.handle = handle;
  }
}

export type Methods = ReadonlyMap<string, Handler | RawHandler>;

/**
 * A table of methods.
 * @throws RangeError for a name that begins with "rpc." (the specification keeps those for itself) and for
 * "$/cancelRequest", which the peer serves itself
 */
export function methodTable(handlers: Readonly<Record<string, Handler | RawHandler>>): Methods {
  const methods = new Map<string, Handler | RawHandler>();
  for (const [name, handler] of Object.entries(handlers)) {
    if (name.startsWith("rpc.")) throw new RangeError(`method ${name}: names that begin with "rpc." are reserved`);
    if (name === cancelMethod) throw new RangeError(`method ${name} is served by the peer itself`);
    methods.set(name, handler);
  }
  return methods;
}

/** The language server protocol's notification that gives up a request; its params are `{id}`. */
export const cancelMethod = "$/cancelRequest";
