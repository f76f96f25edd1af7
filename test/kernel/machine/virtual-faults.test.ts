// The laws of faults: a run repeats itself, no fault loses a wake-up or corrupts a stream, each kind does what it says.

import { describe, expect, test } from "vitest";
import type { Pollable } from "../../../kernel/machine/machine.ts";
import { allFaults, faultKinds, VirtualMachine } from "../../../kernel/machine/virtual.ts";
import { converse } from "./conversation.ts";
import { bytesOf, codeOf, Noted, opened, pair, settle, textOf } from "./simulated.ts";

const forever = Number.POSITIVE_INFINITY;
/** Ends connections far more often than the plan of all faults. */
const rough = { ...allFaults, reset: 0.01, brokenPipe: 0.01, halfClose: 0.02 };

function talk(options: ConstructorParameters<typeof VirtualMachine>[0] & { seed: number }): string {
  const machine = new VirtualMachine({ capacityBytes: 4_096, ...options });
  const report = converse(machine, { pairs: 10, bytes: 20_000, seed: options.seed });
  return JSON.stringify([report, [...report.errors], machine.now(), machine.faultCounts]);
}

describe("a run from a seed", () => {
  test("is the same each time, with and without faults, and another for another seed", () => {
    const runs = new Set<string>();
    for (const faults of ["none", "benign", "all"] as const) {
      for (let seed = 1; seed <= 10; seed += 1) {
        const run = talk({ seed, faults });
        expect(talk({ seed, faults })).toBe(run);
        runs.add(run);
      }
    }
    expect(runs.size).toBe(30);
  });

  test("does not change with what tasks draw", () => {
    const hashes = [0, 3].map((draws) => {
      const machine = new VirtualMachine({ seed: 9, faults: "all" });
      const eachPoll = (): void => {
        for (let draw = 0; draw < draws; draw += 1) machine.random();
      };
      return converse(machine, { pairs: 10, bytes: 20_000, seed: 9, eachPoll }).hash;
    });
    expect(hashes[0]).toBe(hashes[1]);
  });

  test("is the same on every platform: this hash was taken once, and changes only with the simulation itself", () => {
    const machine = new VirtualMachine({ seed: 2_009, faults: "all", capacityBytes: 4_096 });
    expect(converse(machine, { pairs: 20, bytes: 20_000, seed: 2_009 }).hash).toBe(2_666_408_440);
  });
});

describe("under faults", () => {
  test("that are benign every byte arrives, every end is seen, and nobody is left waiting", () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const machine = new VirtualMachine({ seed, faults: "benign", capacityBytes: 4_096 });
      const { errors, completed, hanging, corrupt } = converse(machine, { pairs: 10, bytes: 20_000, seed });
      const expected = { errors: 0, completed: 20, hanging: 0, corrupt: 0, seed };
      expect({ errors: errors.size, completed, hanging, corrupt, seed }).toEqual(expected);
    }
  });

  test("of every kind what is read was sent, no end hides a loss, and nobody is left waiting", () => {
    const seen = new Set<string>();
    const hit = new Set<string>();
    for (let seed = 1; seed <= 100; seed += 1) {
      const machine = new VirtualMachine({ seed, faults: rough, capacityBytes: 4_096 });
      const { errors, hanging, corrupt } = converse(machine, { pairs: 10, bytes: 20_000, seed });
      expect({ hanging, corrupt, seed }).toEqual({ hanging: 0, corrupt: 0, seed });
      for (const code of errors.keys()) seen.add(code);
      for (const kind of faultKinds) if (machine.faultCounts[kind] > 0) hit.add(kind);
    }
    expect([...seen].sort()).toEqual(["EBADF", "ECONNREFUSED", "ECONNRESET", "EMFILE", "EPIPE"]);
    expect([...hit].sort()).toEqual([...faultKinds].sort());
  });

  test("each kind of the plan of all faults is hit within ten seeds", () => {
    const counts = Object.fromEntries(faultKinds.map((kind) => [kind, 0]));
    for (let seed = 1; seed <= 10; seed += 1) {
      const machine = new VirtualMachine({ seed, faults: "all", capacityBytes: 4_096 });
      converse(machine, { pairs: 20, bytes: 20_000, seed });
      for (const kind of faultKinds) counts[kind] = (counts[kind] ?? 0) + machine.faultCounts[kind];
    }
    expect(faultKinds.filter((kind) => counts[kind] === 0)).toEqual([]);
  });

  test("a healed machine has no more of them, and who waits is still told", () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const machine = new VirtualMachine({ seed, faults: rough, capacityBytes: 4_096 });
      let counts = "";
      const eachPoll = (polls: number): void => {
        if (polls !== 50) return;
        machine.heal();
        counts = JSON.stringify(machine.faultCounts);
      };
      const { hanging, corrupt } = converse(machine, { pairs: 10, bytes: 20_000, seed, eachPoll });
      expect({ hanging, corrupt, seed }).toEqual({ hanging: 0, corrupt: 0, seed });
      expect(JSON.stringify(machine.faultCounts)).toBe(counts);
      const after = converse(machine, { pairs: 5, bytes: 20_000, seed });
      expect([after.completed, after.errors.size]).toEqual([10, 0]);
    }
  });

  test("none happen, and none are counted, where none are planned", () => {
    const machine = new VirtualMachine({ seed: 3 });
    expect(converse(machine, { pairs: 20, bytes: 50_000, seed: 3 })).toMatchObject({ completed: 40, corrupt: 0 });
    expect(Object.values(machine.faultCounts).every((count) => count === 0)).toBe(true);
  });
});

describe("the fault", () => {
  test("short read gives a part, and the rest is still there", () => {
    const machine = new VirtualMachine({ faults: { shortRead: 1 } });
    const { client, server } = pair(machine);
    client.write(bytesOf("0123456789"));
    settle(machine);
    const first = textOf(server.read(10)) ?? "";
    expect([first.length > 0, first.length < 10, machine.faultCounts.shortRead]).toEqual([true, true, 1]);
    machine.heal();
    expect(first + textOf(server.read(10))).toBe("0123456789");
  });

  test("short write takes a part", () => {
    const machine = new VirtualMachine({ faults: { shortWrite: 1 } });
    const { client, server } = pair(machine);
    const taken = client.write(bytesOf("0123456789"));
    expect([taken > 0, taken < 10, machine.faultCounts.shortWrite]).toEqual([true, true, 1]);
    settle(machine);
    expect(textOf(server.read(10))).toBe("0123456789".slice(0, taken));
  });

  test("would block hides readiness from reads, writes and accepts, and brings it back to who waits", () => {
    const machine = new VirtualMachine({ faults: { wouldBlock: 0.5 } });
    const listener = opened(machine);
    let blocked = 0;
    /** Tries until it does not block; each time it did, who watches must be told once. */
    const retried = <T>(on: Pollable, interest: "read" | "write", attempt: () => T | null | 0): T => {
      for (;;) {
        const result = attempt();
        if (result !== null && result !== 0) return result;
        blocked += 1;
        expect([attempt(), machine.faultCounts.wouldBlock]).toEqual([result, blocked]);
        const watcher = Noted.on(machine, on, interest);
        expect(watcher.times).toEqual([]);
        settle(machine);
        expect(watcher.times).toHaveLength(1);
      }
    };
    for (let round = 0; round < 20; round += 1) {
      const client = machine.connect(listener.address);
      settle(machine);
      const server = retried(listener, "read", () => listener.accept());
      expect(retried(client, "write", () => client.write(bytesOf("here")))).toBe(4);
      settle(machine);
      expect(textOf(retried(server, "read", () => server.read(10)))).toBe("here");
    }
    expect(blocked).toBeGreaterThan(30);
  });

  test("delayed readiness tells a watcher late, by 20 ms at most, though a read would have found the bytes", () => {
    const machine = new VirtualMachine({ latencyMs: [5, 5], faults: { delayedReadiness: 1 } });
    const { client, server } = pair(machine);
    const reader = Noted.on(machine, server, "read");
    const start = machine.now();
    client.write(bytesOf("late"));
    machine.poll(forever);
    expect(reader.times[0]).toBeGreaterThan(start + 5);
    expect(reader.times[0]).toBeLessThanOrEqual(start + 25);
    expect([machine.faultCounts.delayedReadiness, textOf(server.read(10))]).toEqual([1, "late"]);
  });

  test("duplicated readiness tells the next watcher of what was read already", () => {
    const machine = new VirtualMachine({ faults: { duplicatedReadiness: 1 } });
    const { client, server } = pair(machine);
    const first = Noted.on(machine, server, "read");
    client.write(bytesOf("once"));
    machine.poll(forever);
    expect([first.times.length, textOf(server.read(10))]).toEqual([1, "once"]);
    const second = Noted.on(machine, server, "read");
    settle(machine);
    expect([second.times.length, server.read(10), machine.faultCounts.duplicatedReadiness]).toEqual([1, null, 1]);
  });

  test("spurious readiness tells a watcher of nothing, but never that something is open", () => {
    const machine = new VirtualMachine({ latencyMs: [1_000, 1_000], faults: { spuriousReadiness: 1 } });
    const { listener, server } = pair(machine);
    const reader = Noted.on(machine, server, "read");
    machine.poll(forever);
    expect([reader.times.length, server.read(10), machine.faultCounts.spuriousReadiness]).toEqual([1, null, 1]);
    const start = machine.now();
    const opening = Noted.on(machine, machine.connect(listener.address), "write");
    machine.poll(forever);
    expect(opening.times).toEqual([start + 2_000]);
  });

  test("reordered readiness tells watchers in another order than things happened", () => {
    const machine = new VirtualMachine({ latencyMs: [5, 5], faults: { reorderedReadiness: 1 } });
    const listener = opened(machine);
    const clients = Array.from({ length: 20 }, () => machine.connect(listener.address));
    settle(machine);
    const order: string[] = [];
    for (let server = listener.accept(); server !== null; server = listener.accept()) {
      const { peer } = server;
      server.watch("read", { ready: () => order.push(peer) });
    }
    for (const client of clients) client.write(bytesOf("x"));
    settle(machine);
    const sent = clients.map(({ local }) => local);
    expect(order).not.toEqual(sent);
    expect(order.toSorted()).toEqual(sent.toSorted());
    expect(machine.faultCounts.reorderedReadiness).toBeGreaterThan(0);
  });

  test("reset is ECONNRESET at both ends, and told to who waits", () => {
    const machine = new VirtualMachine({ faults: { reset: 1 } });
    const { client, server } = pair(machine);
    const peer = Noted.on(machine, client, "read");
    expect(codeOf(() => server.read(1))).toBe("ECONNRESET");
    settle(machine);
    expect(peer.times).toHaveLength(1);
    expect([codeOf(() => client.read(1)), machine.faultCounts.reset]).toEqual(["ECONNRESET", 1]);
  });

  test("broken pipe is EPIPE for the writer, ECONNRESET for its peer", () => {
    const machine = new VirtualMachine({ faults: { brokenPipe: 1 } });
    const { client, server } = pair(machine);
    expect(codeOf(() => client.write(bytesOf("x")))).toBe("EPIPE");
    settle(machine);
    expect([codeOf(() => server.read(1)), machine.faultCounts.brokenPipe]).toEqual(["ECONNRESET", 1]);
  });

  test("half-close ends one direction after what was taken: the writer gets EPIPE, the other direction goes on", () => {
    const machine = new VirtualMachine({ capacityBytes: 10, faults: { halfClose: 1 } });
    const { client, server } = pair(machine);
    expect(server.read(1)).toBeNull();
    machine.heal();
    settle(machine);
    expect([server.read(1)?.length, codeOf(() => client.write(bytesOf("x")))]).toEqual([0, "EPIPE"]);
    server.write(bytesOf("goes on"));
    settle(machine);
    expect([textOf(client.read(10)), machine.faultCounts.halfClose]).toEqual(["goes on", 1]);
  });

  test("half-close tells a writer that waits, though nobody reads what fills its pipe", () => {
    const machine = new VirtualMachine({ capacityBytes: 10, faults: { halfClose: 1 } });
    const { client, server } = pair(machine);
    expect([client.write(new Uint8Array(10)), machine.faultCounts.halfClose]).toEqual([10, 1]);
    const writer = Noted.on(machine, client, "write");
    expect([server.read(1), machine.faultCounts.halfClose]).toEqual([null, 2]);
    settle(machine);
    expect(writer.times).toHaveLength(1);
    expect(codeOf(() => client.write(bytesOf("x")))).toBe("EPIPE");
    expect([server.read(99)?.length, server.read(99)?.length]).toEqual([10, 0]);
  });

  test("refused connect is ECONNREFUSED though somebody listens", () => {
    const machine = new VirtualMachine({ faults: { refusedConnect: 1 } });
    const client = machine.connect(opened(machine).address);
    settle(machine);
    expect([codeOf(() => client.check()), machine.faultCounts.refusedConnect]).toEqual(["ECONNREFUSED", 1]);
  });

  test("out of descriptors is EMFILE at accept, and the connection stays in the backlog", () => {
    const machine = new VirtualMachine({ faults: { outOfDescriptors: 1 } });
    const listener = opened(machine);
    const client = machine.connect(listener.address);
    settle(machine);
    for (const count of [1, 2]) {
      expect([codeOf(() => listener.accept()), machine.faultCounts.outOfDescriptors]).toEqual(["EMFILE", count]);
    }
    machine.heal();
    expect(listener.accept()?.peer).toBe(client.local);
  });

  test("clock jump moves the clock ahead, never back, by an hour at most, and what is due comes in order", () => {
    const machine = new VirtualMachine({ faults: { clockJump: 1 }, latencyMs: [1, 2] });
    const listener = machine.listen({ port: 0 });
    let last = 0;
    let longest = 0;
    for (let polls = 0; polls < 1_000; polls += 1) {
      machine.poll(1);
      const jump = machine.now() - last - 1;
      expect(jump).toBeGreaterThanOrEqual(-1);
      longest = Math.max(longest, jump);
      last = machine.now();
    }
    expect(longest).toBeGreaterThan(60_000);
    expect(longest).toBeLessThanOrEqual(3_600_000);
    listener.check();
    expect(machine.faultCounts.clockJump).toBe(1_000);
  });
});
