// The errors of JSON-RPC 2.0: the codes of its section 5.1 with their fixed texts, and RpcError, which a handler
// throws to answer with a code of its own, and which a caller gets when the peer answered with an error. Whatever else
// a handler throws is -32603 with the fixed text: no stack and no path ever leaves the process.

/** Codes by name. Those up to -32603 are the specification's; -32800 is the language server protocol's; -32000 is ours. */
export const codes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  requestCancelled: -32800,
  serverOverloaded: -32000,
} as const; // literal types, so that a code can be told from another by the compiler

const texts: ReadonlyMap<number, string> = new Map<number, string>([
  [codes.parseError, "Parse error"],
  [codes.invalidRequest, "Invalid Request"],
  [codes.methodNotFound, "Method not found"],
  [codes.invalidParams, "Invalid params"],
  [codes.internalError, "Internal error"],
  [codes.requestCancelled, "Request cancelled"],
  [codes.serverOverloaded, "Server overloaded"],
]);

/** The fixed text of a code above; "Server error" for any other. */
export function textOf(code: number): string {
  return texts.get(code) ?? "Server error";
}

/** An error that crosses the wire as it is. */
export class RpcError extends Error {
  readonly code: number;
  /** Sent as `data` unless it is undefined. */
  readonly data: unknown;

  /**
   * @param code an integer: one of `codes`, or your own outside -32768 to -32000
   * @param message one sentence; the peer sees it
   * @param data anything JSON.stringify can write
   * @throws RangeError if `code` is no integer
   */
  constructor(code: number, message: string = textOf(code), data?: unknown) {
    if (!Number.isSafeInteger(code)) {
      throw new RangeError(`the code of an RpcError must be an integer, not ${String(code)}`);
    }
    super(message);
    this.code = code;
    this.data = data;
  }
}
RpcError.prototype.name = "RpcError";

/** The `error` member of a peer's response as an RpcError; a malformed one becomes -32603 and says so. */
export function rpcErrorFrom(member: unknown): RpcError {
  if (typeof member === "object" && member !== null && "code" in member && "message" in member) {
    const { code, message } = member;
    if (Number.isSafeInteger(code) && typeof message === "string") {
      return new RpcError(Number(code), message, "data" in member ? member.data : undefined);
    }
  }
  return new RpcError(codes.internalError, "the peer answered with an error that has no integer code or no message");
}
