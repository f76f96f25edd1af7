// HTTP/1.1, both sides, in straight lines on readers and sockets. What is pure (heads, framing, fields) is apart from what
// waits (bodies, the client, the server).

export { Body } from "./body.ts";
export { type IncomingResponse, type OutgoingRequest, readResponse, sendRequest } from "./client.ts";
export { httpDate } from "./date.ts";
export { HttpError, phraseOf } from "./errors.ts";
export { HeaderFields, type Headers } from "./fields.ts";
export { type BodyLength, mayGoOn, requestLength, responseLength } from "./framing.ts";
export { headEnd, parseRequestHead, parseResponseHead, type RequestHead, type ResponseHead } from "./head.ts";
export { type MessageLimits, messageLimits } from "./limits.ts";
export { type Handler, HttpRequest, type HttpResponse } from "./messages.ts";
export { ConnectionPool, type PoolLimits, poolLimits } from "./pool.ts";
export type { Routes } from "./routes.ts";
export { type ServeOptions, serve } from "./server.ts";
export { HttpCounters, type ServerLimits, serverLimits } from "./server-limits.ts";
export type { PoolRequest } from "./wanted.ts";
export { WhileConnected } from "./while-connected.ts";
export { BodyWriter } from "./write.ts";
