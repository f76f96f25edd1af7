// JSON-RPC without a kernel: bytes in, bytes out. What the peer does with tasks and queues is done here by plain calls,
// so that decoding, reading and encoding can be judged by themselves; and a client's eyes, which share no code with it.

import { Buffer } from "node:buffer";
import { codes, RpcError } from "../../../apps/rpc/errors.ts";
import { Decoder, type Frame, type Framing } from "../../../apps/rpc/framing.ts";
import { defaultLimits, type Limits } from "../../../apps/rpc/limits.ts";
import {
  batchPayload,
  errorPayload,
  type Message,
  type Mode,
  RawJson,
  readMessage,
  readScanned,
  resultPayload,
  type Span,
} from "../../../apps/rpc/messages.ts";
import { encodeFrame, type Payload } from "../../../apps/rpc/payload.ts";
import { Scanner } from "../../../apps/rpc/scan.ts";

export const framings: readonly Framing[] = ["length", "lines", "headers"];

type Method = (params: Span | undefined) => unknown;

const methods: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["echo", (params) => (params === undefined ? null : new RawJson(params.copy()))],
  ["subtract", (params) => subtract(params?.parse())],
  ["sum", (params) => numbers(params?.parse()).reduce((sum, value) => sum + value, 0)],
  ["get_data", () => ["hello", 5]],
  ["update", () => undefined],
  ["foo", () => "ok"],
  ["connect", () => "ok"],
  ["notify_hello", () => null],
  ["notify_sum", () => null],
  ["bigint", () => 1n],
  ["throws", () => fail("a secret of ours")],
]);

function subtract(params: unknown): number {
  const named = Object.entries(params ?? {});
  const values = Array.isArray(params) ? params : ["minuend", "subtrahend"].map((name) => new Map(named).get(name));
  const [minuend, subtrahend] = numbers(values);
  if (minuend === undefined || subtrahend === undefined) throw new RpcError(codes.invalidParams);
  return minuend - subtrahend;
}

function numbers(values: unknown): number[] {
  if (!Array.isArray(values)) throw new RpcError(codes.invalidParams);
  return values.map((value) => (typeof value === "number" ? value : fail(new RpcError(codes.invalidParams))));
}

function fail(thrown: unknown): never {
  throw thrown;
}

export class PureServer {
  readonly decoder: Decoder;
  /** Frames that asked for the connection to be closed. */
  closed = false;
  /** Requests and notifications that reached a method. */
  run: string[] = [];
  readonly #scanner = new Scanner();
  readonly #elementScanner = new Scanner();
  readonly #limits: Limits;
  readonly #mode: Mode;

  constructor(mode: Mode = "strict", limits: Limits = defaultLimits) {
    this.decoder = new Decoder(limits, this.#scanner);
    this.#limits = limits;
    this.#mode = mode;
  }

  /** What is answered to these bytes. */
  receive(chunk: Uint8Array): Uint8Array {
    this.decoder.push(chunk);
    const answers: Uint8Array[] = [];
    for (let frame = this.decoder.next(); frame !== undefined; frame = this.decoder.next()) {
      answers.push(this.#answer(frame));
    }
    return Buffer.concat(answers);
  }

  /** What is answered to the end of the stream. */
  end(): Uint8Array {
    const frame = this.decoder.end();
    return frame === undefined ? new Uint8Array(0) : this.#answer(frame);
  }

  #answer(frame: Frame): Uint8Array {
    if (frame.kind === "foreign") {
      this.closed = true;
      return new Uint8Array(0);
    }
    if (frame.kind === "refused") {
      this.closed ||= frame.fatal;
      return this.#frame(errorPayload("null", frame.code));
    }
    const { bytes, start, end } = frame;
    const message = frame.scanned
      ? readScanned(this.#scanner, bytes, start, this.#limits, this.#mode)
      : readMessage(this.#scanner, bytes, start, end, this.#limits, this.#mode);
    if (message.kind !== "batch") return this.#frame(this.#serve(message));
    const payloads = message.elements.map((element) =>
      this.#serve(element.read(this.#elementScanner, this.#limits, this.#mode)),
    );
    const answers = payloads.filter((payload) => payload !== undefined);
    return this.#frame(answers.length === 0 ? undefined : batchPayload(answers));
  }

  #frame(payload: Payload | undefined): Uint8Array {
    if (payload === undefined) return new Uint8Array(0);
    return encodeFrame(this.decoder.framing ?? "lines", payload);
  }

  #serve(message: Message): Payload | undefined {
    if (message.kind === "response") return undefined;
    if (message.kind === "invalid") return errorPayload(message.id, message.code);
    if (message.kind === "batch") return errorPayload("null", codes.invalidRequest);
    const answer = this.#call(message.kind === "request" ? message.id : "null", message.method, message.params);
    return message.kind === "request" ? answer : undefined;
  }

  #call(id: string, name: string, params: Span | undefined): Payload {
    const method = methods.get(name);
    if (method === undefined) return errorPayload(id, codes.methodNotFound);
    this.run.push(name);
    try {
      return resultPayload(id, method(params), this.#limits);
    } catch (error) {
      if (error instanceof RpcError) return errorPayload(id, error.code, error.message, error.data);
      return errorPayload(id, codes.internalError);
    }
  }
}

/** A text as a client sends it. */
export function framed(framing: Framing, text: string | Uint8Array): Buffer {
  const body = Buffer.from(text);
  if (framing === "headers") return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
  if (framing === "lines") return Buffer.concat([body, Buffer.from("\n")]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** The texts that a client finds in what it is sent. @throws Error when they are not framed as they should be */
export function unframed(framing: Framing, bytes: Uint8Array): string[] {
  let rest = Buffer.from(bytes);
  const texts: string[] = [];
  while (rest.length > 0) {
    const [start, end, after] = place(framing, rest);
    if (end > rest.length) throw new Error(`a frame of ${end - start} bytes ends after ${rest.length - start}`);
    texts.push(rest.toString("utf8", start, end));
    rest = rest.subarray(after);
  }
  return texts;
}

function place(framing: Framing, bytes: Buffer): [start: number, end: number, after: number] {
  if (framing === "length") return [4, 4 + bytes.readInt32BE(), 4 + bytes.readInt32BE()];
  if (framing === "lines") {
    const end = bytes.indexOf("\n");
    if (end < 0) throw new Error("a line without its end");
    return [0, end, end + 1];
  }
  const header = /^Content-Length: ([0-9]+)\r\n\r\n/.exec(bytes.toString("latin1", 0, 64));
  if (header?.[1] === undefined) throw new Error("no header");
  const end = header[0].length + Number(header[1]);
  return [header[0].length, end, end];
}

/** `bytes` cut at the given places, which need not be sorted. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const inside = [...places].filter((at) => at > 0 && at < bytes.length).sort((a, b) => a - b);
  return [0, ...inside].map((start, i) => bytes.slice(start, inside[i] ?? bytes.length));
}

/** Each byte for itself. */
export function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** Everything answered to these packets, as texts. */
export function answers(server: PureServer, framing: Framing, packets: Iterable<Uint8Array>): string[] {
  const sent: Uint8Array[] = [];
  for (const packet of packets) sent.push(server.receive(packet));
  return unframed(framing, Buffer.concat(sent));
}
