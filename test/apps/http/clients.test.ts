// apps/http.ts as its users start it, on each machine, with the clients they have: curl, Node's own, fetch, wrk where it is.

import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LaunchedApp } from "../launched-app.ts";

const has = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;
const [hasCurl, hasWrk] = [has("curl"), has("wrk")];

const answered = (url: string, agent: Agent): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => get(url, { agent }, resolve).on("error", reject));

describe.each(["epoll", "node"] as const)("apps/http.ts on the %s machine", (machine) => {
  let app: LaunchedApp;
  let origin: string;
  let port: number;
  const folder = mkdtempSync(join(tmpdir(), "yieldix-http-"));
  const megabytes = join(folder, "megabytes");

  beforeAll(async () => {
    app = new LaunchedApp("apps/http.ts", ["--port", "0"], { machine });
    const [, at = "", digits = ""] = await app.wrote(/HTTP\/1\.1 on (127\.0\.0\.1:(\d+)) /);
    origin = `http://${at}`;
    port = Number(digits);
    writeFileSync(megabytes, Buffer.alloc(5_000_000, "0123456789"));
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true });
    const end = await app.stop();
    expect(end).toEqual({ code: 0, signal: null });
  });

  test("fetch gets the page, the tasks and an echo", async () => {
    const page = await fetch(`${origin}/`);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const tasks = (await (await fetch(`${origin}/tasks`)).json()) as { name: string }[]; // what the app says it is
    expect(tasks.map(({ name }) => name)).toEqual(expect.arrayContaining(["http.ts", "snapshots"]));
    expect(await (await fetch(`${origin}/echo`, { method: "POST", body: "hällo" })).text()).toBe("hällo");
    expect((await fetch(`${origin}/none`)).status).toBe(404);
    expect((await fetch(`${origin}/tasks`, { method: "DELETE" })).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
  });

  test("Node's client keeps one connection for many requests, and streams", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (let n = 0; n < 20; n++) {
      const response = await answered(`${origin}/page.css`, agent);
      ports.add(response.socket.localPort);
      expect(await text(response)).toContain("color-scheme");
    }
    expect(ports.size).toBe(1);
    const echoed = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(`${origin}/echo`, { method: "PUT", agent }, resolve).on("error", reject);
      for (let n = 0; n < 1_000; n++) sent.write("0123456789".repeat(100));
      sent.end();
    });
    expect((await text(echoed)).length).toBe(1_000_000);
    agent.destroy();
  });

  test("events come one after the other, and the task of who leaves is gone", async () => {
    const leaving = new AbortController();
    const response = await fetch(`${origin}/events`, { signal: leaving.signal });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    let seen = "";
    for await (const piece of response.body ?? []) {
      seen += Buffer.from(piece).toString();
      if (seen.split("\n\n").length > 2) break;
    }
    const [first = ""] = seen.split("\n\n");
    expect(JSON.parse(first.replace(/^data: /, ""))).toMatchObject({ total: expect.any(Number) });
    leaving.abort();
    for (let watched = true; watched; ) {
      const tasks = await (await fetch(`${origin}/tasks`)).text();
      watched = tasks.includes("watchTasks") || tasks.includes(" peer");
    }
  });

  test("who asks by another name for what is on this machine alone gets nothing", async () => {
    const [status] = await new Promise<[number | undefined]>((resolve, reject) => {
      get(`${origin}/tasks`, { headers: { host: `evil.example:${port}` } }, (response) => {
        response.resume();
        resolve([response.statusCode]);
      }).on("error", reject);
    });
    expect(status).toBe(421);
  });

  test("pipelined requests and one that is none, over a bare socket", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.write(
      `GET /page.js HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\n\r\n\r\n`,
    );
    const all = await text(socket);
    expect([...all.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status)).toEqual(["200", "200", "400"]);
  });

  test("300 clients that leave in the middle of anything leave nothing behind", async () => {
    const settled = async (): Promise<number> => {
      for (;;) {
        const tasks = (await (
          await fetch(`${origin}/tasks`, { headers: { connection: "close" } })
        ).json()) as unknown[]; // what the app says it is
        if (tasks.length === 3) return tasks.length; // itself, the snapshots, and who asks
      }
    };
    await settled();
    const before = app.descriptors;
    const halves = [
      "",
      "GET / HT",
      "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "PUT /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
      "nonsense\r\n\r\n",
    ];
    const leaving = Array.from({ length: 300 }, (_, n) => {
      const socket = connect(port, "127.0.0.1");
      const gone = new Promise((resolve) => socket.on("close", resolve).on("error", () => {}));
      socket.on("connect", () => {
        socket.write(halves[n % halves.length] ?? "");
        setTimeout(() => (n % 2 === 0 ? socket.resetAndDestroy() : socket.destroy()), n % 50);
      });
      return gone;
    });
    await Promise.all(leaving);
    expect(await settled()).toBe(3);
    expect(app.descriptors - before).toBeLessThanOrEqual(1); // the connection that has just asked may still be there
    expect(app.output).not.toContain("failed");
  });

  test.skipIf(!hasCurl)(`curl uploads 5 MB and gets them back${hasCurl ? "" : ": curl is not installed"}`, async () => {
    const { stdout } = await promisify(execFile)("curl", [
      "-sS",
      "-T",
      megabytes,
      "-H",
      "Expect: 100-continue",
      "-w",
      "%{http_code} %{size_download}",
      "-o",
      join(folder, "back"),
      `${origin}/echo`,
    ]);
    expect(stdout).toBe("200 5000000");
    expect(spawnSync("cmp", [megabytes, join(folder, "back")]).status).toBe(0);
    const chunked = await promisify(execFile)("curl", [
      "-sSi",
      "-H",
      "Transfer-Encoding: chunked",
      "-d",
      "abc",
      `${origin}/echo`,
    ]);
    expect(chunked.stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*transfer-encoding: chunked\r\n\r\nabc$/);
  });

  test.skipIf(!hasWrk)(`wrk finds no response amiss${hasWrk ? "" : ": wrk is not installed"}`, async () => {
    const { stdout } = await promisify(execFile)("wrk", ["-t1", "-c20", "-d1", `${origin}/page.css`]);
    expect(stdout).toMatch(/ requests in /);
    expect(stdout).not.toMatch(/Non-2xx|Socket errors/);
  });
});

describe("its command line", () => {
  test.each([
    [["--port", "70000"], '--port "70000" is not a whole number from 0 to 65535'],
    [["--nonsense"], "Unknown option '--nonsense'"],
  ])("%j is refused in one sentence", async (args, sentence) => {
    const app = new LaunchedApp("apps/http.ts", args);
    expect(await app.ended).toEqual({ code: 2, signal: null });
    expect(app.output).toContain(sentence);
    expect(app.output).toContain("usage: yieldix run apps/http.ts");
  });

  test("a port that is taken is said so", async () => {
    const first = new LaunchedApp("apps/http.ts", ["--port", "0"]);
    const [, port = ""] = await first.wrote(/127\.0\.0\.1:(\d+)/);
    const second = new LaunchedApp("apps/http.ts", ["--port", port]);
    expect((await second.ended).code).not.toBe(0);
    expect(second.output).toContain("EADDRINUSE");
    expect((await first.stop("SIGINT")).code).toBe(0);
  });
});
