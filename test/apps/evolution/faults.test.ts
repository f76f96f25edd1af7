// The three servers on the kernel, on a network that cuts, delays and resets: a right answer or the connection's end,
// nothing else; and of a client that is ended alone nobody else hears.

import { describe, expect, test } from "vitest";
import blocking from "../../../apps/evolution/blocking.ts";
import kernel from "../../../apps/evolution/kernel.ts";
import { isClientsFault } from "../../../apps/evolution/listening.ts";
import parallel from "../../../apps/evolution/parallel.ts";
import { type Program, routine, SyscallError, type Tid } from "../../../kernel/syscall.ts";
import {
  All,
  CancelTask,
  GetTask,
  Join,
  KillTask,
  ListTasks,
  MoveOn,
  NewTask,
  Sleep,
  WaitTask,
} from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";
import { startMs, visit } from "./guests.ts";
import { answerText, idsOf, requestText } from "./systems.ts";

const port = 7000;
const rounds = 5;

/** How many of its requests were answered before its connection was lost. @throws Error for a wrong answer */
const client = routine(function* client(name: string): Program<number> {
  let answered = 0;
  try {
    const guest = yield* visit(port);
    try {
      for (let round = 0; round < rounds; round++) {
        const ids = idsOf(`${name}-${round}`, 4);
        yield* guest.send(...ids.map((id) => requestText(id)));
        for (const id of ids) {
          const text = yield* guest.next();
          if (text === null) return answered;
          if (text !== answerText(id)) throw new Error(`${id} was answered with ${text}`);
          answered++;
        }
      }
    } finally {
      guest.connection.close();
    }
  } catch (error) {
    const isRefused = error instanceof SyscallError && error.code === "ECONNREFUSED";
    if (!isRefused && !isClientsFault(error)) throw error;
  }
  return answered;
});

describe.each([
  ["blocking", blocking],
  ["kernel", kernel],
  ["parallel", parallel],
] as const)("%s", (_name, server) => {
  test.each(["benign", "all"] as const)("lives through %s faults, and leaves nothing", (faults) => {
    let [answered, asked] = [0, 0];
    for (let seed = 1; seed <= 10; seed++) {
      const world = routine(function* world(): Program<number[]> {
        const tid: Tid<void> = yield* new NewTask(server(["--port", String(port)]), "server");
        yield* new Sleep(startMs);
        const counts = yield* new All(idsOf("client", 12).map(client));
        yield* new Sleep(1_000); // for the server to find out
        expect(yield* new GetTask(tid)).toMatchObject({ state: "blocked" });
        expect((yield* new ListTasks()).map(({ name }) => name)).toEqual(["world", "server"]);
        yield* new CancelTask(tid);
        expect(yield* new WaitTask(tid)).toMatchObject({ status: "killed", clean: true });
        return counts;
      });
      const { value, logs } = run(world(), { seed, faults, schedule: "shuffle", checkEvery: 10, name: "world" });
      expect(logs.filter(({ level }) => level !== "info")).toEqual([]);
      answered += value.reduce((sum, count) => sum + count, 0);
      asked += value.length * rounds * 4;
    }
    if (faults === "benign") expect(answered).toBe(asked);
    else {
      expect(answered).toBeGreaterThan(0);
      expect(answered).toBeLessThan(asked); // some connections were lost, so that something was tried
    }
  });
});

test.each([
  ["blocking", blocking],
  ["kernel", kernel],
  ["parallel", parallel],
] as const)("%s keeps no task of a client that has read nothing, and then goes", (_name, server) => {
  const deaf = routine(function* deaf(): Program<void> {
    const guest = yield* visit(port);
    yield* new MoveOn(5_000, guest.send(requestText("a", "connect"), ...idsOf("b", 500).map((id) => requestText(id))));
    expect(guest.connection.bytesWritten).toBeLessThan(500 * 40); // it was held back
  });
  const world = routine(function* world(): Program<string[]> {
    yield* new NewTask(server(["--port", String(port)]), "server");
    yield* new Sleep(startMs);
    yield* new Join(yield* new NewTask(deaf(), "deaf"));
    yield* new Sleep(startMs);
    return (yield* new ListTasks()).map(({ name }) => name);
  });
  const { value, logs } = run(world(), { name: "world", capacityBytes: 2_048 });
  expect(value).toEqual(["world", "server"]);
  expect(logs).toEqual([]);
});

test("of a client that is ended alone nobody else hears, and its connection is closed", () => {
  const world = routine(function* world(): Program<unknown> {
    yield* new NewTask(kernel(["--port", String(port)]), "server");
    yield* new Sleep(startMs);
    const [one, other] = [yield* visit(port), yield* visit(port)];
    yield* one.send(requestText("one"));
    const first = yield* one.next();
    const victim = (yield* new ListTasks()).find(({ name }) => name === `client ${one.connection.local}`);
    yield* new KillTask(victim?.tid ?? 0, "it is enough");
    const after = yield* one.next();
    yield* other.send(requestText("other"));
    return [first, after, yield* other.next()];
  });
  const { value, logs } = run(world());
  expect(value).toEqual([answerText("one"), null, answerText("other")]);
  expect(logs).toEqual([]);
});
