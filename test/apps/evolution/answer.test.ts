// What is answered to which message: by every system the same.

import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, it } from "vitest";
import { answer } from "../../../apps/evolution/answer.ts";

const answered = (text: string | Uint8Array): string | undefined => answer(Buffer.from(text));
const refused = (code: number, message: string, id = "null"): string =>
  `{"jsonrpc":"2.0","error":{"code":${code},"message":"${message}"},"id":${id}}`;

it.each(["foo", "connect", "heartbeat"])("%s is ok", (method) => {
  expect(answered(`{"jsonrpc": "2.0", "method": "${method}", "id": "abcdefgh"}`)).toBe(
    '{"jsonrpc":"2.0","result":"ok","id":"abcdefgh"}',
  );
});

it.each(["0", "-1", "1e2", "9007199254740993", '"\\u0061"', "null"])("an id of %s goes back as it came", (id) => {
  expect(answered(`{"jsonrpc":"2.0","method":"foo","id":${id}}`)).toBe(`{"jsonrpc":"2.0","result":"ok","id":${id}}`);
});

it.each([
  ["a notification", '{"jsonrpc":"2.0","method":"foo"}'],
  ["a notification of what is not known", '{"jsonrpc":"2.0","method":"bar"}'],
  ["a result", '{"jsonrpc":"2.0","result":"ok","id":1}'],
  ["an error", '{"jsonrpc":"2.0","error":{"code":1,"message":"no"},"id":1}'],
  ["a batch of these", '[{"jsonrpc":"2.0","method":"foo"},{"jsonrpc":"2.0","result":"ok","id":1}]'],
])("%s has no answer", (_what, text) => {
  expect(answered(text)).toBeUndefined();
});

it.each([
  ["an unknown method", '{"jsonrpc":"2.0","method":"bar","id":7}', refused(-32601, "Method not found", "7")],
  [
    "a method of every object",
    '{"jsonrpc":"2.0","method":"toString","id":7}',
    refused(-32601, "Method not found", "7"),
  ],
  ["no JSON", '{"jsonrpc":', refused(-32700, "Parse error")],
  ["an empty frame", "", refused(-32700, "Parse error")],
  ["a number", "7", refused(-32600, "Invalid Request")],
  ["a request without a version", '{"method":"foo","id":7}', refused(-32600, "Invalid Request", "7")],
  ["an id that is an object", '{"jsonrpc":"2.0","method":"foo","id":{}}', refused(-32600, "Invalid Request")],
  ["an empty batch", "[]", refused(-32600, "Invalid Request")],
  ["a nest of a million levels", "[".repeat(1_000_000), refused(-32600, "Invalid Request")],
])("%s is answered with an error", (_what, text, error) => {
  expect(answered(text)).toBe(error);
});

it("what is no UTF-8 is answered with an error", () => {
  const bytes = Buffer.concat([Buffer.from('{"jsonrpc":"2.0","method":"'), Buffer.of(0xff), Buffer.from('","id":1}')]);
  expect(answered(bytes)).toBe(refused(-32700, "Parse error"));
});

it("a batch is answered by a batch, its wrong elements one by one", () => {
  const ask = '{"jsonrpc":"2.0","method":"foo","id":1}';
  expect(answered(`[${ask}, [], 7, ${ask}]`)).toBe(
    `[${[answered(ask), refused(-32600, "Invalid Request"), refused(-32600, "Invalid Request"), answered(ask)].join(",")}]`,
  );
});

it("whatever comes, the answer is JSON or nothing, and nothing is thrown", () => {
  const body = fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from));
  fc.assert(
    fc.property(body, (bytes) => {
      const text = answer(bytes);
      if (text === undefined) return;
      for (const reply of [JSON.parse(text)].flat()) expect(reply).toMatchObject({ jsonrpc: "2.0", error: {} });
    }),
  );
});
