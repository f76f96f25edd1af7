// The client: what it says, what it answers, and how it ends. On simulated time; and once as two real processes.

import { describe, expect, test } from "vitest";
import blocking from "../../../apps/evolution/blocking.ts";
import client from "../../../apps/evolution/client.ts";
import kernel from "../../../apps/evolution/kernel.ts";
import parallel from "../../../apps/evolution/parallel.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import { ListTasks, NewTask, Sleep } from "../../../syscalls/index.ts";
import { run, runExit } from "../../kit/index.ts";
import { LaunchedApp } from "../launched-app.ts";
import { type Guest, host, silent, startMs } from "./guests.ts";
import { launched } from "./systems.ts";

const port = "7000";

describe.each([
  ["blocking", blocking, 0],
  ["kernel", kernel, 0],
  ["parallel", parallel, 10],
] as const)("with the server %s", (_name, server, calls) => {
  test("it says connect, then heartbeat at every interval, and answers what it is asked", () => {
    const talk = routine(function* talk() {
      yield* new NewTask(server(["--port", port]), "server");
      yield* new Sleep(startMs);
      yield* client(["--port", port, "--every", "300", "--beats", "35"]); // 10.5 s
      yield* new Sleep(startMs);
      return (yield* new ListTasks()).map(({ name }) => name);
    });
    const { value, machine } = run(talk(), { name: "main" });
    const lines = machine.stdout.text.trim().split("\n").slice(1);
    expect(lines[0]).toBe('connect: "ok"');
    expect(lines.filter((line) => line === 'heartbeat: "ok"')).toHaveLength(35);
    expect(lines.filter((line) => line === "the server calls heartbeat")).toHaveLength(calls);
    expect(lines).toHaveLength(36 + calls);
    expect(value).toEqual(["main", "server"]);
  });
});

describe("a server that is", () => {
  test("not there ends it with an error", () => {
    expect(runExit(client(["--port", port])).outcome).toMatchObject({
      status: "threw",
      error: { code: "ECONNREFUSED" },
    });
  });

  test("silent ends it within five seconds", () => {
    const talk = routine(function* talk() {
      yield* new NewTask(host(7000, silent), "silent");
      yield* new Sleep(startMs);
      yield* client(["--port", port]);
    });
    const { outcome, now } = runExit(talk());
    expect(outcome).toMatchObject({ status: "threw", error: { code: "ETIMEDOUT" } });
    expect(now).toBeLessThan(6_000);
  });

  test("gone ends it at its next beat", () => {
    function* once(guest: Guest): Program<void> {
      yield* guest.next();
      yield* guest.send('{"jsonrpc":"2.0","result":"ok","id":1}');
      yield* new Sleep(startMs);
    }
    const talk = routine(function* talk() {
      yield* new NewTask(host(7000, once), "once");
      yield* new Sleep(startMs);
      yield* client(["--port", port]);
    });
    const { outcome } = runExit(talk());
    expect(outcome).toMatchObject({ status: "threw", error: { code: "EPIPE" } });
  });
});

test("an answer that is an error is printed, and the next beat comes", () => {
  const unavailable = (id: number): string =>
    JSON.stringify({ jsonrpc: "2.0", error: { code: 503, message: "down\u001b[2J" }, id });
  function* refusing(guest: Guest): Program<void> {
    for (let id = 1; id <= 3; id++) {
      yield* guest.next();
      yield* guest.send(unavailable(id));
    }
    yield* guest.next();
  }
  const talk = routine(function* talk() {
    yield* new NewTask(host(7000, refusing), "refusing");
    yield* new Sleep(startMs);
    yield* client(["--port", port, "--beats", "2"]);
  });
  const { machine } = run(talk());
  const said = 'error 503 "down\\u001b[2J"';
  expect(machine.stdout.text).toBe(`connect: ${said}\nheartbeat: ${said}\nheartbeat: ${said}\n`);
});

test.each([
  ["--port 65536", /--port "65536" is not a whole number from 1 to 65535/],
  ["--every 0", /--every "0"/],
  ["--beats many", /--beats "many"/],
  ["--loud", /'--loud'/],
])("it refuses %s, and says how it is used", (args, message) => {
  const { outcome } = runExit(client(args.split(" ")));
  expect(outcome).toMatchObject({ status: "threw", error: { name: "UsageError" } });
  const { message: said } = (outcome as { error: Error }).error; // as just seen
  expect(said).toMatch(message);
  expect(said).toContain("usage: yieldix run apps/evolution/client.ts");
});

test("two real processes call each other, and end with code 0", async () => {
  const server = await launched("parallel");
  const caller = new LaunchedApp("apps/evolution/client.ts", ["--port", String(server.port), "--every", "100"]);
  try {
    await caller.wrote(/^connect: "ok"\n(heartbeat: "ok"\n)+the server calls heartbeat\n/);
    expect(await caller.stop()).toEqual({ code: 0, signal: null });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  } finally {
    await Promise.all([caller.stop("SIGKILL"), server.stop("SIGKILL")]);
  }
});
