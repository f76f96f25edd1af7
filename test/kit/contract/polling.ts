// Laws of time, chance, facts and polls.

import { type Bench, bytesOf, pair, polled, sent, Told, told } from "./bench.ts";

export function pollLaws({ law, expect }: Bench): void {
  law("the clock never goes back", async (machine) => {
    let last = machine.now();
    for (let reading = 0; reading < 1_000; reading += 1) {
      const now = machine.now();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
      if (reading % 100 === 0) await polled(machine, 1);
    }
  });

  law("chance is in [0, 1) and not always the same", (machine) => {
    const drawn = Array.from({ length: 1_000 }, () => machine.random());
    for (const number of drawn) expect(number >= 0 && number < 1).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(900);
  });

  law("the machine knows how many descriptors there are, and which variables are not set", (machine) => {
    expect(machine.descriptors).toBeGreaterThan(0);
    expect(machine.environment("YIELDIX_IS_NEVER_SET")).toBeUndefined();
  });

  law("poll(0) returns promptly", async (machine) => {
    const start = machine.now();
    for (let turn = 0; turn < 100; turn += 1) await polled(machine, 0);
    expect(machine.now() - start).toBeLessThan(1_000);
  });

  law("poll(0) lets the world in", async (machine) => {
    const { client, server } = await pair(machine);
    const reader = new Told();
    server.watch("read", reader);
    await sent(machine, client, bytesOf("x"));
    const end = machine.now() + 10_000;
    // A machine whose time stands still while nobody waits gets some in between.
    while (reader.count === 0 && machine.now() < end) await polled(machine, machine.asynchronous ? 0 : 1);
    expect(reader.count).toBe(1);
  });

  law("a poll waits its time when nothing happens, and never less", async (machine) => {
    for (const idleMs of [0.5, 1, 3.3, 20, 7]) {
      const start = machine.now();
      await polled(machine, idleMs);
      const waited = machine.now() - start;
      expect(waited).toBeGreaterThanOrEqual(idleMs - 1);
      expect(waited).toBeLessThan(idleMs + 5_000);
    }
  });

  law("a short poll after a long one that ended early waits its own time", async (machine, skip) => {
    if (!machine.asynchronous) skip("its polls cannot be interrupted from outside: they are synchronous");
    const long = polled(machine, 5_000);
    machine.interrupt();
    await long;
    for (const idleMs of [10, 30, 10]) {
      const start = machine.now();
      await polled(machine, idleMs);
      expect(machine.now() - start).toBeGreaterThanOrEqual(idleMs - 1);
      expect(machine.now() - start).toBeLessThan(4_000);
    }
  });

  law("an event ends a poll before its time, even one without end", async (machine) => {
    for (const idleMs of [60_000, Infinity]) {
      const { client, server, listener } = await pair(machine);
      const reader = new Told();
      server.watch("read", reader);
      const start = machine.now();
      await sent(machine, client, bytesOf("x"));
      while (reader.count === 0) await polled(machine, idleMs);
      expect(machine.now() - start).toBeLessThan(10_000);
      for (const endpoint of [client, server, listener]) endpoint.close();
    }
  });

  law("interrupt ends a poll under way, even one without end", async (machine, skip) => {
    if (!machine.asynchronous) skip("its polls cannot be interrupted from outside: they are synchronous");
    for (const idleMs of [60_000, Infinity]) {
      const start = machine.now();
      const poll = polled(machine, idleMs);
      machine.interrupt();
      machine.interrupt();
      await poll;
      expect(machine.now() - start).toBeLessThan(10_000);
    }
  });

  law("interrupt with no poll under way does nothing: the next one waits its time", async (machine) => {
    machine.interrupt();
    await polled(machine, 0);
    machine.interrupt();
    const start = machine.now();
    await polled(machine, 20);
    expect(machine.now() - start).toBeGreaterThanOrEqual(19);
  });

  law("polls that end early leave nothing behind that ends a later one", async (machine) => {
    const { client, server } = await pair(machine);
    for (let round = 0; round < 5; round += 1) {
      const reader = new Told();
      server.watch("read", reader);
      await sent(machine, client, bytesOf("x"));
      await told(machine, reader, "the reader");
      server.read(10);
      const start = machine.now();
      await polled(machine, 5);
      expect(machine.now() - start).toBeGreaterThanOrEqual(4);
    }
  });
}
