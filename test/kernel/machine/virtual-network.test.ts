// The laws of the simulated network: addresses, connections and their ends, limits.

import { describe, expect, test } from "vitest";
import type { Address } from "../../../kernel/machine/machine.ts";
import { VirtualMachine } from "../../../kernel/machine/virtual.ts";
import { bytesOf, codeOf, Noted, opened, pair, settle, textOf } from "./simulated.ts";

function portOf(address: Address): number {
  return "port" in address ? address.port : Number.NaN;
}

/** What listening there, or connecting, comes to. */
function outcome(machine: VirtualMachine, how: "listen" | "connect", address: Address): string {
  const endpoint = machine[how](address);
  settle(machine);
  const code = codeOf(() => endpoint.check());
  endpoint.close();
  return code;
}

describe("virtual addresses", () => {
  test("port 0 gets 49152 and up, in order, and one that was given back is not given again at once", () => {
    const machine = new VirtualMachine();
    const [first, second] = [opened(machine), opened(machine)];
    expect([first, second].map(({ address }) => portOf(address))).toEqual([49_152, 49_153]);
    first.close();
    const taken = opened(machine, { port: 49_154 });
    expect([portOf(taken.address), portOf(opened(machine).address)]).toEqual([49_154, 49_155]);
  });

  test("a listener on port 0 has its real port once it is open", () => {
    const machine = new VirtualMachine();
    const listener = machine.listen({ port: 0 });
    expect([portOf(listener.address), listener.label]).toEqual([0, "tcp 127.0.0.1:0"]);
    settle(machine);
    expect([portOf(listener.address), listener.label]).toEqual([49_152, "tcp 127.0.0.1:49152"]);
  });

  test("with all its ports taken port 0 is EADDRINUSE, until one is given back", () => {
    const machine = new VirtualMachine();
    const all = Array.from({ length: 65_536 - 49_152 }, () => machine.listen({ port: 0 }));
    expect(outcome(machine, "listen", { port: 0 })).toBe("EADDRINUSE");
    const given = all[1_000]?.address;
    all[1_000]?.close();
    expect(opened(machine).address).toEqual(given);
  });

  test("a client has its own end, however many there are", () => {
    const machine = new VirtualMachine();
    const ends = Array.from({ length: 40_000 }, () => machine.connect({ port: 7 }).local);
    expect(ends[0]).toBe("127.0.0.1:32768");
    expect(ends[16_384]).toBe("127.0.0.2:32768");
    expect(new Set(ends).size).toBe(40_000);
    expect(machine.connect({ host: "::1", port: 7 }).local).toMatch(/^\[::\d+\]:\d+$/);
  });

  test("localhost is 127.0.0.1, any address hears them all, and other hosts are places of their own", () => {
    const machine = new VirtualMachine();
    opened(machine, { host: "0.0.0.0", port: 80 });
    opened(machine, { host: "::", port: 81 });
    opened(machine, { host: "db.example", port: 82 });
    const reached = (host: string, port: number): boolean => outcome(machine, "connect", { host, port }) === "";
    expect([reached("localhost", 80), reached("db.example", 80), reached("::1", 80)]).toEqual([true, true, false]);
    expect([reached("localhost", 81), reached("::1", 81), reached("0.0.0.0", 81)]).toEqual([true, true, true]);
    expect([reached("localhost", 82), reached("db.example", 82)]).toEqual([false, true]);
  });

  test("an address is taken by who listens there or on all, and free when that one is closed", () => {
    const machine = new VirtualMachine();
    const listener = opened(machine, { port: 80 });
    const all = ["127.0.0.1", "localhost", "0.0.0.0", "::"];
    for (const host of all) expect(outcome(machine, "listen", { host, port: 80 })).toBe("EADDRINUSE");
    expect(outcome(machine, "listen", { host: "db.example", port: 80 })).toBe("");
    expect(outcome(machine, "listen", { host: "localhost", port: 81 })).toBe("");
    listener.close();
    expect(outcome(machine, "listen", { port: 80 })).toBe("");
  });
});

describe("a virtual connection", () => {
  test("says who is at its ends", () => {
    const machine = new VirtualMachine();
    const tcp = pair(machine);
    expect([tcp.client.label, tcp.server.label]).toEqual([
      "tcp 127.0.0.1:32768 -> 127.0.0.1:49152",
      "tcp 127.0.0.1:49152 <- 127.0.0.1:32768",
    ]);
    const unix = pair(machine, { path: "/run/app" });
    expect([unix.listener.label, unix.client.label, unix.server.label]).toEqual([
      "unix /run/app",
      "unix -> /run/app",
      "unix /run/app <-",
    ]);
    expect([unix.client.local, unix.client.peer, unix.server.local, unix.server.peer]).toEqual([
      "",
      "/run/app",
      "/run/app",
      "",
    ]);
  });

  test("holds as many bytes as its capacity, on their way and unread together, and not one more", () => {
    for (const capacityBytes of [1, 10, 65_536]) {
      const machine = new VirtualMachine({ capacityBytes });
      const { client, server } = pair(machine);
      const much = new Uint8Array(100_000);
      expect([client.write(much), client.write(much)]).toEqual([capacityBytes, 0]);
      settle(machine);
      expect(client.write(much)).toBe(0);
      const part = Math.ceil(capacityBytes / 3);
      expect(server.read(part)).toHaveLength(part);
      expect([client.write(much), client.write(much)]).toEqual([part, 0]);
      settle(machine);
      expect(server.read(1_000_000)).toHaveLength(capacityBytes);
    }
  });

  test("tells a writer that waits when its full pipe is read, one latency later", () => {
    const machine = new VirtualMachine({ capacityBytes: 10, latencyMs: [5, 5] });
    const { client, server } = pair(machine);
    client.write(new Uint8Array(10));
    const writer = Noted.on(machine, client, "write");
    settle(machine);
    expect(writer.times).toEqual([]);
    const read = machine.now();
    server.read(1);
    settle(machine);
    expect(writer.times).toEqual([read + 5]);
  });

  test("gives each reader bytes of its own, though the writer sent one buffer to many", () => {
    const machine = new VirtualMachine();
    const [one, two] = [pair(machine), pair(machine)];
    const greeting = bytesOf("hello");
    one.client.write(greeting);
    two.client.write(greeting);
    settle(machine);
    one.server.read(5)?.fill(0);
    expect(textOf(two.server.read(5))).toBe("hello");
    expect(textOf(greeting)).toBe("hello");
  });

  test("what arrived before a reset can be read, then it is ECONNRESET; what was on its way is lost", () => {
    const machine = new VirtualMachine();
    const { client, server } = pair(machine);
    client.write(bytesOf("arrived"));
    settle(machine);
    client.write(bytesOf("lost"));
    machine.reset(client);
    machine.reset(client);
    expect(client.closed).toBe(true);
    settle(machine);
    expect(textOf(server.read(100))).toBe("arrived");
    for (const again of [1, 2]) expect([again, codeOf(() => server.read(100))]).toEqual([again, "ECONNRESET"]);
    expect(codeOf(() => server.write(bytesOf("x")))).toBe("ECONNRESET");
  });

  test("closing with bytes unread resets the peer, which never takes it for a proper end", () => {
    const machine = new VirtualMachine();
    const { client, server } = pair(machine);
    client.write(bytesOf("never read"));
    settle(machine);
    server.write(bytesOf("answer on its way"));
    server.close();
    settle(machine);
    expect(codeOf(() => client.read(100))).toBe("ECONNRESET");
  });

  test("bytes sent to one that has closed reset the sender: its end stays, writing is EPIPE", () => {
    const machine = new VirtualMachine();
    const { client, server } = pair(machine);
    server.close();
    settle(machine);
    expect(client.read(1)).toHaveLength(0);
    expect(client.write(bytesOf("too late"))).toBe(8);
    settle(machine);
    expect(client.read(1)).toHaveLength(0);
    expect(codeOf(() => client.write(bytesOf("x")))).toBe("EPIPE");
  });

  test("one that is reset while it opens fails with ECONNRESET", () => {
    const machine = new VirtualMachine({ latencyMs: [5, 5] });
    const listener = opened(machine);
    const client = machine.connect(listener.address);
    machine.poll(6);
    listener.close();
    // The reset overtakes nothing here: with equal latencies the answer to the connect comes first.
    settle(machine);
    expect(codeOf(() => client.read(1))).toBe("ECONNRESET");
  });

  test("tells a reader that watches while it opens, however bytes and the answer to the connect overtake", () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const machine = new VirtualMachine({ seed, latencyMs: [0, 10] });
      const listener = opened(machine);
      const client = machine.connect(listener.address);
      const reader = Noted.on(machine, client, "read");
      const acceptor = Noted.on(machine, listener, "read");
      machine.poll(20);
      expect(acceptor.times).toHaveLength(1);
      expect(listener.accept()?.write(bytesOf("early"))).toBe(5);
      settle(machine);
      expect([seed, reader.times.length, textOf(client.read(10))]).toEqual([seed, 1, "early"]);
    }
  });

  test("that is closed before its connect arrives reaches nobody", () => {
    const machine = new VirtualMachine();
    const listener = opened(machine);
    machine.connect(listener.address).close();
    settle(machine);
    expect(listener.accept()).toBeNull();
  });

  test("resetting a connection of another machine is EINVAL", () => {
    const { client } = pair(new VirtualMachine());
    const stranger = { ...client, label: "a stranger" };
    expect(codeOf(() => new VirtualMachine().reset(stranger))).toBe("EINVAL");
  });
});

describe("virtual limits", () => {
  test("a connect that finds the backlog full gets through once there is room", () => {
    const machine = new VirtualMachine();
    const listener = opened(machine, { port: 0 }, 1);
    const [first, second] = [machine.connect(listener.address), machine.connect(listener.address)];
    const opening = Noted.on(machine, second, "write");
    machine.poll(500);
    first.check();
    expect([listener.accept()?.peer, listener.accept()]).toEqual([first.local, null]);
    settle(machine);
    second.check();
    expect(opening.times[0]).toBeGreaterThan(1_000);
    expect(listener.accept()?.peer).toBe(second.local);
  });

  test("a connect that never gets through is ETIMEDOUT after 127 s; on a Unix socket it is EAGAIN at once", () => {
    const machine = new VirtualMachine({ latencyMs: [5, 5] });
    for (const [at, code, afterMs] of [
      [{ port: 0 }, "ETIMEDOUT", 127_010],
      [{ path: "/run/full" }, "EAGAIN", 10],
    ] as const) {
      const listener = opened(machine, at, 1);
      machine.connect(listener.address);
      settle(machine);
      const start = machine.now();
      const late = machine.connect(listener.address);
      const opening = Noted.on(machine, late, "write");
      settle(machine);
      expect(codeOf(() => late.check())).toBe(code);
      expect((opening.times[0] ?? 0) - start).toBeCloseTo(afterMs, 6);
    }
  });

  test("a backlog that cannot be is EINVAL", () => {
    const machine = new VirtualMachine();
    for (const backlog of [0, -1, 1.5, 65_536]) {
      expect(codeOf(() => machine.listen({ port: 0 }, { backlog }))).toBe("EINVAL");
    }
  });

  test("beyond the most endpoints all opening is EMFILE, accept too, and goes on when one is closed", () => {
    const machine = new VirtualMachine({ maxEndpoints: 4 });
    const { listener, client, server } = pair(machine);
    const waiting = machine.connect(listener.address);
    settle(machine);
    waiting.check();
    expect(outcome(machine, "connect", listener.address)).toBe("EMFILE");
    expect(outcome(machine, "listen", { port: 0 })).toBe("EMFILE");
    for (let tries = 0; tries < 3; tries += 1) expect(codeOf(() => listener.accept())).toBe("EMFILE");
    client.close();
    server.close();
    waiting.write(bytesOf("patient"));
    settle(machine);
    expect(textOf(listener.accept()?.read(100) ?? null)).toBe("patient");
  });

  test("20,000 connections open, speak and close, and leave nothing scheduled", () => {
    const machine = new VirtualMachine({ maxEndpoints: 40_001 });
    const listener = opened(machine, { port: 0 }, 20_000);
    const clients = Array.from({ length: 20_000 }, () => machine.connect(listener.address));
    settle(machine);
    const servers = clients.map(() => listener.accept());
    for (const client of clients) client.write(bytesOf(client.local));
    settle(machine);
    for (const server of servers) expect(textOf(server?.read(100) ?? null) === server?.peer).toBe(true);
    for (const client of clients) client.close();
    settle(machine);
    for (const server of servers) {
      expect(server?.read(1)?.length === 0).toBe(true);
      server?.close();
    }
    settle(machine);
    expect(outcome(machine, "connect", listener.address)).toBe("");
  });
});
