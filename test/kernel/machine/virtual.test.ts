// The virtual machine: the contract of every machine on several seeds, then its own laws of time, life and outside.

import { describe, expect, test } from "vitest";
import { VirtualMachine, type VirtualMachineOptions } from "../../../kernel/machine/virtual.ts";
import { polled } from "../../kit/contract/bench.ts";
import { machineContract } from "../../kit/contract.ts";
import { bytesOf, codeOf, Noted, opened, pair, settle, textOf } from "./simulated.ts";

const roomy: VirtualMachineOptions = { capacityBytes: 2 ** 18 };
const slow: VirtualMachineOptions = { ...roomy, faults: { delayedReadiness: 0.3, reorderedReadiness: 0.5 } };

function contract(name: string, options: VirtualMachineOptions): void {
  let machine = new VirtualMachine();
  let paths = 0;
  const boot = (): VirtualMachine => {
    machine = new VirtualMachine(options);
    return machine;
  };
  machineContract(name, boot, {
    unixPath: () => `/run/contract-${++paths}`,
    reset: (connection) => machine.reset(connection),
  });
}

for (const seed of [1, 2, 3, 4]) {
  contract(`virtual (seed ${seed})`, { ...roomy, seed });
  contract(`slow virtual (seed ${seed})`, { ...slow, seed });
}
contract("asynchronous virtual", { ...roomy, asynchronous: true });
contract("virtual without latency", { ...roomy, latencyMs: [0, 0] });

const distant = { latencyMs: [5, 5] } as const;

describe("the virtual clock", () => {
  test("starts at 0, and only a poll moves it", () => {
    const machine = new VirtualMachine();
    for (let call = 0; call < 1_000; call += 1) machine.random();
    machine.listen({ port: 0 });
    machine.connect({ port: 1 });
    expect(machine.now()).toBe(0);
    expect(machine.poll(12.5)).toBe(true);
    expect(machine.now()).toBe(12.5);
  });

  test("jumps over any time in one poll when nothing happens", () => {
    const machine = new VirtualMachine();
    const years = 100 * 365 * 86_400_000;
    machine.poll(years);
    expect(machine.now()).toBe(years);
  });

  test("stops at the event that tells a watcher, and no later", () => {
    const machine = new VirtualMachine(distant);
    const { client, server } = pair(machine);
    const start = machine.now();
    const reader = Noted.on(machine, server, "read");
    client.write(bytesOf("x"));
    machine.poll(3);
    expect([machine.now(), reader.times]).toEqual([start + 3, []]);
    machine.poll(60_000);
    expect([machine.now(), reader.times]).toEqual([start + 5, [start + 5]]);
  });

  test("goes past events that tell nobody", () => {
    const machine = new VirtualMachine(distant);
    const { client, server } = pair(machine);
    const start = machine.now();
    client.write(bytesOf("nobody is waiting"));
    machine.poll(60_000);
    expect(machine.now()).toBe(start + 60_000);
    expect(textOf(server.read(100))).toBe("nobody is waiting");
  });

  test("moves by 0.01 ms in a poll with 0, so that busy tasks reach the future too", () => {
    const machine = new VirtualMachine(distant);
    const { client, server } = pair(machine);
    const start = machine.now();
    const reader = Noted.on(machine, server, "read");
    client.write(bytesOf("x"));
    for (let polls = 0; polls < 499; polls += 1) machine.poll(0);
    expect(reader.times).toEqual([]);
    for (let polls = 0; polls < 2; polls += 1) machine.poll(0);
    expect(reader.times).toHaveLength(1);
    expect(machine.now() - start).toBeCloseTo(5.01, 6);
  });

  test("goes on though something is always due", () => {
    const machine = new VirtualMachine({ latencyMs: [0, 0] });
    const { client, server } = pair(machine);
    const start = machine.now();
    client.write(bytesOf("ball"));
    for (let round = 0; round < 1_000; round += 1) {
      const [from, to] = round % 2 === 0 ? [client, server] : [server, client];
      const reader = Noted.on(machine, to, "read");
      machine.poll(60_000);
      expect(reader.times).toHaveLength(1);
      to.write(to.read(10) ?? bytesOf("lost"));
      expect(from.closed).toBe(false);
    }
    expect(machine.now() - start).toBeCloseTo(10, 6);
  });

  test("never goes further than a poll may wait, not even by its tick", () => {
    const machine = new VirtualMachine({ latencyMs: [0, 0] });
    const { client } = pair(machine);
    const start = machine.now();
    client.write(bytesOf("due at once"));
    machine.poll(0.001);
    expect(machine.now()).toBe(start + 0.001);
  });

  test("a poll for no number of ms is EINVAL", () => {
    expect(codeOf(() => new VirtualMachine().poll(Number.NaN))).toBe("EINVAL");
  });

  test("a watcher that throws ends the poll, and what was due with it comes in the next", () => {
    const machine = new VirtualMachine(distant);
    const [one, two] = [pair(machine), pair(machine)];
    one.client.write(bytesOf("x"));
    two.client.write(bytesOf("x"));
    one.server.watch("read", {
      ready: () => {
        throw new Error("a watcher's own");
      },
    });
    const second = Noted.on(machine, two.server, "read");
    expect(() => machine.poll(60_000)).toThrow("a watcher's own");
    expect(second.times).toEqual([]);
    machine.poll(60_000);
    expect(second.times).toHaveLength(1);
  });
});

describe("a virtual machine is alive", () => {
  test("while something is scheduled, and no longer", () => {
    const machine = new VirtualMachine(distant);
    expect(machine.alive()).toBe(false);
    machine.poll(Number.POSITIVE_INFINITY);
    expect(machine.now()).toBe(0);
    const listener = machine.listen({ port: 0 });
    expect(machine.alive()).toBe(true);
    settle(machine);
    Noted.on(machine, listener, "read");
    expect(machine.alive()).toBe(false);
    const client = machine.connect(listener.address);
    expect(machine.alive()).toBe(true);
    settle(machine);
    Noted.on(machine, client, "read");
    expect(machine.alive()).toBe(false);
    client.close();
    settle(machine);
    expect(textOf(listener.accept()?.read(1) ?? null)).toBe("");
  });

  test("until it is closed", () => {
    const machine = new VirtualMachine(distant);
    pair(machine).client.write(bytesOf("on its way"));
    expect(machine.alive()).toBe(true);
    machine.close();
    expect(machine.alive()).toBe(false);
  });

  test("while a fault holds readiness back", () => {
    const machine = new VirtualMachine({ faults: { wouldBlock: 1 } });
    const listener = opened(machine);
    machine.connect(listener.address);
    settle(machine);
    expect(listener.accept()).toBeNull();
    expect(machine.alive()).toBe(true);
  });
});

describe("an asynchronous virtual machine", () => {
  const forever = Number.POSITIVE_INFINITY;

  test("lets outside promises settle before the clock jumps", async () => {
    const machine = new VirtualMachine({ asynchronous: true });
    const steps: string[] = [];
    void Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => {
        steps.push("promise");
        machine.interrupt();
      });
    await polled(machine, 60_000);
    steps.push("poll");
    expect(steps).toEqual(["promise", "poll"]);
    expect(machine.now()).toBe(0.01);
  });

  test("jumps when the outside has nothing to say in its turn, which can be given", async () => {
    let turns = 0;
    const turn = async (): Promise<void> => {
      turns += 1;
    };
    const machine = new VirtualMachine({ asynchronous: true, turn });
    await polled(machine, 60_000);
    expect([machine.now(), turns]).toEqual([60_000, 1]);
  });

  test("a turn that fails fails the poll", async () => {
    const machine = new VirtualMachine({ asynchronous: true, turn: () => Promise.reject(new Error("no turn")) });
    await expect(polled(machine, 1)).rejects.toThrow("no turn");
    await expect(polled(machine, 1)).rejects.toThrow("no turn");
  });

  test("waits for an interrupt when nothing is scheduled, is alive, and time stands still", async () => {
    const machine = new VirtualMachine({ asynchronous: true });
    let over = false;
    const poll = polled(machine, forever).then(() => {
      over = true;
    });
    for (let turn = 0; turn < 1_000; turn += 1) await undefined;
    expect([over, machine.alive()]).toEqual([false, true]);
    machine.interrupt();
    await poll;
    expect(machine.now()).toBe(0.01);
  });

  test("goes on when the outside schedules something, until a watcher is told", async () => {
    const machine = new VirtualMachine({ asynchronous: true });
    const poll = polled(machine, forever);
    for (let turn = 0; turn < 100; turn += 1) await undefined;
    const opening = Noted.on(machine, machine.listen({ port: 0 }), "write");
    await poll;
    expect(opening.times).toHaveLength(1);
  });

  test("a second poll while one is under way is EBUSY, and closing ends the first", async () => {
    const machine = new VirtualMachine({ asynchronous: true });
    const poll = polled(machine, forever);
    await expect(polled(machine, 0)).rejects.toMatchObject({ code: "EBUSY" });
    machine.close();
    await poll;
    await polled(machine, 0);
  });
});

test("options that cannot be are EINVAL", () => {
  const never: VirtualMachineOptions[] = [
    { seed: 0.5 },
    { latencyMs: [2, 1] },
    { latencyMs: [-1, 1] },
    { latencyMs: [0, Number.POSITIVE_INFINITY] },
    { capacityBytes: 0 },
    { capacityBytes: 1.5 },
    { maxEndpoints: 0 },
    { faults: { reset: 1.1 } },
    { faults: { reset: Number.NaN } },
    { faults: { ["earthquake" as "reset"]: 0.5 } }, // what plain JavaScript could give
  ];
  for (const options of never)
    expect([options, codeOf(() => new VirtualMachine(options))]).toEqual([options, "EINVAL"]);
});
