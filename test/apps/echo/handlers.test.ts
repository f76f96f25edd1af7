// What handlers may do wrong, and what their clients see of it: the fixed text, once, and a connection that goes on.

import { describe, expect, test } from "vitest";
import {
  type Context,
  codes,
  type Methods,
  methodTable,
  RawHandler,
  RawJson,
  RpcError,
} from "../../../apps/rpc/index.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import { GetTid, ListTasks, Sleep } from "../../../syscalls/index.ts";
import { errorText, request } from "./wire.ts";
import { type Client, Reset, world, worldAsync } from "./world.ts";

const sum = { sum: () => 42 };
const internal = (id: string): string => errorText(-32603, "Internal error", id);
const result = (text: string): string => `{"jsonrpc":"2.0","result":${text},"id":1}`;

const cycle: unknown[] = [];
cycle.push(cycle);
let deep: unknown[] = [];
for (let level = 0; level < 100_000; level++) deep = [deep];
try {
  JSON.stringify(deep);
  deep = cycle; // Node 26 writes any depth: a cycle stands in there
} catch {
  // Too deep, as it should be.
}
const getter = thenable({ get: () => fail("/secret/path") });
const proxy = new Proxy({}, { has: () => fail("/secret/path"), get: () => fail("/secret/path") });
const napped = routine(function* napped(): Program<string> {
  yield* new Sleep(5);
  return "napped";
});
const throwing = routine(function* throwing(): Program<never> {
  yield* new Sleep(5);
  throw "a string";
});
const once = napped();
const tooDeep = routine(function* tooDeep(): Program<unknown> {
  return deep;
});

/** An object with a member `then` of its own kind. */
function thenable(then: PropertyDescriptor): object {
  // biome-ignore lint/suspicious/noThenProperty: handlers do return such things
  return Object.defineProperty({}, "then", then);
}

function fail(thrown: unknown): never {
  throw thrown;
}

/** What a handler does, and the answer to its client. */
const answers: readonly (readonly [
  what: string,
  handler: (params: unknown, context: Context) => unknown,
  answer: string,
])[] = [
  ["throws an error with a path in it", () => fail(new Error("/secret/path")), internal("1")],
  ["throws a string", () => fail("/secret/path"), internal("1")],
  ["throws undefined", () => fail(undefined), internal("1")],
  [
    "throws an RpcError",
    () => fail(new RpcError(7, "seven", { a: 1 })),
    '{"jsonrpc":"2.0","error":{"code":7,"message":"seven","data":{"a":1}},"id":1}',
  ],
  [
    "throws an RpcError with data that cannot be sent",
    () => fail(new RpcError(codes.invalidParams, "no", 1n)),
    errorText(-32602, "no", "1"),
  ],
  [
    "throws an RpcError with control bytes",
    () => fail(new RpcError(7, "\u001b[2J\n")),
    errorText(7, "\\u001b[2J\\n", "1"),
  ],
  [
    "throws an RpcError with data as long as a frame",
    () => fail(new RpcError(7, "no", "x".repeat(1_048_576))),
    errorText(7, "no", "1"),
  ],
  ["returns undefined", () => undefined, result("null")],
  ["returns a Symbol", () => Symbol("s"), result("null")],
  ["returns a function", () => () => 1, result("null")],
  ["returns NaN", () => Number.NaN, result("null")],
  ["returns false", () => false, result("false")],
  ["returns text that holds a newline", () => "a\nb", result('"a\\nb"')],
  ["returns a lone surrogate", () => "\ud800", result('"\\ud800"')],
  ["returns bytes that are JSON with a newline", () => new RawJson(Buffer.from("[1,\n2]")), result("[1, 2]")],
  ["returns a BigInt", () => 1n, internal("1")],
  ["returns a cycle", () => cycle, internal("1")],
  ["returns what is too deep to be written", () => deep, internal("1")],
  ["returns what throws as it is written", () => ({ toJSON: () => fail("/secret/path") }), internal("1")],
  ["returns what throws as it is looked at", () => getter, internal("1")],
  ["returns a Proxy that throws", () => proxy, internal("1")],
  ["returns an iterator that is no generator", () => [1, 2].values(), result("{}")],
  ["is a routine", () => napped(), result('"napped"')],
  ["is a routine that throws", () => throwing(), internal("1")],
  ["is a routine that returns what cannot be written", () => tooDeep(), internal("1")],
  [
    "returns a generator",
    () =>
      (function* () {
        yield* new Sleep(5);
        return [yield* new Sleep(5)];
      })(),
    result("[null]"),
  ],
  [
    "returns a generator that yields nonsense",
    () =>
      (function* () {
        yield 7 as never; // what no compiler would let through
      })(),
    internal("1"),
  ],
  ["returns a syscall", () => new GetTid(), result("6")],
  ["calls back a client that does not answer such calls", (_, { peer }) => peer.call("a", 7), internal("1")],
];

describe("a handler that", () => {
  test.each(answers)("%s", (_, handler, answer) => {
    const { value } = world(
      function* (world) {
        const client = yield* world.connect();
        yield* client.send(request("it", [1], 1));
        const reply = yield* client.next();
        yield* client.send(request("it", [1]), `[${request("it", [1], 1)}]`);
        const batched = yield* client.next();
        const isError = Number(answer.includes('"error"'));
        expect(world.counters.errors).toBe(2 * isError);
        return [reply, batched?.slice(1, -1), yield* client.settled()];
      },
      { methods: methodTable({ ...sum, it: handler }) },
    );
    // Each kind of task has its own tid.
    const any = answer === result("6") ? expect.stringMatching(/^\{"jsonrpc":"2.0","result":[0-9]+,"id":1\}$/) : answer;
    expect(value).toEqual([any, any, []]);
  });

  test("returns one routine's call twice is answered once with its value, then with an internal error", () => {
    const { value } = world(
      function* (world) {
        const client = yield* world.connect();
        yield* client.send(request("it", [], 1));
        const first = yield* client.next();
        yield* client.send(request("it", [], 2));
        return [first, yield* client.next()];
      },
      { methods: methodTable({ it: () => once }) },
    );
    expect(value).toEqual([result('"napped"'), internal("2")]);
  });

  test("gets params as the bytes that came in, if it wants to", () => {
    const seen: unknown[] = [];
    const { value } = world(
      function* (world) {
        const client = yield* world.connect("length");
        const params = '{"a" : 1e2,\n"a":9007199254740993}';
        yield* client.send(`{"jsonrpc":"2.0","method":"it","params":${params},"id":1}`, request("it", undefined, 2));
        return [yield* client.next(), yield* client.next()];
      },
      { methods: methodTable({ it: new RawHandler((params) => seen.push(params && String(Buffer.from(params)))) }) },
    );
    expect(seen).toEqual(['{"a" : 1e2,\n"a":9007199254740993}', undefined]);
    expect(value).toEqual([result("1"), '{"jsonrpc":"2.0","result":2,"id":2}']);
  });
});

describe("an async handler that", () => {
  const methods = methodTable({
    ...sum,
    adds: async (params) => (params as number[]).reduce((total, value) => total + value), // as it is called here
    rejects: () => Promise.reject(new Error("/secret/path")),
    throws: async () => fail("a string"),
    refuses: async () => fail(new RpcError(7, "seven")),
    thenable: () => thenable({ value: (resolve: (value: string) => void) => resolve("thenable") }),
    thrower: () => thenable({ value: () => fail("/secret/path") }),
  });

  test.each([
    ["adds", result("3")],
    ["thenable", result('"thenable"')],
    ["rejects", internal("1")],
    ["throws", internal("1")],
    ["thrower", internal("1")],
    ["refuses", errorText(7, "seven", "1")],
  ])("%s is answered, alone, in a batch, and a notification never", async (method, answer) => {
    const text = request(method, [1, 2], 1);
    const { value } = await worldAsync(
      function* (world) {
        const client = yield* world.connect();
        // More at once than may run: those that wait are rejected, if they are, before anybody awaits them.
        yield* client.send(`[${text},${text}]`, text, request(method, [1, 2]), text);
        const replies = [yield* client.next(), yield* client.next(), yield* client.next()];
        return [replies.sort(), yield* client.settled()];
      },
      { methods, limits: { maxInFlight: 1 } },
    );
    expect(value).toEqual([[`[${answer},${answer}]`, answer, answer].sort(), []]);
  });

  test("never settles ends with its client, and its signal says so", async () => {
    for (const leave of [hangUp, breakOff, cancelIt]) {
      const signals: AbortSignal[] = [];
      const never: Methods = methodTable({
        ...sum,
        never: (_, { signal }) => {
          signals.push(signal);
          return new Promise(() => {});
        },
      });
      const { value } = await worldAsync(
        function* (world) {
          const client = yield* world.connect();
          yield* client.send(request("never", [], 1), request("never", []));
          yield* new Sleep(10);
          const before = signals.map(({ aborted }) => aborted);
          yield* leave(client);
          yield* new Sleep(31_000); // a client that has only hung up may still read
          const tasks = (yield* new ListTasks()).filter(({ name }) => name === "never").length;
          return [before, signals.map(({ aborted }) => aborted), tasks, world.counters.cancelled];
        },
        { methods: never },
      );
      const isOne = leave === cancelIt; // the notification runs on: nobody can name it
      expect(value).toEqual([[false, false], [true, !isOne], isOne ? 1 : 0, isOne ? 1 : 2]);
    }
  });
});

function* hangUp(client: Client): Program<void> {
  client.connection.close();
}

function* breakOff(client: Client): Program<void> {
  yield* new Reset(client.connection);
}

function* cancelIt(client: Client): Program<void> {
  yield* client.send(request("$/cancelRequest", { id: 1 }));
}
