// A client gives up a request: it ends wherever it is, is answered once, and nothing else is touched.

import { describe, expect, test } from "vitest";
import { methodTable } from "../../../apps/rpc/index.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import { Sleep } from "../../../syscalls/index.ts";
import { errorText, request } from "./wire.ts";
import { type World, world } from "./world.ts";

const sum = { sum: () => 42 };
const cancelled = (id: string): string => errorText(-32800, "Request cancelled", id);
const result = (text: string): string => `{"jsonrpc":"2.0","result":${text},"id":1}`;

describe("$/cancelRequest", () => {
  let ended = 0;
  const work = routine(function* work(): Program<string> {
    try {
      yield* new Sleep(1_000);
      return "done";
    } finally {
      ended++;
    }
  });
  const methods = methodTable({ ...sum, work, constant: () => 1 });
  const cancel = (token: string): string => `{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":${token}}}`;
  const asks = (token: string): string => `{"jsonrpc":"2.0","method":"work","id":${token}}`;

  function* conversation(world: World, ...texts: readonly string[][]): Program<string[]> {
    const client = yield* world.connect();
    for (const together of texts) {
      yield* client.send(...together);
      yield* new Sleep(10);
    }
    yield* new Sleep(2_000);
    return [...(yield* client.settled()), `${world.counters.cancelled} cancelled, ${ended} ended`];
  }

  function said(...texts: readonly string[][]): string[] {
    ended = 0;
    return world((world) => conversation(world, ...texts), { methods }).value;
  }

  test.each(['"a"', "1", "1e2", "-0", "9007199254740993", '"\\u00e9"', '"ключ"', '""'])(
    "ends the request with the id %s, named as it was",
    (token) => {
      expect(said([asks(token)], [cancel(token)])).toEqual([cancelled(token), "1 cancelled, 1 ended"]);
    },
  );

  test("in one packet with its request ends it before it has begun", () => {
    expect(said([asks("1"), cancel("1")])).toEqual([cancelled("1"), "1 cancelled, 0 ended"]);
    const many = Array.from({ length: 400 }, (_, id) => [asks(String(id)), cancel(String(id))]).flat();
    const replies = said(many);
    expect(replies.length).toBe(401);
    expect(new Set(replies).size).toBe(401);
    expect(replies.filter((reply) => reply.includes("-32800")).length).toBe(400);
  });

  test("ends one of two requests with one id, and the other one is answered", () => {
    expect(said([asks("1"), asks("1")], [cancel("1")])).toEqual([
      cancelled("1"),
      '{"jsonrpc":"2.0","result":"done","id":1}',
      "1 cancelled, 2 ended",
    ]);
  });

  test("completes the batch that its request is in", () => {
    expect(said([`[${asks("1")},${asks("2")},${request("constant", [], 3)}]`], [cancel("1"), cancel("2")])).toEqual([
      `[${cancelled("1")},${cancelled("2")},{"jsonrpc":"2.0","result":1,"id":3}]`,
      "2 cancelled, 2 ended",
    ]);
  });

  test("that names nothing, or nothing any more, does nothing and is not answered", () => {
    const nothing = [
      cancel("7"),
      cancel("null"),
      cancel('"1"'),
      cancel("[1]"),
      request("$/cancelRequest"),
      request("$/cancelRequest", [1]),
      request("$/cancelRequest", {}),
    ];
    const answered = '{"jsonrpc":"2.0","result":"done","id":1}';
    expect(said([asks("1")], nothing)).toEqual([answered, "0 cancelled, 1 ended"]);
    expect(said([request("constant", [], 1)], [cancel("1")])).toEqual([result("1"), "0 cancelled, 0 ended"]);
  });

  test("as a request is a method that there is not", () => {
    expect(said([request("$/cancelRequest", { id: 1 }, 2)])).toEqual([
      errorText(-32601, "Method not found", "2"),
      "0 cancelled, 0 ended",
    ]);
  });
});
