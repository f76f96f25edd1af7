// JSON-RPC 2.0 messages: what a text means, and the texts we send. Pure. A text has been judged by the scanner before
// anything is parsed; an id stays the token that came in, so that 9007199254740993, 1e2 and -0 go back as they were;
// params are parsed when somebody asks.

import { Buffer } from "node:buffer";
import { codes, textOf } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { mostBytes, type Payload, payloadBytes } from "./payload.ts";
import { ERROR, ID, JSONRPC, METHOD, OPEN_ARRAY, OPEN_OBJECT, PARAMS, RESULT, type Scanner } from "./scan.ts";
import { utf8 } from "./utf8.ts";

/** `strict` is the specification. `lenient`: a message with neither `jsonrpc` nor `id` is a notification too. */
export type Mode = "strict" | "lenient";

/** Some JSON inside a frame, not parsed yet. */
export class Span {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** Bytes. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** The value. It is valid JSON within the depth limit: this never throws. */
  parse(): unknown {
    return JSON.parse(utf8(this.#bytes, this.#start, this.#end));
  }

  /** The bytes, the caller's to keep. */
  copy(): Uint8Array {
    return this.#bytes.slice(this.#start, this.#end);
  }

  /** What the text means as a message of its own. For elements of a batch. */
  read(scanner: Scanner, limits: Limits, mode: Mode): Message {
    return readMessage(scanner, this.#bytes, this.#start, this.#end, limits, mode);
  }
}

/** JSON that is text already: a handler may return it, and it goes out as it is. The bytes must be valid JSON. */
export class RawJson {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** What a text means. `id` is always the source token: `1`, `"abc"`, `null`. */
export type Message =
  | { readonly kind: "request"; readonly id: string; readonly method: string; readonly params: Span | undefined }
  | { readonly kind: "notification"; readonly method: string; readonly params: Span | undefined }
  | {
      readonly kind: "response";
      readonly id: string;
      readonly result: Span | undefined;
      readonly error: Span | undefined;
    }
  | { readonly kind: "batch"; readonly elements: readonly Span[] }
  /** To be answered with this code. */
  | { readonly kind: "invalid"; readonly id: string; readonly code: number };

/** Judges and reads a text whose end is known. */
export function readMessage(
  scanner: Scanner,
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: Limits,
  mode: Mode,
): Message {
  const verdict = scanner.whole(bytes, start, end, limits.maxDepth, limits.maxBatch + 1);
  if (verdict === "complete") return readScanned(scanner, bytes, start, limits, mode);
  return invalid("null", verdict === "deep" ? codes.invalidRequest : codes.parseError);
}

/** Reads a text that the scanner has just judged complete. */
export function readScanned(scanner: Scanner, bytes: Uint8Array, start: number, limits: Limits, mode: Mode): Message {
  if (scanner.root === OPEN_ARRAY) return readBatch(scanner, bytes, start, limits);
  if (scanner.root !== OPEN_OBJECT) return invalid("null");
  const id = readId(scanner, bytes, start, limits);
  if (scanner.start(METHOD) === 0) {
    const [result, error] = [span(scanner, RESULT, bytes, start), span(scanner, ERROR, bytes, start)];
    // A response is never answered, whatever else is wrong with it.
    if (result !== undefined || error !== undefined) return { kind: "response", id: id ?? "null", result, error };
    return invalid(id ?? "null");
  }
  const method = readMethod(scanner, bytes, start, limits);
  const isBare = scanner.start(JSONRPC) === 0 && scanner.start(ID) === 0;
  const isVersioned = isVersion2(scanner, bytes, start) || (mode === "lenient" && isBare);
  const isAmbiguous = scanner.start(RESULT) !== 0 || scanner.start(ERROR) !== 0;
  if (id === undefined || method === undefined || !isVersioned || isAmbiguous) return invalid(id ?? "null");
  const params = span(scanner, PARAMS, bytes, start);
  if (params !== undefined && !isStructured(bytes[start + scanner.start(PARAMS)])) return invalid(id);
  return scanner.start(ID) === 0 ? { kind: "notification", method, params } : { kind: "request", id, method, params };
}

function readBatch(scanner: Scanner, bytes: Uint8Array, start: number, limits: Limits): Message {
  if (scanner.count === 0 || scanner.count > limits.maxBatch) return invalid("null");
  const spans: Span[] = [];
  const { elements } = scanner;
  for (let i = 0; i < elements.length; i += 2) {
    spans.push(new Span(bytes, start + (elements[i] as number), start + (elements[i + 1] as number))); // pairs
  }
  return { kind: "batch", elements: spans };
}

function invalid(id: string, code: number = codes.invalidRequest): Message {
  return { kind: "invalid", id, code };
}

function span(scanner: Scanner, member: number, bytes: Uint8Array, start: number): Span | undefined {
  if (scanner.start(member) === 0) return undefined;
  return new Span(bytes, start + scanner.start(member), start + scanner.end(member));
}

/** The id's token; "null" where there is none; undefined for one that is no legal id or too long. */
function readId(scanner: Scanner, bytes: Uint8Array, start: number, limits: Limits): string | undefined {
  const from = scanner.start(ID);
  if (from === 0) return "null";
  if (scanner.end(ID) - from > limits.maxIdBytes) return undefined;
  const first = bytes[start + from] as number; // inside the text
  const isLegal = first === 0x22 || first === 0x2d || (first >= 0x30 && first <= 0x39) || first === 0x6e;
  return isLegal ? utf8(bytes, start + from, start + scanner.end(ID)) : undefined;
}

/** The method's name; undefined for what is no string or too long. */
function readMethod(scanner: Scanner, bytes: Uint8Array, start: number, limits: Limits): string | undefined {
  const [from, to] = [start + scanner.start(METHOD), start + scanner.end(METHOD)];
  if (bytes[from] !== 0x22 || to - from - 2 > limits.maxMethodBytes) return undefined;
  return stringAt(bytes, from, to);
}

function isVersion2(scanner: Scanner, bytes: Uint8Array, start: number): boolean {
  const from = scanner.start(JSONRPC);
  if (from === 0 || bytes[start + from] !== 0x22) return false;
  const text = start + from;
  if (scanner.end(JSONRPC) - from !== 5) return stringAt(bytes, text, start + scanner.end(JSONRPC)) === "2.0";
  return bytes[text + 1] === 0x32 && bytes[text + 2] === 0x2e && bytes[text + 3] === 0x30;
}

function stringAt(bytes: Uint8Array, from: number, to: number): string {
  const inner = utf8(bytes, from + 1, to - 1);
  return inner.includes("\\") ? String(JSON.parse(`"${inner}"`)) : inner;
}

function isStructured(first: number | undefined): boolean {
  return first === OPEN_ARRAY || first === OPEN_OBJECT;
}

/**
 * A response with a result. What JSON cannot say (a BigInt, a cycle, a nest too deep) or the limit does not allow
 * becomes -32603.
 * @param id the request's id, as its token
 */
export function resultPayload(id: string, value: unknown, limits: Limits): Payload {
  let result: string | Uint8Array;
  try {
    result = value instanceof RawJson ? value.bytes : (JSON.stringify(value) ?? "null");
  } catch {
    return errorPayload(id, codes.internalError);
  }
  const payload = [resultHead, result, `,"id":${id}}`];
  const isTooLong = mostBytes(payload) > limits.maxFrameBytes && payloadBytes(payload) > limits.maxFrameBytes;
  return isTooLong ? errorPayload(id, codes.internalError) : payload;
}

const resultHead: Uint8Array = Buffer.from('{"jsonrpc":"2.0","result":');
const errorHead = `{"jsonrpc":"2.0","error":{"code":${codes.internalError},"message":"${textOf(codes.internalError)}"}`;

/** Whether a payload is a response with a result. */
export function isResult(payload: Payload): boolean {
  return payload[0] === resultHead;
}

/** A response with a result as one with an internal error, for the same request. */
export function withoutResult(payload: Payload): Payload {
  const ofId = payload[2];
  return isResult(payload) && ofId !== undefined ? [errorHead, ofId] : payload;
}

/** A response with an error. `data` that JSON cannot say is left out. */
export function errorPayload(id: string, code: number, message: string = textOf(code), data?: unknown): Payload {
  let extra = "";
  try {
    const text = JSON.stringify(data);
    if (text !== undefined) extra = `,"data":${text}`;
  } catch {
    // The code and the message say what went wrong; what cannot be written cannot be sent.
  }
  return [`{"jsonrpc":"2.0","error":{"code":${code},"message":${JSON.stringify(message)}${extra}},"id":${id}}`];
}

/**
 * A request, or without an id a notification.
 * @throws TypeError for params that are neither Array nor object, or that JSON cannot say
 */
export function requestPayload(id: string | undefined, method: string, params: unknown): Payload {
  if (params !== undefined && (typeof params !== "object" || params === null)) {
    throw new TypeError(
      `params of ${method} must be an Array or an object, not ${params === null ? "null" : typeof params}`,
    );
  }
  const ofParams = params === undefined ? "" : `,"params":${JSON.stringify(params)}`;
  const ofId = id === undefined ? "" : `,"id":${id}`;
  return [`{"jsonrpc":"2.0","method":${JSON.stringify(method)}${ofParams}${ofId}}`];
}

/** One array of payloads that are messages each. */
export function batchPayload(payloads: readonly Payload[]): Payload {
  const parts: (string | Uint8Array)[] = ["["];
  payloads.forEach((payload, i) => {
    if (i > 0) parts.push(",");
    parts.push(...payload);
  });
  parts.push("]");
  return parts;
}
