// Lines one after the other: in any pieces, in constant memory, as a branch of a select, and none lost.

import { describe, expect, test } from "vitest";
import { accept, lines, Reader, readLine, recv, sendAll } from "../../../apps/lib/index.ts";
import type { Connection } from "../../../kernel/machine/machine.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { Connect, GetTask, Join, KillTask, Listen, NewTask, Select, Sleep, WaitTask } from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";
import { codeOf } from "../../laws/programs.ts";
import { bytesOf } from "../../text.ts";

function* pair(): Program<[Connection, Connection]> {
  const listener = yield* new Listen({ port: 0 });
  const client = yield* new Connect(listener.address);
  return [client, yield* accept(listener)];
}

function* sending(connection: Connection, texts: readonly string[], everyMs = 0): Program<void> {
  for (const text of texts) {
    yield* sendAll(connection, bytesOf(text));
    if (everyMs > 0) yield* new Sleep(everyMs);
  }
  connection.shutdown();
}

describe.each([1, 2, 3, 4, 5])("however the bytes arrive, seed %i", (seed) => {
  test("each line comes alone, then the end, again and again", () => {
    const { value } = run(
      function* () {
        const [client, server] = yield* pair();
        yield* new NewTask(sending(client, ["one\ntw", "o\r\n\nla", "st"]));
        const input = lines(new Reader(server));
        const steps = [];
        for (let n = 0; n < 6; n++) steps.push(yield* input.next());
        return steps;
      },
      { faults: "benign", seed },
    );
    const texts = ["one", "two", "", "last"].map((value) => ({ done: false, value }));
    expect(value).toEqual([...texts, { done: true }, { done: true }]);
  });

  test("and half a line that a select gave up is still there for the next, and for other readers", () => {
    const { value } = run(
      function* () {
        const [client, server] = yield* pair();
        yield* new NewTask(sending(client, ["hal", "f\nano", "ther\n"], 50));
        const reader = new Reader(server);
        const input = lines(reader);
        const keys: string[] = [];
        for (;;) {
          const first = yield* new Select({ line: input.next(), tick: new Sleep(10) });
          keys.push(first.key);
          if (first.key === "line") return [first.value, yield* readLine(reader), keys.includes("tick")];
        }
      },
      { faults: "benign", seed },
    );
    expect(value).toEqual([{ done: false, value: "half" }, "another", true]);
  });
});

test("ten thousand lines are read while no more than one chunk is held", () => {
  const { value } = run(
    function* () {
      const [client, server] = yield* pair();
      yield* new NewTask(sending(client, Array(10_000).fill(`${"x".repeat(99)}\n`)));
      const reader = new Reader(server);
      const input = lines(reader);
      let [count, most] = [0, 0];
      for (let line = yield* input.next(); !line.done; line = yield* input.next()) {
        count++;
        most = Math.max(most, reader.available);
      }
      return [count, most <= 65_536 + 100];
    },
    { checkEvery: 1_000 },
  );
  expect(value).toEqual([10_000, true]);
});

test("a line at the bound is read, one byte more is EMSGSIZE, and what is no UTF-8 is EPROTO", () => {
  const { value } = run(function* () {
    const [client, server] = yield* pair();
    yield* sendAll(client, Uint8Array.of(0xff, 10, 97, 98, 10, 97, 98, 99, 10));
    const input = lines(new Reader(server));
    return [yield* codeOf(input.next()), yield* input.next(3), yield* codeOf(input.next(3))];
  });
  expect(value).toEqual(["EPROTO", { done: false, value: "ab" }, "EMSGSIZE"]);
});

test("a second reader of the connection is EBUSY, and closing it wakes the first with EBADF", () => {
  const { value } = run(function* () {
    const [, server] = yield* pair();
    const waiting = yield* new NewTask(codeOf(lines(new Reader(server)).next()));
    yield;
    const record = yield* new GetTask(waiting);
    const codes = [yield* codeOf(lines(new Reader(server)).next()), yield* codeOf(recv(server, 1))];
    server.close();
    return [record?.verb, record?.object === server.label, codes, yield* new Join(waiting)];
  });
  expect(value).toEqual(["read", true, ["EBUSY", "EBUSY"], "EBADF"]);
});

test("a line granted to a task that is killed just then is put back, before those behind it", () => {
  const { value } = run(function* () {
    const [client, server] = yield* pair();
    const reader = new Reader(server);
    const victim = yield* new NewTask(lines(reader).next());
    yield;
    yield* sendAll(client, bytesOf("one\r\ntwo\n"));
    // Busy, so that it has its turn after the wake of the other and before that one's own.
    while ((yield* new GetTask(victim))?.state !== "ready") yield;
    yield* new KillTask(victim);
    yield* new WaitTask(victim);
    return [reader.available, yield* readLine(reader), yield* readLine(reader)];
  });
  expect(value).toEqual([9, "one", "two"]);
});
