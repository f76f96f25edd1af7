// What can be wrong with a message of HTTP, and the status that says so to the other end.

import { type ErrorCode, SyscallError } from "../../../kernel/errors.ts";

/** A message that is not as it should be. `status` is what a server answers: 400, 413, 431, …; of a response it is 502. */
export class HttpError extends SyscallError {
  readonly status: number;

  /**
   * @param status from 400 to 599
   * @param message a sentence that goes to the other end: nothing that is a secret, nothing it has sent
   */
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(codes[status] ?? "EPROTO", message, options);
    this.status = status;
  }

  static {
    HttpError.prototype.name = "HttpError";
  }
}

/** The same fault, of a response: whoever asks for one on behalf of another is a gateway, and its own client is not to blame. */
export function ofResponse(error: unknown): unknown {
  if (!(error instanceof HttpError) || error.status === 502) return error;
  const message = `of the response, ${error.message}`;
  // What is late may be there the next time, and has its own code.
  if (error.code === "ETIMEDOUT") return new SyscallError(error.code, message, { cause: error });
  return new HttpError(502, message, { cause: error });
}

const codes: Readonly<Record<number, ErrorCode>> = {
  408: "ETIMEDOUT",
  413: "EMSGSIZE",
  414: "EMSGSIZE",
  431: "EMSGSIZE",
};

const phrases: Readonly<Record<number, string>> = {
  100: "Continue",
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  206: "Partial Content",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  417: "Expectation Failed",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

/** The words that go with a status: "Not Found"; none for one without. */
export function phraseOf(status: number): string {
  return phrases[status] ?? "";
}
