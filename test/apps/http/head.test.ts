// Heads, pure: what they say, and what is refused because two programs could understand it in two ways.

import fc from "fast-check";
import { HTTPParser } from "http-parser-js";
import { describe, expect, test } from "vitest";
import {
  HttpError,
  mayGoOn,
  messageLimits,
  parseRequestHead,
  parseResponseHead,
  type RequestHead,
  requestLength,
  responseLength,
} from "../../../apps/lib/http/index.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** The status with which a request is refused; 0: it is not. */
function refused(text: string, limits = messageLimits): number {
  try {
    requestLength(parseRequestHead(bytes(text), limits));
    return 0;
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  }
}

const get = "GET / HTTP/1.1\r\nHost: a\r\n";
const post = "POST / HTTP/1.1\r\nHost: a\r\n";

describe("a request head", () => {
  test("says method, target, version and fields", () => {
    const head = parseRequestHead(
      bytes("POST /a?b=c HTTP/1.1\r\nhOsT: x:80\r\nX-One: 1\r\nx-one:\t 2 \r\nX-Latin: caf\xe9\r\nEmpty:\r\n\r\n"),
    );
    expect([head.method, head.target, head.version]).toEqual(["POST", "/a?b=c", "1.1"]);
    expect([head.headers.get("host"), head.headers.get("X-ONE"), head.headers.get("none")]).toEqual([
      "x:80",
      "1, 2",
      undefined,
    ]);
    expect([...head.headers].at(-2)).toEqual(["X-Latin", "caf\xe9"]);
    expect([head.headers.get("empty"), head.headers.has("empty"), head.headers.size]).toEqual(["", true, 5]);
  });

  test.each([
    ["GET / HTTP/1.0\r\n\r\n", "an old one needs no Host"],
    [`\r\n${get}\r\n`, "an empty line before it is passed over"],
    ["GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n", "absolute form"],
    ["OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "asterisk form"],
    ["GET / HTTP/1.1\r\nHost:\r\n\r\n", "an empty Host"],
    ["GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "an IPv6 Host"],
    ["GET / HTTP/1.7\r\nHost: a\r\n\r\n", "a later 1.x is spoken to as 1.1"],
    [`${post}Transfer-Encoding: Chunked\r\n\r\n`, "chunked, in any case"],
    [`${post}Content-Length: 007\r\n\r\n`, "zeros in front"],
  ])("%j is one: %s", (text) => {
    expect(refused(text)).toBe(0);
  });

  test.each([
    // Two lengths, or one that can be read in two ways.
    [`${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    [`${post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n`, 400],
    [`${post}Content-Length: 4\r\nContent-Length: 5\r\n\r\n`, 400],
    [`${post}Content-Length: 4\r\nContent-Length: 4\r\n\r\n`, 400],
    [`${post}Content-Length: 4, 4\r\n\r\n`, 400],
    [`${post}Content-Length: +4\r\n\r\n`, 400],
    [`${post}Content-Length: -1\r\n\r\n`, 400],
    [`${post}Content-Length: 0x4\r\n\r\n`, 400],
    [`${post}Content-Length: 4e0\r\n\r\n`, 400],
    [`${post}Content-Length: 4 4\r\n\r\n`, 400],
    [`${post}Content-Length: 9999999999999999\r\n\r\n`, 400],
    [`${post}Content-Length:\r\n\r\n`, 400],
    [`${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    [`${post}Transfer-Encoding: chunked, chunked\r\n\r\n`, 400],
    [`${post}Transfer-Encoding:\r\n\r\n`, 400],
    [`${post}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501],
    [`${post}Transfer-Encoding: chunked, identity\r\n\r\n`, 501],
    [`${post}Transfer-Encoding: xchunked\r\n\r\n`, 501],
    [`${post}Transfer-Encoding: "chunked"\r\n\r\n`, 501],
    [`${post}Transfer-Encoding: chunked;x=y\r\n\r\n`, 501],
    [`${post}Transfer-Encoding: \x0bchunked\r\n\r\n`, 400],
    [`${post}Transfer-Encoding: \xa0chunked\r\n\r\n`, 501],
    [`${post}Transfer-Encoding: chunked\xa0\r\n\r\n`, 501],
    ["POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
    // Names and values that hide what they are.
    [`${post}Content-Length : 4\r\n\r\n`, 400],
    [`${post}Content-Length\t: 4\r\n\r\n`, 400],
    [`${post} Content-Length: 4\r\n\r\n`, 400],
    [`${post}X: a\r\n Content-Length: 4\r\n\r\n`, 400],
    [`${post}X: a\r\n\tb\r\n\r\n`, 400],
    [`${post}X: a\nContent-Length: 4\r\n\r\n`, 400],
    [`${post}X: a\rContent-Length: 4\r\n\r\n`, 400],
    [`${post}X: a\0b\r\n\r\n`, 400],
    [`${post}X: a\x7f\r\n\r\n`, 400],
    [`${post}: empty\r\n\r\n`, 400],
    [`${post}no colon\r\n\r\n`, 400],
    [`${post}Content\xadLength: 4\r\n\r\n`, 400],
    [`${post}Transfer_Encoding: chunked\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n`, 400],
    // First lines.
    ["GET /\r\n\r\n", 400],
    ["GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400],
    ["GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    [" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["GET / HTTP/1.1\nHost: a\r\n\r\n", 400],
    ["GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["GET http://a\\b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["get / HTTP/1.1\r\nHost: a\r\n\r\n", 501],
    ["BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501],
    ["CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501],
    ["GET / http/1.1\r\nHost: a\r\n\r\n", 400],
    ["GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400],
    ["GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505],
    ["PRI * HTTP/2.0\r\n\r\n", 505],
    ["GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505],
    ["\r\n\r\n", 400],
    ["\x16\x03\x01\x02\0\x01\r\n\r\n", 400],
    // Whose is it?
    ["GET / HTTP/1.1\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: a, b c\r\n\r\n", 400],
  ])("%j is refused with %i", (text, status) => {
    expect(refused(text)).toBe(status);
  });

  test("a target that is too long is 414, too many fields are 431", () => {
    expect(refused(`GET /${"a".repeat(8_192)} HTTP/1.1\r\nHost: a\r\n\r\n`)).toBe(414);
    expect(refused(`GET /${"a".repeat(8_191)} HTTP/1.1\r\nHost: a\r\n\r\n`)).toBe(0);
    expect(refused(`${get}${"x: y\r\n".repeat(100)}\r\n`)).toBe(431);
    expect(refused(`${get}${"x: y\r\n".repeat(99)}\r\n`)).toBe(0);
  });

  test("that is none costs what its bytes cost", () => {
    // With a step for each pair of blanks, as some patterns take them, 16 kB were 200 ms, and this would be minutes.
    expect(refused(`${get}a${" ".repeat(500_000)}\r\n\r\n`)).toBe(400);
    expect(refused(`${get}a${" ".repeat(500_000)}: b\r\n\r\n`)).toBe(400);
  });

  test("a byte beyond ASCII never becomes a line break", () => {
    const head = parseRequestHead(bytes(`${get}X: a\x8d\x8aContent-Length: 4\r\n\r\n`));
    expect(head.headers.get("x")).toBe("a\x8d\x8aContent-Length: 4");
    expect(requestLength(head)).toBe(0);
    expect(HTTPParser.encoding).toBe("ascii"); // whoever else uses the parser finds it as it was
  });

  test("whatever bytes it is, it is a head or refused with a status", () => {
    const piece = fc.constantFrom(
      get,
      post,
      "\r\n",
      "\n",
      "\r",
      ":",
      " ",
      "\t",
      "a",
      "Content-Length: 1",
      "Host: b",
      "\0",
      "\xff",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const status = refused(`${pieces.join("")}\r\n\r\n`);
        expect([0, 400, 414, 431, 501, 505]).toContain(status);
      }),
    );
  });

  test("what it accepts says the same once it is written out again", () => {
    const name = fc
      .stringMatching(/^[a-z][a-z-]{0,8}$/)
      .filter((each) => !["host", "transfer-encoding"].includes(each));
    const value = fc.stringMatching(/^[!-~](?:[ -~]{0,10}[!-~])?$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), (fields) => {
        const lines = fields.map(([field, text]) => `${field}: ${text}\r\n`).join("");
        const { headers } = parseRequestHead(bytes(`${get}${lines}\r\n`));
        expect([...headers].slice(1)).toEqual(fields);
      }),
    );
  });
});

describe("a response head", () => {
  const response = (text: string) => parseResponseHead(bytes(text));

  test.each([
    ["HTTP/1.1 200 OK\r\n\r\n", 200, "OK"],
    ["HTTP/1.1 404\r\n\r\n", 404, ""],
    ["HTTP/1.0 599 a b\r\n\r\n", 599, "a b"],
  ])("%j is one", (text, status, reason) => {
    expect(response(text)).toMatchObject({ status, reason });
  });

  test.each([
    "HTTP/1.1 99 no\r\n\r\n",
    "HTTP/1.1 600 no\r\n\r\n",
    "HTTP/1.1 20 0\r\n\r\n",
    "HTTP/2 200 OK\r\n\r\n",
    "ICY 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
    "<html>\r\n\r\n",
  ])("%j is none", (text) => {
    expect(() => response(text)).toThrow(expect.objectContaining({ status: 502 }));
  });

  test.each([
    ["GET", "HTTP/1.1 200 OK\r\n\r\n", "close"],
    ["GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", 3],
    ["GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "chunked"],
    ["HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", 0],
    ["GET", "HTTP/1.1 204 No Content\r\n\r\n", 0],
    ["GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", 0],
    ["GET", "HTTP/1.1 100 Continue\r\n\r\n", 0],
  ])("to %s, %j has a body of %s", (method, text, length) => {
    expect(responseLength(response(text), method)).toBe(length);
  });

  test("two lengths are none", () => {
    const head = response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n");
    expect(() => responseLength(head, "GET")).toThrow(expect.objectContaining({ status: 502 }));
  });
});

test.each([
  ["1.1", "", true],
  ["1.1", "close", false],
  ["1.1", "keep-alive, Close", false],
  ["1.1", "x", true],
  ["1.0", "", false],
  ["1.0", "Keep-Alive", true],
  ["1.0", "keep-alive, close", false],
  ["1.0", "\xa0keep-alive", false],
])("HTTP/%s with Connection %j goes on: %s", (version, connection, goesOn) => {
  const line = connection === "" ? "" : `Connection: ${connection}\r\n`;
  const head: RequestHead = parseRequestHead(bytes(`GET / HTTP/${version}\r\nHost: a\r\n${line}\r\n`));
  expect(mayGoOn(head)).toBe(goesOn);
});
