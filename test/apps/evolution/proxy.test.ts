// The proxy: an answer from another server, or an error in time, whatever becomes of that server.

import { describe, expect, test } from "vitest";
import kernel from "../../../apps/evolution/kernel.ts";
import proxy from "../../../apps/evolution/proxy.ts";
import { Peer, RpcError } from "../../../apps/rpc/index.ts";
import { type Program, type Runnable, routine, type Tid } from "../../../kernel/syscall.ts";
import { All, CancelTask, Connect, GetTime, ListTasks, NewTask, Sleep, WaitTask } from "../../../syscalls/index.ts";
import { run, runExit } from "../../kit/index.ts";
import type { SocketClient } from "../echo/server.ts";
import { type Guest, host, silent, startMs } from "./guests.ts";
import { answerText, hungUp, launched, requestText } from "./systems.ts";

const timeoutMs = 1_000;

/** A client of a proxy that runs, for as long as `body` does. */
const proxied = routine(function* proxied<T>(body: (client: Peer) => Program<T>): Program<T> {
  yield* new NewTask(proxy(["--port", "7001", "--to", "7000", "--timeout", String(timeoutMs)]), "proxy");
  yield* new Sleep(startMs);
  return yield* body(yield* newClient());
});

const newClient = routine(function* newClient(): Program<Peer> {
  const client = new Peer(yield* new Connect({ port: 7001 }), { framing: "length" });
  yield* new NewTask(client.run(), "client");
  return client;
});

/** Starts a service, or what passes for one. */
const started = routine(function* started<T>(service: Runnable<T>): Program<Tid<T>> {
  const tid = yield* new NewTask(service, "a service");
  yield* new Sleep(startMs);
  return tid;
});

function* hearsOne(guest: Guest): Program<void> {
  yield* guest.next();
}

const service = (): Runnable<void> => kernel(["--port", "7000"]);

/** The result, or the error's code; and how long it took, ms. */
const asked = routine(function* asked(client: Peer, method: string, params?: unknown): Program<[unknown, number]> {
  const from = yield* new GetTime();
  let result: unknown;
  try {
    result = yield* client.call(method, params);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    result = error.code;
  }
  return [result, Math.round((yield* new GetTime()) - from)];
});

const nearly = (ms: number): unknown => expect.closeTo(ms, -2); // within 50 ms, for the way there and back

describe("it answers", () => {
  test("what the service answers", () => {
    const talk = proxied(function* (client) {
      yield* started(service());
      return [yield* asked(client, "foo"), yield* asked(client, "heartbeat")];
    });
    const { value } = run(talk);
    expect(value).toEqual([
      ["ok", nearly(0)],
      ["ok", nearly(0)],
    ]);
  });

  test("the service's own errors, as they are", () => {
    const talk = proxied(function* (client) {
      yield* started(service());
      return yield* asked(client, "echo", ["the service does not know that one"]);
    });
    expect(run(talk).value).toEqual([-32601, nearly(0)]);
  });

  test("what the service need not be asked for", () => {
    const talk = proxied(function* (client) {
      return yield* asked(client, "bar");
    });
    expect(run(talk).value).toEqual([-32601, nearly(0)]);
  });

  test("503 while the service is down, at once, and is back as soon as that is", () => {
    const talk = proxied(function* (client) {
      const down = yield* asked(client, "foo");
      const tid = yield* started(service());
      const up = yield* asked(client, "foo");
      yield* new CancelTask(tid, "to see what becomes of the proxy");
      yield* new WaitTask(tid);
      yield* new Sleep(3_000); // its clients' tasks are main's now, and end with their connections
      return [down, up];
    });
    expect(run(talk).value).toEqual([
      [503, nearly(0)],
      ["ok", nearly(0)],
    ]);
  });

  test("503 when the service is lost in the middle of it, and calls the next one after that", () => {
    const talk = proxied(function* (client) {
      yield* started(host(7000, hearsOne));
      const lost = yield* asked(client, "foo");
      yield* started(service());
      return [lost, yield* asked(client, "foo")];
    });
    expect(run(talk).value).toEqual([
      [503, nearly(0)],
      ["ok", nearly(0)],
    ]);
  });

  test("504 when the service is late, each request in its own time and none after another", () => {
    const talk = proxied(function* (client) {
      yield* started(host(7000, silent));
      const other = yield* newClient();
      const late = Array.from({ length: 10 }, (_, n) => asked(n % 2 === 0 ? client : other, "foo"));
      return yield* new All([...late, asked(client, "bar")]);
    });
    expect(run(talk).value).toEqual([
      ...Array.from({ length: 10 }, () => [504, nearly(timeoutMs)]),
      [-32601, nearly(0)],
    ]);
  });
});

test("all clients share one connection to the service", () => {
  const talk = proxied(function* (client) {
    yield* started(service());
    const clients = [client, yield* newClient(), yield* newClient()];
    yield* new All(clients.flatMap((each) => Array.from({ length: 20 }, () => asked(each, "foo"))));
    return (yield* new ListTasks()).map(({ name }) => name).filter((name) => name.startsWith("client 127.0.0.1"));
  });
  expect(run(talk).value).toHaveLength(1);
});

test.each([
  ["", /--to is missing/],
  ["--to 0", /--to "0" is not a whole number from 1 to 65535/],
  ["--to 7000 --port 65536", /--port "65536"/],
  ["--to 7000 --timeout soon", /--timeout "soon"/],
  ["--to 7000 --kind", /'--kind'/],
])("it refuses %j, and says how it is used", (args, message) => {
  const { outcome } = runExit(proxy(args.split(" ").filter((text) => text !== "")));
  expect(outcome).toMatchObject({ status: "threw", error: { name: "UsageError" } });
  const { message: said } = (outcome as { error: Error }).error; // as just seen
  expect(said).toMatch(message);
  expect(said).toContain("usage: yieldix run apps/evolution/proxy.ts");
});

test("two real processes: the one answers by the other, then says that it is gone, and ends with code 0", async () => {
  const service = await launched("kernel");
  const between = await launched("proxy", ["--to", String(service.port)]);
  try {
    const client: SocketClient = await between.connect();
    client.send(requestText("a"));
    expect(await client.next()).toBe(answerText("a"));
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    client.send(requestText("b"));
    expect(await client.next()).toMatch(/^\{"jsonrpc":"2.0","error":\{"code":503,.*\},"id":"b"\}$/);
    await hungUp(client);
    expect(await between.stop()).toEqual({ code: 0, signal: null });
  } finally {
    await Promise.all([service.stop("SIGKILL"), between.stop("SIGKILL")]);
  }
});
