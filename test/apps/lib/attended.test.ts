// Places that servers keep for the tasks of their connections: free again, however early a task ends.

import { describe, expect, test } from "vitest";
import { Attended } from "../../../apps/lib/attended.ts";
import { serve as serveHttp } from "../../../apps/lib/http/index.ts";
import { Reader, readLine, recv, sendAll } from "../../../apps/lib/index.ts";
import { methodTable, serve as serveRpc } from "../../../apps/rpc/index.ts";
import type { Listener } from "../../../kernel/machine/machine.ts";
import type { Program, Task } from "../../../kernel/syscall.ts";
import { Connect, KillTask, Listen, NewTask, Sleep } from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";

/** Kills the first task of such a name before it has had a turn. */
function killerOf(name: RegExp): { ready(task: Task): void } {
  let isDone = false;
  return {
    ready: (task) => {
      if (isDone || !name.test(task.name)) return;
      isDone = task.kernel.kill(task.tid, 0, "the test");
    },
  };
}

describe("who attends a task is told that it began and that it ended", () => {
  function* returning(): Program<void> {
    yield* new Sleep(1);
  }
  function* throwing(): Program<void> {
    yield* new Sleep(1);
    throw new Error("out of order");
  }

  test.each([
    ["returns", returning, []],
    ["throws, which is still on the log", throwing, [expect.stringContaining("out of order")]],
    ["is killed before its first turn", function* killed(): Program<void> {}, []],
  ])("when it %s", (_, program, said) => {
    const told: string[] = [];
    const { logs } = run(
      function* () {
        const attendant = { began: () => void told.push("began"), ended: () => void told.push("ended") };
        const tid = yield* new Attended(program(), program.name, attendant);
        expect(told).toEqual(["began"]);
        yield* new Sleep(5);
        expect([tid > 1, told]).toEqual([true, ["began", "ended"]]);
      },
      { observers: [killerOf(/^killed$/)] },
    );
    expect(logs.map(({ text }) => text)).toEqual(said);
  });
});

const limits = { limits: { maxConnections: 1 } };
const rpc = (listener: Listener) => serveRpc(listener, methodTable({ foo: () => "ok" }), limits);
const http = (listener: Listener) => serveHttp(listener, {}, limits);

test.each([
  ["rpc", rpc, '{"jsonrpc":"2.0","method":"foo","id":1}\n', /"ok"/],
  ["http", http, "GET / HTTP/1.1\r\nhost: x\r\n\r\n", /404/],
])("a connection of %s whose task is killed unborn is closed, and its place is the next one's", (...row) => {
  const [name, serve, request, answer] = row;
  run(
    function* () {
      const listener = yield* new Listen({ port: 7000 });
      const server = yield* new NewTask(serve(listener), "server");
      const first = yield* new Connect(listener.address);
      expect(yield* recv(first, 1)).toHaveLength(0);
      const second = yield* new Connect(listener.address);
      yield* sendAll(second, Buffer.from(request));
      expect(yield* readLine(new Reader(second))).toMatch(answer);
      yield* new KillTask(server);
    },
    { observers: [killerOf(new RegExp(`^${name} `))], maxTurns: 10_000 },
  );
});
