// The end of an app that speaks JSON-RPC: its peers end with it, and nobody has anything to complain about.

import { expect, test } from "vitest";
import { methodTable, Peer, serve } from "../../../apps/rpc/index.ts";
import { Connect, Listen, NewTask } from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";

test("a main task that returns ends both peers of a connection, without a crash", () => {
  const { value, logs } = run(function* () {
    const listener = yield* new Listen({ port: 0 });
    yield* new NewTask(serve(listener, methodTable({ greet: () => "hello" })), "server");
    const peer = new Peer(yield* new Connect(listener.address), { framing: "lines" });
    yield* new NewTask(peer.run(), "client");
    return yield* peer.call("greet");
  });
  expect(value).toBe("hello");
  expect(logs.map(({ text }) => text)).toEqual([]);
});
