// Bodies, and the client: however the bytes arrive, they are the same; and none of the next message is taken.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  Body,
  type BodyLength,
  HttpError,
  type MessageLimits,
  messageLimits,
  readResponse,
  sendRequest,
} from "../../../apps/lib/http/index.ts";
import { accept, Reader, readUntil, sendAll } from "../../../apps/lib/index.ts";
import { type Program, SyscallError } from "../../../kernel/syscall.ts";
import { Connect, Listen, NewTask, Sleep } from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";

const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** What a program reads of a peer that sends pieces, one each so many milliseconds, and ends. */
function reading<T>(pieces: readonly string[], read: (reader: Reader) => Program<T>, ends = true, everyMs = 1): T {
  return run(function* () {
    const listener = yield* new Listen({ port: 7000 });
    yield* new NewTask(
      (function* (): Program<void> {
        const connection = yield* new Connect({ port: 7000 });
        for (const piece of pieces) {
          yield* sendAll(connection, latin1(piece));
          yield* new Sleep(everyMs);
        }
        if (ends) connection.shutdown();
        yield* new Sleep(100_000); // an end closes what it owns
      })(),
    );
    return yield* read(new Reader(yield* accept(listener)));
  }).value;
}

interface Outcome {
  /** The body, or the status it was refused with. */
  readonly body: string | number;
  readonly trailers: readonly (readonly [string, string])[];
  /** What came behind it. */
  readonly rest: string;
}

function* all(reader: Reader, length: BodyLength, limits: MessageLimits): Program<Outcome> {
  const body = new Body(reader, length, { limits });
  let said: string | number;
  try {
    said = text(yield* body.bytes());
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { body: error.status, trailers: [], rest: "" };
  }
  let rest = "";
  while (said !== "" || rest === "") {
    const bytes = yield* readUntil(reader, "!", 1_000);
    if (bytes === null) break;
    rest += text(bytes);
  }
  return { body: said, trailers: [...body.trailers], rest };
}

const outcome = (sent: readonly string[], length: BodyLength, limits: Partial<MessageLimits> = {}): Outcome =>
  reading(sent, (reader) => all(reader, length, { ...messageLimits, ...limits }));

/** A text in pieces, cut at some places. */
const cut = (whole: string, places: readonly number[]): string[] => {
  const ends = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
  return [...ends, whole.length]
    .map((end, i) => whole.slice(i === 0 ? 0 : ends[i - 1], end))
    .filter((piece) => piece !== "");
};

describe("a body", () => {
  const chunked = "5;a=b\r\nhello\r\n00a\r\n, and more\r\n0\r\nX-Sum: 15\r\n\r\nnext!";

  test("is the same in whatever pieces it comes, and what is behind it stays", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(80), { maxLength: 8 }), (places) => {
        expect(outcome(cut("hellonext!", places), 5)).toEqual({ body: "hello", trailers: [], rest: "next!" });
        const said = { body: "hello, and more", trailers: [["X-Sum", "15"]], rest: "next!" };
        expect(outcome(cut(chunked, places), "chunked")).toEqual(said);
      }),
      { numRuns: 50 },
    );
  });

  test("each byte for itself", () => {
    expect(outcome([...chunked], "chunked").body).toBe("hello, and more");
  });

  test("has few pieces, however many chunks it was sent in: those that came together are one", () => {
    const pieces = reading([`${"1\r\na\r\n".repeat(3_000)}0\r\n\r\n`], function* (reader) {
      const body = new Body(reader, "chunked");
      const lengths: number[] = [];
      for (let piece = yield* body.next(); !piece.done; piece = yield* body.next()) lengths.push(piece.value.length);
      return lengths;
    });
    expect(pieces.reduce((sum, length) => sum + length)).toBe(3_000);
    expect(pieces.length).toBeLessThan(30);
  });

  test("gives what was good before what is not", () => {
    const seen = reading(["2\r\nab\r\n2\r\ncd\r\nx\r\n"], function* (reader) {
      const body = new Body(reader, "chunked");
      const first = yield* body.next();
      try {
        yield* body.next();
      } catch (error) {
        return [first.done ? "" : text(first.value), error instanceof HttpError && error.status];
      }
      return [];
    });
    expect(seen).toEqual(["abcd", 400]);
  });

  test("may end with its connection", () => {
    expect(outcome(["one", "two"], "close")).toMatchObject({ body: "onetwo", rest: "" });
  });

  test("of no bytes takes none", () => {
    expect(outcome(["next!"], 0)).toMatchObject({ body: "", rest: "next!" });
    expect(outcome(["0\r\n\r\nnext!"], "chunked")).toMatchObject({ body: "", rest: "next!" });
  });

  test.each([
    ["5\r\nhello6\r\n", 400],
    ["5\r\nhello!\r\n0\r\n\r\n", 400],
    ["4\r\nhello\r\n0\r\n\r\n", 400],
    ["5\nhello\r\n0\r\n\r\n", 400],
    ["5 \r\nhello\r\n0\r\n\r\n", 400],
    ["5\t;a\r\nhello\r\n0\r\n\r\n", 400],
    [" 5\r\nhello\r\n0\r\n\r\n", 400],
    ["0x5\r\nhello\r\n0\r\n\r\n", 400],
    ["+5\r\nhello\r\n0\r\n\r\n", 400],
    ["-5\r\nhello\r\n0\r\n\r\n", 400],
    ["\r\n0\r\n\r\n", 400],
    [";a\r\n0\r\n\r\n", 400],
    ["5;a\nb\r\nhello\r\n0\r\n\r\n", 400],
    ["5;\0\r\nhello\r\n0\r\n\r\n", 400],
    ["fffffffffffff\r\n", 400],
    [`5;${"a".repeat(600)}\r\nhello\r\n0\r\n\r\n`.slice(0, 640), 400],
    ["5\r\nhello\r\n0\r\nbad\r\n\r\n", 400],
    ["5\r\nhello\r\n0\r\nX: a\nY: b\r\n\r\n", 400],
    ["5\r\nhello\r\n0\r\nX : a\r\n\r\n", 400],
    ["5\r\nhel", 400],
    ["5\r\nhello\r\n", 400],
    ["5\r\nhello\r\n0\r\n", 400],
    ["ffffffff\r\n", 400],
  ])("in chunks, %j is refused with %i", (sent, status) => {
    expect(outcome([sent], "chunked").body).toBe(status);
  });

  test("that ends too early is refused", () => {
    expect(outcome(["hel"], 5).body).toBe(400);
  });

  test("over its limit is refused, at once where its length is known", () => {
    expect(() => new Body(new Reader({} as never), 5, { limits: { ...messageLimits, maxBodyBytes: 4 } })).toThrow(
      expect.objectContaining({ status: 413, code: "EMSGSIZE" }),
    );
    expect(outcome(["5\r\nhello\r\n0\r\n\r\n"], "chunked", { maxBodyBytes: 4 }).body).toBe(413);
    expect(outcome(["5\r\nhello\r\n0\r\n\r\nnext!"], "chunked", { maxBodyBytes: 5 }).body).toBe("hello");
    expect(outcome(["hello"], "close", { maxBodyBytes: 4 }).body).toBe(413);
  });

  test("has bounds for its extensions together, and for its trailers", () => {
    const extended = `1;${"a".repeat(50)}\r\nx\r\n`;
    const limits = { maxHeadBytes: 200, maxHeaders: 3 };
    expect(outcome([`${extended.repeat(3)}0\r\n\r\nnext!`], "chunked", limits).body).toBe("xxx");
    expect(outcome([`${extended.repeat(4)}0\r\n\r\n`], "chunked", limits).body).toBe(400);
    expect(outcome([`0\r\n${"X: y\r\n".repeat(4)}\r\n`], "chunked", limits).body).toBe(431);
    expect(outcome([`0\r\nX: ${"y".repeat(150)}\r\nX: ${"y".repeat(150)}\r\n\r\n`], "chunked", limits).body).toBe(431);
  });

  test("of which nothing comes is 408 after bodyMs", () => {
    const late = reading(["3\r\nab"], (reader) => all(reader, "chunked", { ...messageLimits, bodyMs: 500 }), false);
    expect(late.body).toBe(408);
  });

  test.each(["chunked", 100] as const)("that drips (%s) is 408, however often some of it comes", (length) => {
    const limits = { ...messageLimits, bodyMs: 50, minBytesPerSecond: 100 };
    const drops = Array.from({ length: 100 }, () => (length === "chunked" ? "1\r\na\r\n" : "a"));
    const dripping = (everyMs: number) => reading(drops, (reader) => all(reader, length, limits), false, everyMs).body;
    expect(dripping(20)).toBe(408);
  });

  test("that came wrong once stays wrong, whoever asks again", () => {
    const errors = reading(["3\r\nabcd\r\n2\r\nok\r\n0\r\n\r\n"], function* (reader) {
      const body = new Body(reader, "chunked");
      const seen: unknown[] = [];
      for (let tries = 0; tries < 4; tries++) {
        try {
          yield* body.next();
        } catch (error) {
          seen.push(error);
        }
      }
      return [seen.length, new Set(seen).size, seen[0] === body.failure, body.isOver];
    });
    expect(errors).toEqual([3, 1, true, false]);
  });

  test("is read no further than it is asked for", () => {
    const seen = reading(["a".repeat(100_000), "b".repeat(100_000)], function* (reader) {
      const body = new Body(reader, 200_000);
      yield* body.next();
      const { bytesRead } = reader.connection;
      yield* new Sleep(1_000);
      return [bytesRead <= 65_536, reader.connection.bytesRead === bytesRead, body.isOver];
    });
    expect(seen).toEqual([true, true, false]);
  });

  test("can be passed over, as far as one likes", () => {
    const passed = (length: BodyLength, maxBytes: number): boolean =>
      reading(["5\r\nhello\r\n", "0\r\n\r\n"], function* (reader) {
        return yield* new Body(reader, length).discard(maxBytes);
      });
    expect([passed("chunked", 5), passed("chunked", 4), passed(15, 15), passed(15, 14)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe("a client", () => {
  /** What the server got, and what the client makes of its answer. */
  function asking(answer: string, method = "GET"): { sent: string; got: unknown } {
    return run(function* () {
      const listener = yield* new Listen({ port: 80 });
      let sent = "";
      yield* new NewTask(
        (function* (): Program<void> {
          const reader = new Reader(yield* accept(listener));
          sent = text((yield* readUntil(reader, "\r\n\r\n", 1_000)) ?? new Uint8Array(0));
          yield* sendAll(reader.connection, latin1(answer));
        })(),
      );
      const reader = new Reader(yield* new Connect({ port: 80 }));
      yield* sendRequest(reader.connection, { method, target: "/a?b", host: "x:80", headers: { accept: "*/*" } });
      try {
        const { status, body, goesOn } = yield* readResponse(reader, method);
        return { sent, got: [status, yield* body.text(), goesOn] };
      } catch (error) {
        if (error instanceof HttpError) return { sent, got: error.status };
        return { sent, got: error instanceof SyscallError ? error.code : error };
      }
    }).value;
  }

  test("sends its request, and reads the response", () => {
    const { sent, got } = asking("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    expect(sent).toBe("GET /a?b HTTP/1.1\r\nhost: x:80\r\naccept: */*\r\n\r\n");
    expect(got).toEqual([200, "hi", true]);
  });

  test.each([
    [
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhi",
      [200, "hi", false],
    ],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", [200, "hi", true]],
    ["HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", [200, "hi", false]],
    ["HTTP/1.1 204 No Content\r\n\r\n", [204, "", true]],
    ["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", "EPROTO"],
    ["HTTP/1.1 200 OK\r\nContent-Le", "EPROTO"],
    ["", "EPROTO"],
    ["HTTP/1.1 100 Continue\r\n\r\n".repeat(11), 502],
    [`HTTP/1.1 200 OK\r\nA: ${"b".repeat(20_000)}\r\n\r\n`.slice(0, 20_000), 502],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 502],
    ["HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", 502],
  ])("makes of %j …", (answer, made) => {
    expect(asking(answer).got).toEqual(made);
  });

  test("expects no body where there can be none", () => {
    expect(asking("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD").got).toEqual([200, "", true]);
  });

  test.each([
    [{ target: "/a b" }],
    [{ target: "/\r\nX: y" }],
    [{ target: "/é" }],
    [{ target: "" }],
    [{ target: "/", method: "G T" }],
    [{ target: "/", headers: { "a b": "c" } }],
    [{ target: "/", headers: { a: "b\r\nc: d" } }],
    [{ target: "/", headers: { a: "b\nc" } }],
    [{ target: "/", headers: { a: ["b", "c\r"] } }],
    [{ target: "/", headers: { a: "\0" } }],
    [{ target: "/", headers: { a: "€" } }],
    [{ target: "/", headers: { a: " b" } }],
    [{ target: "/", host: "a\r\nb" }],
    [{ target: "/", headers: { Host: "b" } }],
    [{ target: "/", headers: { "Content-Length": 3 } }],
    [{ target: "/", headers: { "transfer-encoding": "chunked" } }],
  ])("does not send %j", (request) => {
    const code = run(function* () {
      yield* new Listen({ port: 80 });
      const connection = yield* new Connect({ port: 80 });
      try {
        yield* sendRequest(connection, { host: "a", ...request });
      } catch (error) {
        return [error instanceof SyscallError && error.code, connection.bytesWritten];
      }
      return "sent";
    }).value;
    expect(code).toEqual(["EINVAL", 0]);
  });
});
