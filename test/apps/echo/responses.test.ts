// What ends a call of ours other than a good answer: the end of the connection, and answers that are none.

import { describe, expect, test } from "vitest";
import { accept } from "../../../apps/lib/index.ts";
import { methodTable, Peer, RpcCounters } from "../../../apps/rpc/index.ts";
import type { SyscallError } from "../../../kernel/errors.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import { Connect, GetTime, Join, KillTask, Listen, NewTask, Sleep, WaitTask } from "../../../syscalls/index.ts";
import { thrownBy } from "./thrown-by.ts";
import { Client, Reset, world } from "./world.ts";

describe("when the connection ends", () => {
  const hang = routine(function* hang(): Program<void> {
    yield* new Sleep(1e9);
  });
  const methods = methodTable({ hang: () => hang(), foo: () => "ok" });

  test.each(["close", "reset"])("by %s, calls that wait and calls to come throw EPIPE, at once", (how) => {
    const { value } = world(
      function* () {
        const listener = yield* new Listen({ port: 0 });
        const peer = new Peer(yield* new Connect(listener.address), { framing: "lines" });
        const running = yield* new NewTask(peer.run());
        const server = yield* accept(listener);
        const waiting = yield* new NewTask(thrownBy(peer.call("a")));
        const batched = yield* new NewTask(thrownBy(peer.batch([{ method: "a" }, { method: "b" }])));
        yield* new Sleep(10);
        const since = yield* new GetTime();
        if (how === "reset") yield* new Reset(server);
        else server.close();
        const thrown = [yield* new Join(waiting), yield* new Join(batched)];
        const tookMs = (yield* new GetTime()) - since;
        yield* new WaitTask(running);
        thrown.push(yield* thrownBy(peer.call("a")), yield* thrownBy(peer.notify("a")));
        return [thrown.map((error) => (error as SyscallError).code), tookMs < 10, peer.closed]; // all are errors
      },
      { methods },
    );
    expect(value).toEqual([["EPIPE", "EPIPE", "EPIPE", "EPIPE"], true, true]);
  });

  test("on one side only, what was asked is answered, and the handler's own calls throw EPIPE at once", () => {
    const thrown: unknown[] = [];
    const back = routine(function* back(peer: Peer): Program<string> {
      yield* new Sleep(100);
      thrown.push(yield* thrownBy(peer.call("never")));
      return "answered";
    });
    const { value } = world(
      function* (world) {
        const client = yield* world.connect();
        yield* client.send('{"jsonrpc":"2.0","method":"back","id":1}');
        client.connection.shutdown();
        const since = yield* new GetTime();
        return [yield* client.rest(), (yield* new GetTime()) - since < 110];
      },
      { methods: methodTable({ back: (_, { peer }) => back(peer) }) },
    );
    expect(value).toEqual([['{"jsonrpc":"2.0","result":"answered","id":1}'], true]);
    expect(thrown).toMatchObject([{ code: "EPIPE" }]);
  });
});

test("a peer answers no response, counts those that are strays, and heeds those that are not", () => {
  const { value } = world(function* () {
    const listener = yield* new Listen({ port: 0 });
    const counters = new RpcCounters();
    const peer = new Peer(yield* new Connect(listener.address), { framing: "lines", counters });
    const running = yield* new NewTask(peer.run());
    const fake = new Client(yield* accept(listener), "lines");
    const call = yield* new NewTask(peer.call("a"));
    const asked = yield* fake.next();
    yield* fake.send(
      '{"jsonrpc":"2.0","result":1,"id":7}',
      '{"jsonrpc":"2.0","result":1,"id":"1"}',
      '{"jsonrpc":"2.0","result":1,"id":1.0}',
      '{"jsonrpc":"2.0","result":1}',
      '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}',
      '{"jsonrpc":"2.0","result":1,"error":{"code":1,"message":"both"},"id":1}',
      '[{"jsonrpc":"2.0","result":1,"id":8},{"jsonrpc":"2.0","error":{},"id":9}]',
      '{"jsonrpc":"2.0","result":{"the":"answer"},"id":1}',
      '{"jsonrpc":"2.0","result":"again","id":1}',
      '{"jsonrpc":"2.0","method":"x","id":"x"}',
    );
    const answers = [yield* new Join(call), yield* fake.next()];
    yield* new KillTask(running);
    return { asked, answers, strays: counters.strayResponses };
  });
  expect(value.asked).toBe('{"jsonrpc":"2.0","method":"a","id":1}');
  expect(value.answers).toEqual([
    { the: "answer" },
    '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":"x"}',
  ]);
  expect(value.strays).toBe(9);
});

test("a malformed error is an internal error that says so", () => {
  const { value } = world(function* () {
    const listener = yield* new Listen({ port: 0 });
    const peer = new Peer(yield* new Connect(listener.address), { framing: "lines" });
    const running = yield* new NewTask(peer.run());
    const fake = new Client(yield* accept(listener), "lines");
    const thrown = [];
    for (const [place, error] of [
      "7",
      "null",
      '{"code":1.5,"message":"m"}',
      '{"code":"1","message":"m"}',
      '{"code":1}',
    ].entries()) {
      const call = yield* new NewTask(thrownBy(peer.call("a")));
      yield* fake.next();
      yield* fake.send(`{"jsonrpc":"2.0","error":${error},"id":${place + 1}}`);
      thrown.push(yield* new Join(call));
    }
    yield* new KillTask(running);
    return thrown;
  });
  expect(value).toEqual(Array(5).fill(expect.objectContaining({ code: -32603 })));
});
