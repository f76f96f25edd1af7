// Reading exact counts, delimiters and lines from a stream that arrives in any pieces.

import { describe, expect, test } from "vitest";
import { accept, lines, Reader, readExactly, readLine, readUntil, sendAll } from "../../../apps/lib/index.ts";
import type { Call, Program } from "../../../kernel/syscall.ts";
import { Connect, Listen, NewTask } from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : error;
}

/** What a program reads of a peer that sends text and ends. */
function reading<T>(sent: string | Uint8Array, read: (reader: Reader) => Call<T> | Program<T>, seed = 1): T | unknown {
  return run(
    function* () {
      const listener = yield* new Listen({ port: 7000 });
      yield* new NewTask(
        (function* (): Program<void> {
          const connection = yield* new Connect({ port: 7000 });
          yield* sendAll(connection, typeof sent === "string" ? new TextEncoder().encode(sent) : sent);
          connection.shutdown();
        })(),
      );
      const reader = new Reader(yield* accept(listener));
      try {
        return yield* read(reader);
      } catch (error) {
        return codeOf(error);
      }
    },
    { faults: "benign", seed },
  ).value;
}

describe.each([1, 2, 3, 4, 5])("however the bytes arrive, seed %i", (seed) => {
  test("lines end with LF or CRLF, and the last needs neither", () => {
    expect(reading("one\ntwo\r\n\nlast", (reader) => lines(reader), seed)).toEqual(["one", "two", "", "last"]);
  });

  test("an exact count is exact, and the rest stays for the next", () => {
    const two = function* (reader: Reader): Program<number[]> {
      const first = yield* readExactly(reader, 3);
      return [...first, ...(yield* readExactly(reader, 2))];
    };
    expect(reading(Uint8Array.of(1, 2, 3, 4, 5, 6), two, seed)).toEqual([1, 2, 3, 4, 5]);
  });
});

test("a delimiter may be text", () => {
  const head = function* (reader: Reader): Program<string> {
    return new TextDecoder().decode((yield* readUntil(reader, "\r\n\r\n", 100)) ?? undefined);
  };
  expect(reading("GET / HTTP/1.1\r\n\r\nrest", head)).toBe("GET / HTTP/1.1\r\n\r\n");
});

test("a byte order mark and a lone CR are part of their line", () => {
  expect(reading("\uFEFFa\nb\r", (reader) => lines(reader))).toEqual(["\uFEFFa", "b\r"]);
});

test("a count that is negative, fractional or endless is EINVAL, and nothing is taken", () => {
  for (const count of [-5, 1.5, Number.POSITIVE_INFINITY, Number.NaN]) {
    expect(reading("abc", (reader) => readExactly(reader, count))).toBe("EINVAL");
  }
});

test("no more is taken than is there", () => {
  const reader = new Reader({} as never); // nothing is read from the connection
  reader.append(Uint8Array.of(1, 2));
  expect([...reader.take(10)]).toEqual([1, 2]);
  expect(reader.available).toBe(0);
  expect([...reader.take(-1)]).toEqual([]);
});

test("a peer that ends in between is EPROTO, and what had come stays", () => {
  const kept = function* (reader: Reader): Program<[unknown, number]> {
    try {
      yield* readExactly(reader, 4);
    } catch (error) {
      return [codeOf(error), reader.available];
    }
    return ["none", 0];
  };
  expect(reading("abc", kept)).toEqual(["EPROTO", 3]);
  expect(reading("abc", (reader) => readUntil(reader, Uint8Array.of(59), 10))).toBe("EPROTO");
});

test("a delimiter is found at the bound, and one byte beyond it is EMSGSIZE", () => {
  const until = (maxBytes: number) => (reader: Reader) => readUntil(reader, Uint8Array.of(59, 59), maxBytes);
  expect(reading("abcd;;x", until(6))).toEqual(new TextEncoder().encode("abcd;;"));
  expect(reading("abcd;;x", until(5))).toBe("EMSGSIZE");
});

test("a line that is not UTF-8 is EPROTO", () => {
  expect(reading(Uint8Array.of(0xff, 10), (reader) => readLine(reader))).toBe("EPROTO");
});

test.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
  "a bound of %f bytes is EINVAL, and nothing is taken",
  (maxBytes) => {
    expect(reading("a\nb", (reader) => readUntil(reader, Uint8Array.of(10), maxBytes))).toBe("EINVAL");
    expect(reading("a\nb", (reader) => readLine(reader, maxBytes))).toBe("EINVAL");
    expect(() => lines(new Reader({} as never)).next(maxBytes)).toThrow(/maxBytes of a line is/); // nothing is read from it
  },
);
