// The node machine: the contract, and what only it promises.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { afterAll, describe, expect, test } from "vitest";
import type { Connection, Machine } from "../../../kernel/machine/machine.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";
import { NodeConnection } from "../../../kernel/machine/node-connection.ts";
import { NodeListener } from "../../../kernel/machine/node-listener.ts";
import {
  accepted,
  bytesOf,
  codeOf,
  connected,
  filled,
  listening,
  pair,
  pass,
  polled,
  ready,
  received,
  receivedAll,
  sent,
  text,
} from "../../kit/contract/bench.ts";
import { machineContract } from "../../kit/contract.ts";

const folder = mkdtempSync(join(tmpdir(), "node-machine-"));
afterAll(() => rmSync(folder, { recursive: true }));
let paths = 0;

function newPath(): string {
  paths += 1;
  return join(folder, `${paths}.sock`);
}

function reset(connection: Connection): void {
  if (!(connection instanceof NodeConnection)) throw new TypeError("not a connection of this machine");
  connection.reset();
}

machineContract("node", () => new NodeMachine(), { unixPath: newPath, reset });

async function on(body: (machine: NodeMachine) => Promise<void>, machine: NodeMachine = new NodeMachine()) {
  try {
    await body(machine);
  } finally {
    machine.close();
  }
}

/** Polls until something is so that nobody can watch. */
async function until(machine: Machine, so: () => boolean): Promise<void> {
  const end = machine.now() + 10_000;
  while (!so()) {
    if (machine.now() > end) throw new Error(`never so: ${so}`);
    await polled(machine, 1);
  }
}

/** A server that is not ours. */
async function foreign(machine: Machine, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await until(machine, () => server.listening);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

describe("connections", () => {
  test("a connection reset while it opens is open or refused, then ECONNRESET, and nothing else breaks", () =>
    on(async (machine) => {
      const server = createServer((socket) => socket.resetAndDestroy());
      const port = await foreign(machine, server);
      for (let round = 0; round < 20; round += 1) {
        const connection = machine.connect({ port });
        await ready(machine, connection, "write");
        await ready(machine, connection, "read");
        expect(codeOf(() => connection.read(1))).toBe("ECONNRESET");
        connection.close();
      }
      server.close();
    }));

  test("a host nobody has is ENOTFOUND at check", () =>
    on(async (machine) => {
      // Two dots cannot be a name, so no resolver is asked.
      const connection = machine.connect({ host: "..", port: 1 });
      await ready(machine, connection, "write");
      expect(() => connection.check()).toThrow("connect tcp -> ..:1: no host has that name");
      expect(codeOf(() => connection.check())).toBe("ENOTFOUND");
    }));

  test("a listener on an address of somebody else is EADDRNOTAVAIL at check", () =>
    on(async (machine) => {
      const listener = machine.listen({ host: "192.0.2.1", port: 0 });
      await ready(machine, listener, "read");
      await ready(machine, listener, "write");
      expect(codeOf(() => listener.check())).toBe("EADDRNOTAVAIL");
      expect(codeOf(() => listener.accept())).toBe("EADDRNOTAVAIL");
    }));

  test("two throws are two errors, each with the system's own as its cause", () =>
    on(async (machine) => {
      const listener = await listening(machine);
      const { address } = listener;
      listener.close();
      const connection = machine.connect(address);
      await ready(machine, connection, "write");
      const thrown = [0, 0].map(() => {
        try {
          return connection.check();
        } catch (error) {
          return error;
        }
      });
      expect(thrown[0]).not.toBe(thrown[1]);
      for (const error of thrown) expect(error).toMatchObject({ cause: { syscall: "connect" } });
    }));

  test("a write takes no more than the high-water mark, and what a peer does not read is bounded by it", () =>
    on(
      async (machine) => {
        const { client, server } = await pair(machine);
        expect(client.write(new Uint8Array(5_000))).toBe(1_000);
        await receivedAll(machine, server, 1_000);
        expect(await filled(machine, client, 2 ** 24)).toBeGreaterThan(1_000);
      },
      new NodeMachine({ highWaterBytes: 1_000 }),
    ));

  test("a connection that is opening takes and gives nothing yet", () =>
    on(async (machine) => {
      const listener = await listening(machine);
      const client = machine.connect(listener.address);
      expect([client.write(bytesOf("early")), client.read(1), client.bytesWritten]).toEqual([0, null, 0]);
      client.check();
    }));

  test("a connection closed with bytes to send is gone once they are sent, though its peer stays", () =>
    on(
      async (machine) => {
        const { client, server } = await pair(machine);
        const total = await filled(machine, client, 2 ** 24);
        const before = await steadyHandles(machine);
        client.close();
        await receivedAll(machine, server, total);
        expect(await received(machine, server)).toHaveLength(0);
        await until(machine, () => handles() < before);
        expect(server.closed).toBe(false);
      },
      new NodeMachine({ lingerMs: 60_000 }),
    ));

  test("what was taken before close is dropped when the peer does not read for the linger time", () =>
    on(
      async (machine) => {
        const { client, server } = await pair(machine);
        await filled(machine, client, 2 ** 24);
        const before = await steadyHandles(machine);
        client.close();
        await pass(machine, 20);
        expect(handles()).toBe(before);
        await until(machine, () => handles() < before);
        server.close();
      },
      new NodeMachine({ lingerMs: 400 }),
    ));

  test("300 connections opened and closed, however they end, leave no handles", () =>
    on(async (machine) => {
      const before = await steadyHandles(machine);
      const listener = await listening(machine);
      const open: Connection[] = [];
      for (let count = 0; count < 150; count += 1) {
        open.push(await connected(machine, listener.address), await accepted(machine, listener));
      }
      expect(handles()).toBeGreaterThanOrEqual(before + 300);
      open.forEach((connection, place) => {
        if (place % 3 === 0) connection.close();
        else if (place % 3 === 1) reset(connection);
        else connection.shutdown();
      });
      await pass(machine, 10);
      for (const connection of open) connection.close();
      listener.close();
      await until(machine, () => handles() <= before);
      expect(handles()).toBe(before);
    }));
});

describe("listeners", () => {
  test("a connection to a listener on every interface has the address it came to", () =>
    on(async (machine) => {
      const listener = await listening(machine, { host: "0.0.0.0", port: 0 });
      const { address } = listener;
      if (!("port" in address)) throw new TypeError("not a TCP address");
      const client = await connected(machine, { host: "127.0.0.1", port: address.port });
      const server = await accepted(machine, listener);
      expect([server.local, server.peer]).toEqual([`127.0.0.1:${address.port}`, client.local]);
      expect(server.label).toBe(`tcp ${server.local} <- ${server.peer}`);
      expect(client.label).toBe(`tcp ${client.local} -> ${client.peer}`);
    }));

  test("a full queue closes newcomers, counts them, and takes others once there is room", () =>
    on(async (machine) => {
      const listener = machine.listen({ port: 0 }, { backlog: 2 });
      if (!(listener instanceof NodeListener)) throw new TypeError("not a listener of this machine");
      await ready(machine, listener, "write");
      const clients = [];
      for (let count = 0; count < 5; count += 1) clients.push(await connected(machine, listener.address));
      await until(machine, () => listener.dropped === 3);
      for (const client of clients.slice(2)) expect(await received(machine, client)).toHaveLength(0);
      const first = await accepted(machine, listener);
      const late = await connected(machine, listener.address);
      const [second, third] = [await accepted(machine, listener), await accepted(machine, listener)];
      const peers = [first, second, third].map((connection) => connection.peer);
      expect(peers).toEqual([clients[0]?.local, clients[1]?.local, late.local]);
      expect([listener.accept(), listener.dropped]).toEqual([null, 3]);
    }));

  test("a connection nobody has accepted takes no bytes in", () =>
    on(async (machine) => {
      const listener = await listening(machine);
      const client = await connected(machine, listener.address);
      const queued = await filled(machine, client, 2 ** 24);
      const server = await accepted(machine, listener);
      expect(server.read(1)).toBeNull();
      await receivedAll(machine, server, queued);
    }));

  test("a backlog that cannot be is EINVAL", () => {
    for (const backlog of [0, -1, 1.5, 65_536]) {
      expect(codeOf(() => new NodeMachine().listen({ port: 0 }, { backlog }))).toBe("EINVAL");
    }
  });

  test("a listener closed while its host is looked up never opens", () =>
    on(async (machine) => {
      const before = await steadyHandles(machine);
      machine.listen({ host: "localhost", port: 0 }).close();
      await until(machine, () => !process.getActiveResourcesInfo().includes("GetAddrInfoReqWrap"));
      await pass(machine, 10);
      expect(handles()).toBe(before);
    }));

  test("the file of a Unix socket nobody listens on is replaced, and is gone after close", () =>
    on(async (machine) => {
      const [path, moved] = [newPath(), newPath()];
      const dead = await listening(machine, { path: moved });
      // Node removes only what still has the name it was bound to: what is left is the file of a dead process.
      renameSync(moved, path);
      dead.close();
      expect(existsSync(path)).toBe(true);
      const { client, server, listener } = await pair(machine, { path });
      await sent(machine, client, bytesOf("alive"));
      expect(text(await receivedAll(machine, server, 5))).toBe("alive");
      listener.close();
      expect(existsSync(path)).toBe(false);
    }));

  test("the file of a Unix socket that is alive stays, also when the loser closes", () =>
    on(async (machine) => {
      const path = newPath();
      await listening(machine, { path });
      const second = machine.listen({ path });
      await ready(machine, second, "write");
      expect(codeOf(() => second.check())).toBe("EADDRINUSE");
      second.close();
      await connected(machine, { path });
    }));

  test("a file that is no socket is never replaced", () =>
    on(async (machine) => {
      const path = newPath();
      writeFileSync(path, "precious");
      const listener = machine.listen({ path });
      await ready(machine, listener, "write");
      expect(codeOf(() => listener.check())).toBe("EADDRINUSE");
      listener.close();
      expect(readFileSync(path, "utf8")).toBe("precious");
    }));
});

describe("the machine", () => {
  test("options that cannot be are EINVAL", () => {
    expect(codeOf(() => new NodeMachine({ highWaterBytes: 0 }))).toBe("EINVAL");
    expect(codeOf(() => new NodeMachine({ seed: 0.5 }))).toBe("EINVAL");
  });

  test("the same seed gives the same chances", () => {
    const [one, same, other] = [1, 1, 2].map((seed) => {
      const machine = new NodeMachine({ seed });
      return Array.from({ length: 20 }, () => machine.random());
    });
    expect(one).toEqual(same);
    expect(one).not.toEqual(other);
  });

  test("a second poll while one is under way is EBUSY, and the first goes on", () =>
    on(async (machine) => {
      const poll = polled(machine, 10_000);
      expect(codeOf(() => machine.poll(1, () => {}))).toBe("EBUSY");
      machine.interrupt();
      await poll;
    }));

  test("closing the machine ends a poll without end", () =>
    on(async (machine) => {
      const poll = polled(machine, Infinity);
      machine.close();
      await poll;
    }));

  test("a poll without end keeps the process alive, and a machine that is not polled does not", () =>
    on(async (machine) => {
      const program = `
        const { NodeMachine } = await import("./kernel/machine/node.ts");
        const { polled } = await import("./test/kit/contract/bench.ts");
        const machine = new NodeMachine();
        process.once("SIGUSR2", () => machine.interrupt());
        for (const idleMs of [Infinity, 5_000, Infinity]) {
          const poll = polled(machine, idleMs);
          setImmediate(() => machine.interrupt());
          await poll;
        }
        const poll = polled(machine, Infinity);
        console.log("up");
        await poll;
        console.log("over");`;
      const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program]);
      const [output, complaints] = [collected(child.stdout), collected(child.stderr)];
      await until(machine, () => output() !== "" || child.exitCode !== null);
      await pass(machine, 100);
      expect(child.exitCode).toBe(null);
      child.kill("SIGUSR2");
      await until(machine, () => child.exitCode !== null);
      // Nothing on stderr either: no warning of a timer too long, which would fire every millisecond.
      expect([child.exitCode, output(), complaints()]).toEqual([0, "up\nover\n", ""]);
    }));

  test("a poll never ends before its time, not by a fraction of a millisecond", () =>
    on(async (machine) => {
      for (let round = 0; round < 60; round += 1) {
        const idleMs = 1 + (round % 7) / 3;
        const start = machine.now();
        await polled(machine, idleMs);
        expect(machine.now() - start).toBeGreaterThanOrEqual(idleMs);
      }
    }));
});

function collected(stream: Readable): () => string {
  let all = "";
  stream.on("data", (bytes) => {
    all += bytes;
  });
  return () => all;
}

/** Sockets, servers and requests that Node holds for us; not timers, which vitest has too. */
function handles(): number {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|Pipe|Req/.test(kind)).length;
}

/** Their number once those of earlier tests are gone. */
async function steadyHandles(machine: Machine): Promise<number> {
  for (let last = -1; last !== handles(); ) {
    last = handles();
    await pass(machine, 30);
  }
  return handles();
}
