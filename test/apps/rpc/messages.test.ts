// What a text means as a message, and what we send: ids byte for byte, each limit at N and N + 1, answers that JSON
// cannot say.

import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codes } from "../../../apps/rpc/errors.ts";
import { defaultLimits, type Limits, resolveLimits } from "../../../apps/rpc/limits.ts";
import {
  batchPayload,
  errorPayload,
  type Message,
  type Mode,
  RawJson,
  readMessage,
  requestPayload,
  resultPayload,
} from "../../../apps/rpc/messages.ts";
import { encodeFrame, type Payload, payloadBytes } from "../../../apps/rpc/payload.ts";
import { Scanner } from "../../../apps/rpc/scan.ts";

const scanner = new Scanner();

function read(text: string, limits: Partial<Limits> = {}, mode: Mode = "strict"): Message {
  // Not at the start of its memory, as in a packet.
  const bytes = Buffer.from(`{"id":0}${text}]`);
  return readMessage(scanner, bytes, 8, bytes.length - 1, resolveLimits(limits), mode);
}

/** A payload as a client finds it. */
function text(payload: Payload): string {
  return Buffer.from(encodeFrame("lines", payload)).toString().slice(0, -1);
}

function request(members: Readonly<Record<string, string>>): string {
  const all = { jsonrpc: '"2.0"', method: '"m"', ...members };
  return `{${Object.entries(all).map(([name, value]) => `"${name}":${value}`)}}`;
}

describe("ids", () => {
  const tokens = fc.oneof(
    fc
      .tuple(
        fc.constantFrom("", "-"),
        fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String),
        fc.constantFrom("", ".0", ".50", ".125"),
        fc.constantFrom("", "e2", "E+07", "e-0", "e400"),
      )
      .map((parts) => parts.join("")),
    fc.string({ unit: "binary", maxLength: 40 }).map((value) => JSON.stringify(value)),
    fc.constantFrom("null", "-0", '""', '"\\ud800"', '"\\u0041\\/"', '"ключ-🔑"', "9007199254740993", "1e2"),
  );

  it("an id comes back as the bytes that came in", () => {
    fc.assert(
      fc.property(tokens, (id) => {
        const message = read(request({ id }));
        expect(message).toMatchObject({ kind: "request", id, method: "m" });
        expect(text(resultPayload(id, true, defaultLimits))).toBe(`{"jsonrpc":"2.0","result":true,"id":${id}}`);
        expect(text(errorPayload(id, codes.methodNotFound))).toBe(
          `{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":${id}}`,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it.each(["true", "false", "[1]", "{}"])("an id that is %s is refused with id null", (id) => {
    expect(read(request({ id }))).toEqual({ kind: "invalid", id: "null", code: codes.invalidRequest });
  });

  it("a request that is none is answered with its id, if that is a legal one", () => {
    for (const broken of [
      { jsonrpc: '"1.0"' },
      { method: "1" },
      { params: "1" },
      { params: "null" },
      { result: "1" },
    ]) {
      expect(read(request({ ...broken, id: "1e2" }))).toEqual({ kind: "invalid", id: "1e2", code: -32600 });
      expect(read(request({ ...broken, id: "[]" }))).toEqual({ kind: "invalid", id: "null", code: -32600 });
      expect(read(request(broken))).toEqual({ kind: "invalid", id: "null", code: -32600 });
    }
  });
});

describe("kinds", () => {
  it("without an id it is a notification, with null it is a request", () => {
    expect(read(request({}))).toMatchObject({ kind: "notification", method: "m" });
    expect(read(request({ id: "null" }))).toMatchObject({ kind: "request", id: "null" });
  });

  it.each([
    ['{"jsonrpc":"2.0","result":1,"id":1}', "1", true, false],
    ['{"jsonrpc":"2.0","error":{"code":1,"message":""},"id":"a"}', '"a"', false, true],
    ['{"jsonrpc":"2.0","result":1,"error":{},"id":1}', "1", true, true],
    ['{"jsonrpc":"1.0","result":1,"id":1}', "1", true, false],
    ['{"result":1}', "null", true, false],
    ['{"error":null,"id":[]}', "null", false, true],
    ['{"error":1,"params":3}', "null", false, true],
  ])("%s is a response, and no response is ever answered", (source, id, hasResult, hasError) => {
    for (const mode of ["strict", "lenient"] as const) {
      const message = read(source, {}, mode); // literals
      if (message.kind !== "response") throw new Error(message.kind);
      expect([message.id, message.result !== undefined, message.error !== undefined]).toEqual([
        id,
        hasResult,
        hasError,
      ]);
    }
  });

  it("what answers a response would be answered itself: an error of ours is a response too", () => {
    expect(read(text(errorPayload("null", codes.invalidRequest)))).toMatchObject({ kind: "response", id: "null" });
  });

  it("lenient takes a message with neither jsonrpc nor id for a notification, and nothing else", () => {
    const both = (source: string): string[] => [read(source).kind, read(source, {}, "lenient").kind];
    expect(both('{"method":"connect"}')).toEqual(["invalid", "notification"]);
    expect(both('{"method":"connect","params":[]}')).toEqual(["invalid", "notification"]);
    expect(both('{"method":"connect","params":1}')).toEqual(["invalid", "invalid"]);
    expect(both('{"method":1}')).toEqual(["invalid", "invalid"]);
    expect(both('{"method":"connect","id":1}')).toEqual(["invalid", "invalid"]);
    expect(both('{"method":"connect","id":null}')).toEqual(["invalid", "invalid"]);
    expect(both('{"method":"connect","jsonrpc":"1.0"}')).toEqual(["invalid", "invalid"]);
    expect(both('{"method":"connect","jsonrpc":null}')).toEqual(["invalid", "invalid"]);
    expect(both('{"method":"connect","result":1}')).toEqual(["invalid", "invalid"]);
    expect(both("{}")).toEqual(["invalid", "invalid"]);
  });

  it("names and values may be written with escapes", () => {
    const message = read(
      '{"\\u006asonrpc":"\\u0032.0","m\\u0065thod":"e\\u0063ho\\n","\\u0069d":7,"p\\u0061rams":[1]}',
    );
    expect(message).toMatchObject({ kind: "request", id: "7", method: "echo\n" });
    expect(message.kind === "request" && message.params?.parse()).toEqual([1]);
  });

  it.each(['"2.0 "', '"2"', '"2.00"', "2.0", '["2.0"]', '"\\u0032.1"'])("a version of %s is refused", (jsonrpc) => {
    expect(read(request({ jsonrpc, id: "1" }))).toMatchObject({ kind: "invalid", id: "1" });
  });

  it("params are parsed when asked for, each time anew, and nobody's prototype is touched", () => {
    const message = read(request({ params: '{"__proto__":{"admin":true},"é":"\\ud83d\\ude00"}' }));
    if (message.kind !== "notification") throw new Error(message.kind);
    const params = message.params?.parse();
    expect(Object.keys(params ?? {})).toEqual(["__proto__", "é"]);
    expect(params).not.toHaveProperty("admin");
    expect(message.params?.parse()).not.toBe(params);
    expect(Buffer.from(message.params?.copy() ?? []).toString()).toBe(
      '{"__proto__":{"admin":true},"é":"\\ud83d\\ude00"}',
    );
  });

  it("the elements of a batch are messages each", () => {
    const source = ` [${request({ id: "1" })}, 5,[] ,${request({})}, {"result":1}] `;
    const message = read(source);
    if (message.kind !== "batch") throw new Error(message.kind);
    const kinds = message.elements.map((element) => element.read(scanner, defaultLimits, "strict").kind);
    expect(kinds.slice(0, 2)).toEqual(["request", "invalid"]);
    expect(kinds.slice(3)).toEqual(["notification", "response"]);
  });
});

describe("limits", () => {
  it("a method of as many bytes as allowed is read, one more is refused", () => {
    for (const name of ["m".repeat(16), "é".repeat(8)]) {
      const limits = { maxMethodBytes: 16 };
      expect(read(request({ method: `"${name}"`, id: "1" }), limits)).toMatchObject({ kind: "request", method: name });
      expect(read(request({ method: `"${name}x"`, id: "1" }), limits)).toMatchObject({ kind: "invalid", id: "1" });
    }
  });

  it("an id of as many bytes as allowed is read, one more is refused with id null", () => {
    for (const id of [`"${"x".repeat(14)}"`, "1234567890123456"]) {
      const longer = id.replace("x", "xx").replace(/^1/, "11");
      expect(read(request({ id }), { maxIdBytes: 16 })).toMatchObject({ kind: "request", id });
      expect(read(request({ id: longer }), { maxIdBytes: 16 })).toMatchObject({ kind: "invalid", id: "null" });
    }
  });

  it("a batch of as many elements as allowed is read, one more is one error, and none is run", () => {
    const batch = (length: number): Message => read(`[${Array(length).fill(request({ id: "1" }))}]`, { maxBatch: 10 });
    expect(batch(10)).toMatchObject({ kind: "batch", elements: { length: 10 } });
    expect(batch(11)).toEqual({ kind: "invalid", id: "null", code: codes.invalidRequest });
    expect(batch(0)).toEqual({ kind: "invalid", id: "null", code: codes.invalidRequest });
  });

  it("a text as deep as allowed is read, one level more is refused", () => {
    const nested = (depth: number): Message => {
      return read(request({ params: "[".repeat(depth - 1) + "]".repeat(depth - 1), id: "1" }), { maxDepth: 9 });
    };
    expect(nested(9)).toMatchObject({ kind: "request" });
    expect(nested(10)).toEqual({ kind: "invalid", id: "null", code: codes.invalidRequest });
  });

  it("an answer as long as allowed is sent, a longer one becomes -32603", () => {
    const limits = resolveLimits({ maxFrameBytes: 100 });
    const room = 100 - text(resultPayload("1", "", limits)).length;
    for (const value of [
      "x".repeat(room),
      "é".repeat(room / 2),
      new RawJson(Buffer.from(`"${"é".repeat(room / 2)}"`)),
    ]) {
      expect(payloadBytes(resultPayload("1", value, limits))).toBe(100);
    }
    for (const value of ["x".repeat(room + 1), `${"é".repeat(room / 2)}x`, new RawJson(Buffer.from("1".repeat(200)))]) {
      expect(JSON.parse(text(resultPayload("1", value, limits))).error.code).toBe(codes.internalError);
    }
  });
});

describe("answers", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  let nest: unknown = 1;
  for (let i = 0; i < 100_000; i++) nest = [nest];
  const throwing = {
    toJSON(): never {
      throw new Error("/home/somebody/secret.ts");
    },
  };

  it.each([
    ["a BigInt", 1n],
    ["a cycle", cycle],
    // Node 26 writes any depth: there is then no such value.
    ...(overflows(nest) ? [["a nest too deep for JSON.stringify", nest]] : []),
    ["an object whose toJSON throws", throwing],
  ])("%s is answered with -32603 and the fixed text", (_name, value) => {
    expect(text(resultPayload("5", value, defaultLimits))).toBe(
      '{"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error"},"id":5}',
    );
  });

  it.each([undefined, null, 0, false, "", [], {}])("%j is a result, and there is no error beside it", (value) => {
    const answer = JSON.parse(text(resultPayload("1", value, defaultLimits)));
    expect(answer).toEqual({ jsonrpc: "2.0", result: value ?? null, id: 1 });
  });

  it("what JSON.stringify writes for half a surrogate pair is what is sent", () => {
    expect(text(resultPayload("1", "\ud800é", defaultLimits))).toBe('{"jsonrpc":"2.0","result":"\\ud800é","id":1}');
  });

  it("an error has data if it is given, and if JSON can say it", () => {
    const data = (value: unknown): unknown => JSON.parse(text(errorPayload("1", 7, "no", value))).error;
    expect(data({ a: 1 })).toEqual({ code: 7, message: "no", data: { a: 1 } });
    expect(data(null)).toEqual({ code: 7, message: "no", data: null });
    expect(data(undefined)).toEqual({ code: 7, message: "no" });
    expect(data(cycle)).toEqual({ code: 7, message: "no" });
  });

  it("an error's text is written as JSON, whatever is in it", () => {
    const message = '"},"id":9}\u001b[31m\n';
    expect(JSON.parse(text(errorPayload("1", 7, message)))).toEqual({
      jsonrpc: "2.0",
      error: { code: 7, message },
      id: 1,
    });
    expect(text(errorPayload("1", 7, message))).not.toContain("\u001b");
  });

  it("what we ask is read as it was meant", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 20 }),
        fc.option(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), { nil: undefined }),
        fc.option(fc.nat().map(String), { nil: undefined }),
        (method, params, id) => {
          const message = read(text(requestPayload(id, method, params)));
          if (message.kind !== "request" && message.kind !== "notification") throw new Error(message.kind);
          expect(message.kind === "request" ? message.id : undefined).toBe(id);
          expect(message.params?.parse()).toEqual(
            params === undefined ? undefined : JSON.parse(JSON.stringify(params)),
          );
          // A lone surrogate is an escape in the text, and the same lone surrogate again here.
          expect(message.method).toBe(method);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([null, 1, "x", true])("params of %j are refused where they are made", (params) => {
    expect(() => requestPayload("1", "lamp", params)).toThrow(/params of lamp must be an Array or an object, not/);
  });

  it("a batch is an array of its messages", () => {
    const payloads = [resultPayload("1", new RawJson(Buffer.from("[2]")), defaultLimits), errorPayload("3", 4, "five")];
    expect(JSON.parse(text(batchPayload(payloads)))).toEqual([
      { jsonrpc: "2.0", result: [2], id: 1 },
      { jsonrpc: "2.0", error: { code: 4, message: "five" }, id: 3 },
    ]);
  });
});

function overflows(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return false;
  } catch {
    return true;
  }
}
