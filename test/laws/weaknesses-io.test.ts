// W10 to W12: what the network can do to the original, shown on simulated descriptors, and cannot do to us. W11 needs
// more descriptors than select() knows, so ours are real ones there.

import { expect, test } from "vitest";
import { Kernel } from "../../kernel/kernel.ts";
import type { Connection, Listener } from "../../kernel/machine/machine.ts";
import type { Program } from "../../kernel/syscall.ts";
import { Adopt, Connect, Join, Listen, NewTask, Sleep, WriteWait } from "../../syscalls/index.ts";
import { bootHost, hostMachines } from "../kernel/machine/host-machines.ts";
import { Invariants, run } from "../kit/index.ts";
import { accept, receive, resetting, socketPair, ticking } from "./programs.ts";
import { OldReadWait, OldScheduler, type Target } from "./pyos8.ts";

test("W10: a peer's RST ends its own conversation and no other", () => {
  const scheduler = new OldScheduler();
  const served: string[] = [];
  scheduler.spawn(
    (function* (): Target {
      yield undefined;
      throw new Error("connection reset by peer"); // what its recv raises
    })(),
  );
  scheduler.spawn(
    (function* (): Target {
      for (let i = 0; i < 3; i++) yield undefined;
      served.push("the other client");
    })(),
  );
  expect(() => scheduler.run()).toThrow("reset by peer");
  expect(served).toEqual([]);

  const { counters, logs, value } = run(function* () {
    const listener = yield* new Listen({ port: 0 });
    yield* new NewTask(serve(listener), "server");
    const rude = yield* new Connect(listener.address);
    const kind = yield* new Connect(listener.address);
    yield* new Sleep(5);
    yield* resetting(rude);
    yield* new Sleep(5);
    kind.write(Uint8Array.of(1, 2, 3));
    return yield* receive(kind);
  });
  expect(value).toEqual(Uint8Array.of(1, 2, 3));
  expect(counters.crashes).toBe(1);
  expect(logs[0]?.text).toContain("reset by the peer");
});

function* serve(listener: Listener): Program<never> {
  for (;;) yield* new NewTask(echo(yield* accept(listener)), "echo");
}

function* echo(connection: Connection): Program<void> {
  yield* new Adopt(connection);
  for (;;) {
    const bytes = yield* receive(connection);
    if (bytes.length === 0) return;
    yield* sending(connection, bytes);
  }
}

function* sending(connection: Connection, bytes: Uint8Array): Program<void> {
  for (let sent = 0; sent < bytes.length; ) {
    const taken = connection.write(bytes.subarray(sent));
    if (taken === 0) yield* new WriteWait(connection);
    sent += taken;
  }
}

const pairs = 1_100;

test.for(hostMachines)(
  "W11: descriptors beyond 1,024 are like the others on the %s machine",
  async (name, { skip }) => {
    const scheduler = new OldScheduler();
    scheduler.spawn(
      (function* (): Target {
        yield new OldReadWait({ fd: 1_024, readable: true, closed: false });
      })(),
    );
    expect(() => scheduler.run()).toThrow("out of range in select()");

    const machine = bootHost(name);
    try {
      const least = 2 * pairs + 100;
      if (machine.descriptors < least) {
        skip(`of ${machine.descriptors} descriptors of this process the law needs ${least}`);
      }
      const kernel = new Kernel(machine);
      const invariants = new Invariants(kernel, { checkEvery: 500 });
      kernel.addObserver(invariants);
      expect(await kernel.run(conversations())).toBe(pairs);
      invariants.finish();
      expect(kernel.counters.crashes).toBe(0);
    } finally {
      machine.close();
    }
  },
);

// All are open at once before the first byte is sent.
function* conversations(): Program<number> {
  const listener = yield* new Listen({ port: 0 });
  yield* new NewTask(serve(listener), "server");
  const clients: Connection[] = [];
  for (let client = 0; client < pairs; client++) clients.push(yield* new Connect(listener.address));
  const tids: number[] = [];
  for (const client of clients) tids.push(yield* new NewTask(conversation(client)));
  let echoed = 0;
  for (const tid of tids) if ((yield* new Join(tid)) === 7) echoed++;
  return echoed;
}

function* conversation(client: Connection): Program<number | undefined> {
  yield* new Adopt(client);
  yield* sending(client, Uint8Array.of(7));
  return (yield* receive(client))[0];
}

test("W12: 50 MB to a peer that does not read block the sender alone, and take no 50 MB", () => {
  const scheduler = new OldScheduler();
  let ticks = 0;
  scheduler.spawn(
    (function* (): Target {
      yield undefined;
      scheduler.blockProcess(); // its send, on a blocking socket whose buffers are full
    })(),
  );
  scheduler.spawn(
    (function* (): Target {
      for (;;) {
        ticks++;
        yield undefined;
      }
    })(),
  );
  expect(scheduler.run()).toBe("sleeps for ever");
  expect(ticks).toBeLessThan(3);

  const { value } = run(function* () {
    const { client } = yield* socketPair();
    const others = { count: 0 };
    yield* new NewTask(ticking(others));
    let isSent = false;
    yield* new NewTask(
      (function* () {
        yield* sending(client, new Uint8Array(50_000_000));
        isSent = true;
      })(),
    );
    yield* new Sleep(1_000);
    return { isSent, ticks: others.count, taken: client.bytesWritten };
  });
  expect(value.isSent).toBe(false);
  expect(value.ticks).toBeGreaterThan(900);
  expect(value.taken).toBeLessThanOrEqual(65_536);
});
