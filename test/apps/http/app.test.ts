// apps/http.ts in simulated time: what each of its addresses answers, and what it does for those who watch.

import { describe, expect, test } from "vitest";
import http from "../../../apps/http.ts";
import { recv } from "../../../apps/lib/index.ts";
import type { Connection } from "../../../kernel/machine/machine.ts";
import { type Program, type Runnable, routine, type Tid } from "../../../kernel/syscall.ts";
import {
  CancelTask,
  Connect,
  GetTime,
  Join,
  KillTask,
  ListTasks,
  NewTask,
  Sleep,
  WaitTask,
} from "../../../syscalls/index.ts";
import { type RunOptions, run, runExit } from "../../kit/index.ts";
import { asking, get, hearing, last, port, sending, statuses } from "./world.ts";

/** What a program comes to beside the app. */
function besideApp<T>(
  program: (app: Tid<void>) => Runnable<T>,
  args: readonly string[] = [],
  options: RunOptions = {},
): T {
  return run(
    function* () {
      const app = yield* new NewTask(http(["--port", String(port), ...args]), "http");
      yield* new Sleep(1);
      const made = yield* new Join(yield* new NewTask(program(app), "client"));
      yield* new KillTask(app);
      return made;
    },
    { maxTurns: 300_000, ...options },
  ).value;
}

const request = (path: string, host = "localhost") =>
  get(path, "Connection: close\r\n").replace("Host: a", `Host: ${host}`);

/** The body of a response in chunks or of a length. */
function bodyOf(response: string): string {
  const [head = "", ...rest] = response.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  if (!head.includes("chunked")) return body;
  return [...body.matchAll(/([0-9a-f]+)\r\n([\s\S]*?)\r\n(?=[0-9a-f]+\r\n|$)/g)]
    .map(([, , piece = ""]) => piece)
    .join("");
}

interface Snapshot {
  readonly total: number;
  readonly tasks: readonly { readonly name: string; readonly waits: string }[];
}

const snapshotsIn = (text: string): Snapshot[] =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, line = ""]) => JSON.parse(line) as Snapshot); // what the app sends

/** Reads what has come, and no more. */
const heardBy = routine(function* heardBy(connection: Connection, forMs: number): Program<string> {
  const until = (yield* new GetTime()) + forMs;
  let text = "";
  while ((yield* new GetTime()) < until) {
    for (let bytes = connection.read(65_536); bytes !== null && bytes.length > 0; bytes = connection.read(65_536)) {
      text += Buffer.from(bytes).toString();
    }
    yield* new Sleep(10);
  }
  return text;
});

describe("its addresses", () => {
  test("/tasks has every task, and what it waits for", () => {
    const text = besideApp(() => asking(request("/tasks")));
    const tasks = JSON.parse(bodyOf(text)) as { name: string; verb: string; object: string }[]; // what it says it is
    expect(tasks.find(({ name }) => name === "snapshots")).toMatchObject({
      verb: "wait for",
      object: "somebody to look",
    });
    expect(tasks.find(({ name }) => name === "http")).toMatchObject({ verb: "read" });
  });

  test("/tasks has thousands of them", () => {
    const text = besideApp(
      function* () {
        for (let n = 0; n < 1_200; n++) yield* new NewTask(new Sleep(10_000), `sleeper ${n}`);
        return yield* asking(request("/tasks"));
      },
      [],
      { checkEvery: 1_000 },
    );
    expect((JSON.parse(bodyOf(text)) as unknown[]).length).toBeGreaterThan(1_200); // an array, as JSON
  });

  test("/ and its parts may load nothing from elsewhere", () => {
    for (const path of ["/", "/page.js", "/page.css", "/icon.svg"]) {
      const text = besideApp(() => asking(request(path)));
      expect(statuses(text)).toEqual([200]);
      expect(text).toContain("content-security-policy: default-src 'none'; script-src 'self'; ");
      expect(text).toContain("x-content-type-options: nosniff");
    }
  });

  test("/echo gives back what it gets, as bytes that nobody takes for a page", () => {
    const text = besideApp(() =>
      asking(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n<script>",
        last("/none"),
      ),
    );
    expect(text).toContain("content-type: application/octet-stream\r\ncontent-length: 8\r\n\r\n<script>HTTP/1.1 404");
  });

  test("/echo streams: the first piece is back before the second is sent", () => {
    const heard = besideApp(function* () {
      const connection = yield* new Connect({ port });
      yield* sending(connection, [
        "PUT /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n",
      ]);
      const first = yield* heardBy(connection, 100);
      yield* sending(connection, ["3\r\ntwo\r\n0\r\n\r\n"]);
      return [first.endsWith("3\r\none\r\n"), yield* heardBy(connection, 100)];
    });
    expect(heard).toEqual([true, "3\r\ntwo\r\n0\r\n\r\n"]);
  });
});

describe("those who watch", () => {
  test("get the tasks at once, and each change within half a second", () => {
    const [before, after] = besideApp(function* () {
      const connection = yield* new Connect({ port });
      yield* sending(connection, [get("/events").replace("Host: a", "Host: localhost")]);
      const first = snapshotsIn(yield* heardBy(connection, 100));
      yield* new NewTask(new Sleep(60_000), "newcomer");
      return [first, snapshotsIn(yield* heardBy(connection, 600))];
    });
    expect(before?.length).toBe(1);
    expect(before?.[0]?.tasks.map(({ name }) => name)).not.toContain("newcomer");
    expect(after?.at(-1)?.tasks).toContainEqual(expect.objectContaining({ name: "newcomer", waits: "sleep 60000 ms" }));
  });

  test("cost nothing when there are none, and one snapshot each half second however many they are", () => {
    const turns = besideApp(function* () {
      const made = routine(function* made(): Program<number> {
        return (yield* new ListTasks()).find(({ name }) => name === "snapshots")?.turns ?? 0;
      });
      const idle = yield* made();
      yield* new Sleep(10_000);
      const stillIdle = yield* made();
      for (let n = 0; n < 5; n++) {
        const connection = yield* new Connect({ port });
        yield* sending(connection, [get("/events").replace("Host: a", "Host: localhost")]);
        yield* new NewTask(hearing(connection), "viewer");
      }
      yield* new Sleep(10_000);
      return [stillIdle - idle, (yield* made()) - stillIdle];
    });
    expect(turns[0]).toBe(0);
    expect(turns[1]).toBeGreaterThan(15);
    expect(turns[1]).toBeLessThan(30);
  });

  test("and are slow miss some, and get the latest: nothing is kept for them", () => {
    const [kept, names] = besideApp(
      function* () {
        for (let n = 0; n < 100; n++) yield* new NewTask(new Sleep(600_000), `old ${n} ${"x".repeat(40)}`);
        const connection = yield* new Connect({ port });
        yield* sending(connection, [get("/events").replace("Host: a", "Host: localhost")]);
        yield* new Sleep(20_000); // forty snapshots, of which few fit in between
        yield* new NewTask(new Sleep(600_000), "newcomer");
        yield* new Sleep(600);
        const snapshots = snapshotsIn(yield* heardBy(connection, 5_000));
        return [snapshots.length, snapshots.at(-1)?.tasks.map(({ name }) => name) ?? []] as const;
      },
      [],
      { capacityBytes: 16_384, checkEvery: 100 },
    );
    expect(kept).toBeLessThan(20);
    expect(names).toContain("newcomer");
  });

  test("are told when the server ends, at once", () => {
    const [took, ended] = besideApp(function* (app) {
      const connection = yield* new Connect({ port });
      yield* sending(connection, [get("/events").replace("Host: a", "Host: localhost")]);
      yield* recv(connection, 100);
      const before = yield* new GetTime();
      yield* new CancelTask(app, "enough");
      yield* new WaitTask(app);
      return [(yield* new GetTime()) - before, (yield* hearing(connection)).endsWith("\r\n0\r\n\r\n")];
    });
    expect(took).toBeLessThan(100);
    expect(ended).toBe(true);
  });
});

describe("who may ask", () => {
  test.each([
    ["localhost", 200],
    ["localhost:8080", 200],
    ["LOCALHOST", 200],
    ["127.0.0.1:8080", 200],
    ["127.8.8.8", 200],
    ["[::1]:8080", 200],
    ["yieldix.localhost", 200],
    ["evil.example", 421],
    ["localhost.evil.example", 421],
    ["127.0.0.1.evil.example", 421],
    ["evil.localhost.example:80", 421],
    ["192.168.0.1", 421],
    ["", 421],
  ])("a server for this machine alone, asked as %j: %i", (host, status) => {
    expect(statuses(besideApp(() => asking(request("/tasks", host))))).toEqual([status]);
  });

  test("what a whole URL asks for counts more than Host", () => {
    const asked = (url: string, host: string): number[] =>
      statuses(besideApp(() => asking(request(`${url}/tasks`, host))));
    expect(asked("http://evil.example", "localhost")).toEqual([421]);
    expect(asked("http://localhost:80", "evil.example")).toEqual([200]);
  });

  test("one for everybody is asked by any name", () => {
    expect(statuses(besideApp(() => asking(request("/tasks", "any.example")), ["--host", "0.0.0.0"]))).toEqual([200]);
  });
});

test("it says where it listens as a browser wants it, also on IPv6", () => {
  const { machine } = runExit(
    function* () {
      yield* new NewTask(http(["--host", "::1", "--port", "8080"]), "http");
      yield* new Sleep(1);
    },
    { name: "main" },
  );
  expect(machine.stdout.text).toContain("HTTP/1.1 on [::1]:8080 (virtual machine)");
  expect(machine.stdout.text).toContain("http://[::1]:8080/ in a browser");
});
