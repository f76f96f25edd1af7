// The control port of a kernel: who gets in, and what those who are in can do to it. Real sockets, real processes.

import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { readToken } from "../../../apps/cli/token-file.ts";
import { Agent } from "../../../apps/control/agent/agent.ts";
import { Binding } from "../../../apps/control/guard/binding.ts";
import { checkFolder, controlFolder, makeFolder, socketPath, socketsIn } from "../../../apps/control/guard/folder.ts";
import { Guard } from "../../../apps/control/guard/main.ts";
import { changing, errorCodes } from "../../../apps/control/protocol.ts";
import { codes } from "../../../apps/rpc/index.ts";
import { Heartbeat } from "../../../kernel/heartbeat.ts";
import { Kernel } from "../../../kernel/index.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";
import { type Ended, type Running, yieldix } from "../cli/command.ts";
import { Client, killed, listening, portOf, runtimeFolder, until } from "./port.ts";

const folder = runtimeFolder({
  "idle.ts": `
    import { Sleep, type Program } from "yieldix";
    export default function* idle(): Program<void> { for (;;) yield* new Sleep(1_000); }`,
});
const processes: Running[] = [];
afterEach(async () => {
  for (const running of processes.splice(0)) await killed(running);
});
afterAll(() => folder.remove());

async function idle(...options: readonly string[]): Promise<Running> {
  const running = await listening(folder, ...options, "idle.ts");
  processes.push(running);
  return running;
}

const isRoot = process.getuid?.() === 0;

describe("the folder of the sockets", () => {
  const place = (name: string): string => join(folder.path, name);

  test("is made for its owner alone, whatever the umask", () => {
    const before = process.umask(0);
    try {
      makeFolder(place("made"));
    } finally {
      process.umask(before);
    }
    expect(statSync(place("made")).mode & 0o777).toBe(0o700);
    expect(socketsIn(place("made"))).toEqual([]);
  });

  const unsafe: readonly [what: string, make: (path: string) => void][] = [
    ["it is a link", (path) => symlinkSync(folder.path, path)],
    ["it is no folder", (path) => writeFileSync(path, "")],
    ["its mode is 750, not 700", (path) => made(path, 0o750)],
    ["its mode is 701, not 700", (path) => made(path, 0o701)],
  ];
  test.each(unsafe)("is refused where %s, and not repaired", (what, make) => {
    const path = place(what.replaceAll(/\W/g, "-"));
    make(path);
    for (const look of [makeFolder, checkFolder, socketsIn]) expect(() => look(path)).toThrow(what);
    expect(() => checkFolder(path)).toThrow(expect.objectContaining({ code: "EPERM" }));
  });

  test.skipIf(!isRoot)("is refused where it belongs to somebody else (only root can make such a one)", () => {
    made(place("foreign"), 0o700);
    chownSync(place("foreign"), 65_534, 65_534);
    expect(() => makeFolder(place("foreign"))).toThrow("it belongs to user 65534");
  });

  function made(path: string, mode: number): void {
    mkdirSync(path);
    chmodSync(path, mode);
  }
});

describe("the socket", () => {
  test("is its owner's alone, in a folder that is", async () => {
    const path = portOf(await idle());
    await until(() => (statSync(path).mode & 0o777) === 0o600, "the socket has its mode");
    expect(statSync(controlFolder()).mode & 0o777).toBe(0o700);
    expect(statSync(path).uid).toBe(process.getuid?.());
  });

  const other = spawnSync("setpriv", ["--reuid=65534", "--clear-groups", "true"]).status === 0;
  test.skipIf(!other)("lets no other user in (needs root and setpriv, to be one)", async () => {
    const path = portOf(await idle());
    chmodSync(folder.path, 0o755); // what protects the socket is its own folder
    const look = `require("net").connect(${JSON.stringify(path)}).on("error", (e) => console.log(e.code)).on("connect", () => process.exit(9))`;
    const { stdout } = spawnSync("setpriv", ["--reuid=65534", "--clear-groups", process.execPath, "-e", look]);
    chmodSync(folder.path, 0o700);
    expect(String(stdout).trim()).toBe("EACCES");
  });

  test("replaces one that a killed process has left, and never one that is live", async () => {
    const [stale, live] = [900_001, 900_002].map((pid) => socketPath(controlFolder(), pid)) as [string, string];
    makeFolder(controlFolder());
    const child = spawn(process.execPath, ["-e", `require("net").createServer().listen(${JSON.stringify(stale)})`]);
    await until(() => existsSync(stale), "somebody listens");
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    const server = createServer((socket) => socket.on("error", () => {}).end("mine\n"));
    await new Promise<void>((resolve) => server.listen(live, resolve));

    const opened = new InProcess(900_001);
    await until(() => opened.places.length > 0, "it listens");
    expect(opened.places).toEqual([stale]);
    const client = await Client.open(stale);
    expect((await client.ask("hello", { version: 1 })).result).toMatchObject({ pid: 900_001 });
    client.end();
    opened.guard.close();
    expect(existsSync(stale)).toBe(false);

    const refused = new InProcess(900_002);
    await until(() => refused.hasFailed, "it gives up");
    expect(refused.log.join()).toContain(`no control port on ${live}`);
    refused.guard.close();
    expect(existsSync(live)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });

  test("is never left behind by who ends before it is bound, nor bound afterwards", () => {
    for (let time = 0; time < 20; time++) new InProcess(900_003).guard.close();
    expect(socketsIn(controlFolder()).map(({ pid }) => pid)).not.toContain(900_003);
    const binding = new Binding();
    expect(binding.end()).toBe(false);
    let isBound = false;
    new Binding(binding.shared).attempt(() => {
      isBound = true;
      return true;
    });
    expect(isBound).toBe(false);
  });

  /** A guard in this very process, of a kernel that does not run. */
  class InProcess {
    readonly places: string[] = [];
    readonly log: string[] = [];
    hasFailed = false;
    readonly guard: Guard;

    constructor(pid: number) {
      const kernel = new Kernel(new NodeMachine(), { log: ({ text }) => this.log.push(text) });
      const agent = async (): Promise<Agent> =>
        new Agent(kernel, { name: "test", pid, node: "", heapBytes: () => 0, timeOfDay: () => 0 });
      this.guard = new Guard(
        { kernel, name: "test", pid, agent },
        {
          access: "full",
          heartbeat: new Heartbeat(),
          listening: (at) => this.places.push(at),
          failed: () => {
            this.hasFailed = true;
          },
        },
      );
    }
  }
});

describe("what can be asked", () => {
  test("is a fixed table; each answer is its own kernel's", async () => {
    const running = await idle("--name", "sleeper");
    const client = await Client.open(portOf(running));
    const { pid } = running.child;
    expect((await client.ask("hello", { version: 1 })).result).toEqual({
      version: 1,
      name: "sleeper",
      pid,
      access: "full",
    });
    expect((await client.ask("frame", { tasks: {} })).result).toMatchObject({
      kernel: { name: "sleeper", pid, live: 1, viewers: 1, access: "full" },
      tasks: { total: 1, rows: [{ tid: 1, name: "sleeper", state: "S" }] },
    });
    expect((await client.ask("stuck", {})).result).toBe(null);
    for (const method of ["eval", "constructor", "__proto__", "toString", "answer"]) {
      expect((await client.ask(method, {})).error?.code, method).toBe(codes.methodNotFound);
    }
    expect((await client.ask("frame", { tasks: { limit: 10_001 } })).error?.code).toBe(codes.invalidParams);
    client.end();
  });

  test("by a client of another version is nothing: both versions are named", async () => {
    const client = await Client.open(portOf(await idle()));
    const { error } = await client.ask("hello", { version: 2 });
    expect(error?.code).toBe(codes.invalidParams);
    expect(error?.message).toContain("speaks version 1 of the control protocol, the client version 2");
    client.end();
  });

  test("on a read-only port changes nothing", async () => {
    const client = await Client.open(portOf(await idle("--control", "read-only")));
    expect((await client.ask("hello", { version: 1 })).result).toMatchObject({ access: "read-only" });
    expect(changing.length).toBeGreaterThan(4);
    for (const method of changing) {
      const params = { tids: [1], signal: "KILL", nice: 1, path: "x", argv: [], why: "" };
      expect((await client.ask(method, params)).error?.code, method).toBe(errorCodes.readOnly);
    }
    expect((await client.ask("frame", { tasks: {} })).result).toMatchObject({ tasks: { total: 1 } });
    client.end();
  });
});

describe("a port on TCP", () => {
  test("puts out who does not say the token, and keeps who has said it", async () => {
    const running = await idle("--control", "tcp:0");
    await running.wrote("token ");
    const [, port = "", token = ""] = /127\.0\.0\.1:(\d+), token ([0-9a-f]{32})\n/.exec(running.err) ?? [];
    const [welcome, stranger] = [await Client.open(Number(port)), await Client.open(Number(port))];
    expect((await welcome.ask("hello", { version: 1, token })).error).toBeUndefined();
    expect((await stranger.ask("hello", { version: 1 })).error?.code).toBe(errorCodes.forbidden);
    await stranger.closed;
    expect((await welcome.ask("frame", {})).error).toBeUndefined();
    welcome.end();
  });

  test("answers who has said the token, and nobody else, and changes nothing", async () => {
    const running = await idle("--control", "tcp:0");
    await running.wrote("token ");
    const [, port = "", token = ""] = /127\.0\.0\.1:(\d+), token ([0-9a-f]{32})\n/.exec(running.err) ?? [];
    const client = await Client.open(Number(port));
    expect((await client.ask("frame", {})).error?.code).toBe(errorCodes.forbidden);
    expect((await client.ask("stuck", {})).error?.code).toBe(errorCodes.forbidden);
    for (const wrong of [undefined, "", 1, null, token.slice(1), `${token}0`, token.toUpperCase(), [token]]) {
      const { error } = await client.ask("hello", { version: 1, token: wrong });
      if (wrong !== token) expect(error?.code, String(wrong)).toBe(errorCodes.forbidden);
    }
    expect((await client.ask("frame", {})).error?.code).toBe(errorCodes.forbidden);
    expect((await client.ask("hello", { version: 1, token })).result).toMatchObject({ access: "read-only" });
    expect((await client.ask("frame", {})).result).toMatchObject({ kernel: { access: "read-only" } });
    expect((await client.ask("signal", { tids: [1], signal: "KILL" })).error?.code).toBe(errorCodes.readOnly);
    const second = await Client.open(Number(port));
    expect((await second.ask("frame", {})).error?.code, "a token is for one connection").toBe(errorCodes.forbidden);
    const browser = await Client.open(Number(port));
    browser.send(
      `POST / HTTP/1.1\r\n\r\n{"jsonrpc":"2.0","id":1,"method":"hello","params":{"version":1,"token":"${token}"}}\n`,
    );
    await browser.closed;
    client.end();
    second.end();
  });
});

describe("the token of a port on TCP", () => {
  const token = "0123456789abcdef0123";

  test("comes from a file, which commands are told as well, or have it in the environment", async () => {
    folder.write({ token: `${token}\n`, wrong: `${token}4` });
    for (const file of ["token", "wrong"]) chmodSync(join(folder.path, file), 0o600);
    const running = await idle("--control", "tcp:0", "--token-file", "token");
    await running.wrote("its token is in the file");
    expect(running.err).not.toContain(token);
    const at = `127.0.0.1:${/127\.0\.0\.1:(\d+)/.exec(running.err)?.[1]}`;
    const ps = (...args: readonly string[]): Promise<Ended> => yieldix(["ps", "-k", at, ...args], folder.path);
    const [known, wrong, none] = await Promise.all([ps("--token-file", "token"), ps("--token-file", "wrong"), ps()]);
    expect(known).toMatchObject({ code: 0, err: "" });
    for (const { code, out } of [wrong, none]) expect({ code, out }).toEqual({ code: 3, out: "" });
    const way = "give it in $YIELDIX_TOKEN, or with --token-file\n";
    expect(wrong.err).toBe(`yieldix: hello: that is not the token of this port: ${way}`);
    expect(none.err).toBe(`yieldix: hello: this port wants its token: ${way}`);
    process.env["YIELDIX_TOKEN"] = token; // of this file's process, and of those that it starts
    try {
      expect(await ps()).toMatchObject({ code: 0, err: "" });
    } finally {
      delete process.env["YIELDIX_TOKEN"];
    }
  });

  test("is not taken from a file that others can read, is empty, or is none", () => {
    const file = join(folder.path, "other");
    folder.write({ other: token });
    chmodSync(file, 0o640);
    expect(() => readToken(file)).toThrow(/is not yours alone: chmod 600/);
    chmodSync(file, 0o600);
    expect(readToken(file)).toBe(token);
    for (const text of ["", "short", `two ${token}`, "x".repeat(257), "\u0000".repeat(20)]) {
      folder.write({ other: text });
      expect(() => readToken(file)).toThrow(/holds no token/);
    }
    expect(() => readToken(folder.path)).toThrow(/is no file/);
  });
});

describe("clients that mean harm", () => {
  test("garbage, huge frames and deep nests end their own connection at most", async () => {
    const path = portOf(await idle());
    const [good, garbage, huge, deep] = await Promise.all([1, 2, 3, 4].map(() => Client.open(path)));
    garbage?.send(Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a]));
    huge?.send(Buffer.from([0x02, 0x00, 0x00, 0x00])); // 32 MiB to come
    deep?.send(`{"jsonrpc":"2.0","id":1,"method":"frame","params":${"[".repeat(200_000)}\n`);
    await garbage?.closed;
    await huge?.closed;
    expect((await deep?.answer(null))?.error?.code).toBeLessThan(0);
    expect((await good?.ask("frame", { tasks: {} }))?.result).toBeDefined();
    good?.end();
    deep?.end();
  });

  test("a hundred that say nothing keep nobody out", async () => {
    const path = portOf(await idle());
    const silent = await Promise.all(Array.from({ length: 100 }, () => Client.open(path)));
    const client = await Client.open(path);
    expect((await client.ask("hello", { version: 1 })).result).toBeDefined();
    for (const each of [...silent, client]) each.end();
  });

  test("hundreds that say nothing take no more descriptors than are let in", async () => {
    const running = await idle();
    const path = portOf(running);
    const first = await Client.open(path);
    await first.ask("hello", { version: 1 }); // who serves is there from now on
    const descriptors = (): number => readdirSync(`/proc/${running.child.pid}/fd`).length;
    const before = descriptors();
    const silent = await Promise.all(Array.from({ length: 400 }, () => Client.open(path).catch(() => undefined)));
    let most = 0;
    for (let look = 0; look < 20; look++) {
      most = Math.max(most, descriptors() - before);
      await delay(10);
    }
    expect(most).toBeLessThan(128 + 32); // some may be on their way out
    for (const each of [...silent, first]) each?.end();
  });

  test("one that asks and never reads costs a bounded amount of memory, and others nothing", async () => {
    const running = await idle();
    const path = portOf(running);
    const good = await Client.open(path);
    await good.ask("frame", { tasks: {} });
    const before = residentBytes(running);
    const greedy = await Client.open(path);
    greedy.socket.pause();
    const request = `{"jsonrpc":"2.0","id":1,"method":"frame","params":{"tasks":{},"graph":true,"apps":true,"syscalls":{}}}\n`;
    // Until the kernel of the machine and the guard take no more.
    let stalled = 0;
    while (stalled < 20) {
      const { bytesWritten, writableLength } = greedy.socket;
      if (writableLength < 1_048_576) greedy.send(request.repeat(1_000));
      await good.ask("frame", { tasks: {} });
      stalled =
        greedy.socket.bytesWritten - greedy.socket.writableLength === bytesWritten - writableLength ? stalled + 1 : 0;
    }
    expect(residentBytes(running) - before).toBeLessThan(96 * 1_048_576);
    expect((await good.ask("frame", {})).result).toBeDefined();
    greedy.end();
    good.end();
  });

  function residentBytes({ child }: Running): number {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) * 1_024;
  }
});
