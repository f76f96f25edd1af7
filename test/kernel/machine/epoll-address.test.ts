// Where sockets of the epoll machine are, what they are called, and the files of its Unix sockets.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import type { Address, Machine } from "../../../kernel/machine/machine.ts";
import {
  accepted,
  bytesOf,
  codeIn,
  codeOf,
  connected,
  listening,
  pair,
  pass,
  polled,
  received,
  receivedAll,
  sent,
  Told,
  text,
} from "../../kit/contract/bench.ts";
import { canListen, descriptors, foreign, newPath, on, opened, portOf, until } from "./epoll-bench.ts";
import { hasEpoll } from "./host-machines.ts";

const isIpv6 = hasEpoll && (await canListen({ host: "::1", port: 0 }));

/** An address of this host that is good on one of its interfaces only: "fe80::1%eth0". */
const zoned = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
  (addresses ?? []).flatMap(({ address }) => (address.startsWith("fe80:") ? [`${address}%${name}`] : [])),
)[0];

/** What Node calls both ends of a connection to `host`, and what we call them. */
async function names(machine: Machine, listenHost: string, host: string): Promise<Record<"node" | "ours", unknown>> {
  const listener = await listening(machine, { host: listenHost, port: 0 });
  const port = portOf(listener);
  const socket: Socket = connect({ host, port });
  socket.on("error", () => {});
  await until(machine, () => socket.remotePort !== undefined);
  const server = await accepted(machine, listener);
  const node = createServer();
  node.listen(0, listenHost);
  await until(machine, () => node.listening);
  const other: Socket[] = [];
  node.on("connection", (one) => other.push(one));
  const client = await connected(machine, { host, port: portOf(node) });
  await until(machine, () => other.length > 0);
  const [accepting] = other;
  const ours = [server.peer, client.local, server.local, client.peer].map(apart);
  const theirs = [
    [accepting?.remoteAddress, socket.localPort],
    [socket.localAddress, accepting?.remotePort],
    [accepting?.localAddress, port],
    [socket.remoteAddress, accepting?.localPort],
  ];
  socket.destroy();
  node.close();
  return { ours, node: theirs };
}

/** Host and port of "127.0.0.1:7000" and "[::1]:7000". */
function apart(end: string): [host: string, port: number] {
  const [, host = "", port = ""] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(end) ?? [];
  return [host, Number(port)];
}

describe.runIf(hasEpoll)("names", () => {
  test("of both ends over IPv4 are Node's", () =>
    on(async (machine) => {
      const { ours, node } = await names(machine, "127.0.0.1", "127.0.0.1");
      expect(ours).toEqual(node);
    }));

  test("of both ends are those in use where every interface is listened on", () =>
    on(async (machine) => {
      const { ours, node } = await names(machine, "0.0.0.0", "127.0.0.9");
      expect(ours).toEqual(node);
    }));

  test.runIf(isIpv6)("of both ends over IPv6 are Node's", () =>
    on(async (machine) => {
      const { ours, node } = await names(machine, "::1", "::1");
      expect(ours).toEqual(node);
    }),
  );

  test.runIf(isIpv6)("a listener on :: takes IPv4 as well, and calls such peers what Node calls them", () =>
    on(async (machine) => {
      for (const host of ["127.0.0.1", "::1"]) {
        const { ours, node } = await names(machine, "::", host);
        expect(ours).toEqual(node);
      }
    }),
  );

  test.runIf(isIpv6 && zoned !== undefined)("a zone is part of an address, and of its name, as Node has it", () =>
    on(async (machine) => {
      const { ours, node } = await names(machine, zoned ?? "", zoned ?? "");
      expect(ours).toEqual(node);
      expect(await opened(machine, machine.connect({ host: "fe80::1%nowhere0", port: 1 }))).toBe("EINVAL");
    }),
  );

  test("a listener on port 0 says the real one, in its address and its label", () =>
    on(async (machine) => {
      const listener = machine.listen({ host: "127.0.0.1", port: 0 });
      expect(await opened(machine, listener)).toBe("");
      const port = portOf(listener);
      expect(port).toBeGreaterThan(0);
      expect([listener.address, listener.label]).toEqual([{ host: "127.0.0.1", port }, `tcp 127.0.0.1:${port}`]);
    }));

  test("a host by name is looked up, to listen and to connect", () =>
    on(async (machine) => {
      const listener = machine.listen({ host: "localhost", port: 0 });
      expect(await opened(machine, listener)).toBe("");
      expect(listener.address).toMatchObject({ host: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) });
      const client = machine.connect({ host: "localhost", port: portOf(listener) });
      expect(await opened(machine, client)).toBe("");
      await sent(machine, client, bytesOf("hello"));
      expect(text(await receivedAll(machine, await accepted(machine, listener), 5))).toBe("hello");
    }));

  test("a name of several addresses is tried in order until one answers", () =>
    on(async (machine) => {
      // localhost is ::1 as well on most hosts, where nobody listens on this port.
      const server = await foreign(machine, (socket) => socket.end("found"));
      const connection = machine.connect({ host: "localhost", port: portOf(server) });
      expect(await opened(machine, connection)).toBe("");
      expect(text(await receivedAll(machine, connection, 5))).toBe("found");
      server.close();
    }));

  test("a poll without end ends when a name has been looked up", () =>
    on(async (machine) => {
      const watcher = new Told();
      let isLate = false;
      machine.listen({ host: "localhost", port: 0 }).watch("write", watcher);
      const late = setTimeout(() => {
        isLate = true;
        machine.interrupt();
      }, 5_000);
      while (watcher.count === 0 && !isLate) await polled(machine, Infinity);
      clearTimeout(late);
      expect(watcher.count).toBe(1);
      expect(isLate).toBe(false);
    }));

  test("a name that nobody has is ENOTFOUND at check, to listen and to connect", () =>
    on(async (machine) => {
      // Two dots cannot be a name, so no resolver is asked.
      const connection = machine.connect({ host: "..", port: 1 });
      expect(await opened(machine, connection)).toBe("ENOTFOUND");
      expect(() => connection.check()).toThrow("connect tcp -> ..:1: no host has that name");
      expect(await opened(machine, machine.listen({ host: "..", port: 0 }))).toBe("ENOTFOUND");
    }));

  test("an address of somebody else is EADDRNOTAVAIL at check and accept", () =>
    on(async (machine) => {
      const listener = machine.listen({ host: "192.0.2.1", port: 0 });
      expect(await opened(machine, listener)).toBe("EADDRNOTAVAIL");
      expect(codeOf(() => listener.accept())).toBe("EADDRNOTAVAIL");
    }));

  test("what cannot be an address, or a backlog, is refused at once", () =>
    on(async (machine) => {
      const cases: readonly [Address, string][] = [
        [{ port: -1 }, "EINVAL"],
        [{ port: 65_536 }, "EINVAL"],
        [{ port: 1.5 }, "EINVAL"],
        [{ host: "", port: 0 }, "EINVAL"],
        [{ path: "" }, "EINVAL"],
        [{ path: `/tmp/${"x".repeat(99)}` }, "ENAMETOOLONG"],
      ];
      for (const [address, code] of cases) {
        expect(codeOf(() => machine.listen(address))).toBe(code);
        expect(codeOf(() => machine.connect(address))).toBe(code);
      }
      for (const backlog of [0, -1, 1.5, 65_536]) {
        expect(codeOf(() => machine.listen({ port: 0 }, { backlog }))).toBe("EINVAL");
      }
    }));

  test("a path of 103 bytes, of whatever characters, is one", () =>
    on(async (machine) => {
      const path = newPath().padEnd(100, "x");
      const odd = `${path.slice(0, 97 - 4)}ключ`;
      for (const at of [`${path}yyy`, odd]) {
        const { client, server } = await pair(machine, { path: at });
        expect([client.peer, server.local, client.local, server.peer]).toEqual([at, at, "", ""]);
        expect(statSync(at).isSocket()).toBe(true);
      }
    }));
});

describe.runIf(hasEpoll)("ports", () => {
  test("nobody listens: ECONNREFUSED over TCP and over a Unix socket's stale file, ENOENT without one", () =>
    on(async (machine) => {
      const listener = await listening(machine);
      const { address } = listener;
      listener.close();
      expect(await opened(machine, machine.connect(address))).toBe("ECONNREFUSED");
      expect(await opened(machine, machine.connect({ path: await stale(machine) }))).toBe("ECONNREFUSED");
      expect(await opened(machine, machine.connect({ path: newPath() }))).toBe("ENOENT");
    }));

  test("a taken port is EADDRINUSE, whoever has it, and on every interface", () =>
    on(async (machine) => {
      const server = await foreign(machine, () => {});
      const listener = await listening(machine);
      for (const port of [portOf(server), portOf(listener)]) {
        expect(await opened(machine, machine.listen({ port }))).toBe("EADDRINUSE");
        expect(await opened(machine, machine.listen({ host: "0.0.0.0", port }))).toBe("EADDRINUSE");
        expect(await opened(machine, machine.listen({ port }, { reusePort: true }))).toBe("EADDRINUSE");
      }
      server.close();
    }));

  test("a port whose connections linger is free again at once", () =>
    on(async (machine) => {
      const { client, server, listener } = await pair(machine);
      // Who closes first keeps the connection's name for a minute.
      server.close();
      expect(await received(machine, client)).toHaveLength(0);
      client.close();
      listener.close();
      expect(await opened(machine, machine.listen(listener.address))).toBe("");
    }));

  test("with reusePort two listeners share a port, and the system gives connections to both", () =>
    on(async (machine) => {
      const one = machine.listen({ port: 0 }, { reusePort: true });
      expect(await opened(machine, one)).toBe("");
      const other = machine.listen({ port: portOf(one) }, { reusePort: true });
      expect(await opened(machine, other)).toBe("");
      expect(await opened(machine, machine.listen(one.address))).toBe("EADDRINUSE");
      // By a hash of the ports: that all of 64 go the same way is as good as never.
      for (let count = 0; count < 64; count += 1) await connected(machine, one.address);
      const counts = [one, other].map((listener) => {
        let count = 0;
        while (listener.accept() !== null) count += 1;
        return count;
      });
      expect(Math.min(...counts)).toBeGreaterThan(0);
      expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(64);
    }));

  test("a listener closed while its host is looked up never opens", async () => {
    await on(async (machine) => {
      const listener = machine.listen({ host: "localhost", port: 0 });
      const connection = machine.connect({ host: "localhost", port: 1 });
      const open = descriptors();
      listener.close();
      connection.close();
      await until(machine, () => !process.getActiveResourcesInfo().includes("GetAddrInfoReqWrap"));
      await pass(machine, 10);
      expect(descriptors()).toBe(open);
    });
  });
});

/** The file of a Unix socket of a dead process. */
async function stale(machine: Machine): Promise<string> {
  const [path, moved] = [newPath(), newPath()];
  const dead = await listening(machine, { path: moved });
  renameSync(moved, path);
  dead.close();
  expect(statSync(path).isSocket()).toBe(true);
  return path;
}

describe.runIf(hasEpoll)("the file of a Unix socket", () => {
  test("is there while somebody listens, and gone once it is closed", () =>
    on(async (machine) => {
      const path = newPath();
      const listener = await listening(machine, { path });
      expect(statSync(path).isSocket()).toBe(true);
      listener.close();
      expect(existsSync(path)).toBe(false);
    }));

  test("that nobody listens on is replaced", () =>
    on(async (machine) => {
      const path = await stale(machine);
      const listener = machine.listen({ path });
      expect(await opened(machine, listener)).toBe("");
      const client = await connected(machine, { path });
      await sent(machine, client, bytesOf("alive"));
      expect(text(await receivedAll(machine, await accepted(machine, listener), 5))).toBe("alive");
      listener.close();
      expect(existsSync(path)).toBe(false);
    }));

  test("that nobody listens on is taken by one of three who want it at once", () =>
    on(async (machine) => {
      const path = await stale(machine);
      const rivals = [machine.listen({ path }), machine.listen({ path }), machine.listen({ path })];
      const codes = [];
      for (const rival of rivals) codes.push(await opened(machine, rival));
      expect(codes.sort()).toEqual(["", "EADDRINUSE", "EADDRINUSE"]);
      await connected(machine, { path });
    }));

  test("that is alive stays, also when the loser closes", () =>
    on(async (machine) => {
      const path = newPath();
      await listening(machine, { path });
      const second = machine.listen({ path });
      expect(await opened(machine, second)).toBe("EADDRINUSE");
      second.close();
      await connected(machine, { path });
    }));

  test("that is no socket's is never replaced, and never removed", () =>
    on(async (machine) => {
      const path = newPath();
      writeFileSync(path, "precious");
      const listener = machine.listen({ path });
      expect(await opened(machine, listener)).toBe("EADDRINUSE");
      listener.close();
      expect(readFileSync(path, "utf8")).toBe("precious");
      rmSync(path);
    }));

  test("that somebody else has put in its place is left to them", () =>
    on(async (machine) => {
      const path = newPath();
      const first = await listening(machine, { path });
      unlinkSync(path);
      const second = await listening(machine, { path });
      first.close();
      await connected(machine, { path });
      second.close();
      expect(existsSync(path)).toBe(false);
    }));

  test("may be gone with its folder, or out of reach, when its listener closes", () =>
    on(async (machine) => {
      for (const isFile of [false, true]) {
        const folder = newPath();
        mkdirSync(folder);
        const listener = await listening(machine, { path: `${folder}/socket` });
        const waiting = new Told();
        listener.watch("read", waiting);
        rmSync(folder, { recursive: true });
        if (isFile) writeFileSync(folder, "");
        listener.close();
        expect(codeIn(waiting.error)).toBe("EBADF");
        rmSync(folder, { force: true });
      }
    }));

  test("in a folder that is not there, or may not be written to, is the system's error at check", () =>
    on(async (machine) => {
      expect(await opened(machine, machine.listen({ path: `${newPath()}/socket` }))).toBe("ENOENT");
      expect(await opened(machine, machine.listen({ path: "/proc/self/socket" }))).toMatch(/^E(NOENT|ACCES|PERM)$/);
    }));
});
