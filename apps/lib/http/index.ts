// HTTP/1.1, both sides, in straight lines on readers and sockets. What is pure (heads, framing, fields) is apart from what
// waits (bodies, the client, the server).

export { Body } from "./body.ts";
export { type IncomingResponse, type OutgoingRequest, readResponse, sendRequest } from "./client.ts";
export { HttpError, phraseOf } from "./errors.ts";
export { HeaderFields, type Headers } from "./fields.ts";
export { type BodyLength, mayGoOn, requestLength, responseLength } from "./framing.ts";
export { headEnd, parseRequestHead, parseResponseHead, type RequestHead, type ResponseHead } from "./head.ts";
export { type MessageLimits, messageLimits } from "./limits.ts";
export { BodyWriter } from "./write.ts";
