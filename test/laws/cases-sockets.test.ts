// The library's sockets, cut off half-way: what was taken is told or kept, and a system without descriptors is waited out.

import { describe, expect, test } from "vitest";
import {
  accept,
  CancelTask,
  Connect,
  GetTime,
  KillTask,
  Listen,
  linger,
  MoveOn,
  NewTask,
  type Program,
  Reader,
  type Runnable,
  readExactly,
  readUntil,
  Sleep,
  sendAll,
  type Tid,
  WaitTask,
} from "../../apps/index.ts";
import type { Connection } from "../../kernel/index.ts";
import { run } from "../kit/index.ts";
import { socketPair } from "./programs.ts";

describe("accept out of descriptors", () => {
  test("waits longer each time, says so once, and goes on when there are some", () => {
    const { value, logs } = run(
      function* () {
        const listener = yield* new Listen({ port: 0 });
        const clients: Connection[] = [];
        for (let n = 0; n < 3; n++) clients.push(yield* new Connect(listener.address));
        yield* accept(listener); // five endpoints, as many as may be
        const start = yield* new GetTime();
        yield* new NewTask(closingAt(100, clients));
        yield* accept(listener);
        return (yield* new GetTime()) - start;
      },
      { maxEndpoints: 5 },
    );
    // It looks after 5, 15, 35, 75 and 155 ms.
    expect(value).toBeGreaterThanOrEqual(155);
    expect(value).toBeLessThan(160);
    expect(logs.map(({ text }) => text)).toEqual([
      expect.stringMatching(/Connections wait or are turned away meanwhile$/),
    ]);
  });

  test.each([KillTask, CancelTask])(
    "ended while it waits (%o), it leaves no timer, and the connection is the next one's",
    (End) => {
      const { value, kernel } = run(
        function* () {
          const listener = yield* new Listen({ port: 0 });
          const clients: Connection[] = [];
          for (let n = 0; n < 2; n++) clients.push(yield* new Connect(listener.address));
          yield* accept(listener);
          const waiting = yield* new NewTask(accept(listener));
          yield* new Sleep(7);
          yield* new End(waiting);
          yield* new WaitTask(waiting);
          clients[0]?.close();
          yield* new Sleep(7);
          return (yield* accept(listener)).closed;
        },
        { maxEndpoints: 4 },
      );
      expect(value).toBe(false);
      expect(kernel.timers.size).toBe(0);
    },
  );
});

function* closingAt(ms: number, clients: readonly Connection[]): Program<void> {
  yield* new Sleep(ms);
  clients[1]?.close();
  clients[2]?.close();
}

describe("a read that is cut off half-way", () => {
  const reads: Record<string, (reader: Reader) => Runnable<unknown>> = {
    readExactly: (reader) => readExactly(reader, 10),
    readUntil: (reader) => readUntil(reader, Uint8Array.of(10), 99),
  };
  const cuts: Record<string, (read: Runnable<unknown>) => Program<void>> = {
    *deadline(read) {
      yield* new MoveOn(9, read);
    },
    *kill(read) {
      yield* endedAt(9, yield* new NewTask(read), KillTask);
    },
    *cancel(read) {
      yield* endedAt(9, yield* new NewTask(read), CancelTask);
    },
  };
  const all = Object.keys(reads).flatMap((read) => Object.keys(cuts).map((cut) => [read, cut] as const));

  test.each(all)("%s, by a %s: the reader says what it had taken, and the next read begins with it", (read, cut) => {
    const { value } = run(function* () {
      const { client, server } = yield* socketPair();
      const reader = new Reader(server);
      client.write(new TextEncoder().encode("half"));
      yield* cuts[cut]?.(reads[read]?.(reader) as Runnable<unknown>) as Program<void>; // their own keys
      const taken = reader.available;
      client.write(new TextEncoder().encode(" done\n"));
      return [taken, new TextDecoder().decode(yield* readExactly(reader, 10))];
    });
    expect(value).toEqual([4, "half done\n"]);
  });
});

function* endedAt(ms: number, tid: Tid, End: typeof KillTask | typeof CancelTask): Program<void> {
  yield* new Sleep(ms);
  yield* new End(tid);
  yield* new WaitTask(tid);
}

test("a sendAll that is cut off half-way has sent a beginning of it, and another can go on with the connection", () => {
  const { value } = run(
    function* () {
      const { client, server } = yield* socketPair();
      const sender = yield* new NewTask(
        sendAll(
          client,
          Uint8Array.from({ length: 250 }, (_, n) => n),
        ),
      );
      yield* new Sleep(5);
      yield* new KillTask(sender);
      yield* new WaitTask(sender);
      yield* new NewTask(sendAll(client, Uint8Array.of(255)));
      const reader = new Reader(server);
      const bytes: number[] = [];
      while (bytes.at(-1) !== 255) bytes.push(...(yield* readExactly(reader, 1)));
      return bytes.slice(0, -1);
    },
    { capacityBytes: 100 },
  );
  const { length } = value;
  expect(value).toEqual(Array.from({ length }, (_, n) => n));
  expect(length).toBeGreaterThan(0);
  expect(length).toBeLessThan(250);
});

describe("linger", () => {
  /** What a peer gets that is answered 10,000 bytes and sends 1 a millisecond, 50 times, and how long lingering took. */
  function answered(ms: number | undefined, peer: (connection: Connection) => Program<unknown> = readsAll) {
    return run(function* () {
      const { client: far, server: near } = yield* socketPair();
      const sending = yield* new NewTask(drips(far));
      yield* new Sleep(5);
      yield* sendAll(near, new Uint8Array(10_000));
      const start = yield* new GetTime();
      const reading = yield* new NewTask(peer(far));
      if (ms !== undefined) yield* linger(near, ms);
      const took = (yield* new GetTime()) - start;
      near.close();
      const { status } = yield* new WaitTask(reading);
      yield* new KillTask(sending);
      yield* new WaitTask(sending);
      return { status, took };
    });
  }

  function* readsAll(connection: Connection): Program<void> {
    yield* new Sleep(100);
    yield* readExactly(new Reader(connection), 10_000);
    connection.close();
  }

  function* drips(connection: Connection): Program<void> {
    for (let n = 0; n < 50; n++) {
      yield* new Sleep(1);
      yield* sendAll(connection, new Uint8Array(1));
    }
  }

  test("lets a peer that goes on sending read all, and is over when that closes", () => {
    expect(answered(undefined).value.status).toBe("threw");
    const { status, took } = answered(1_000).value;
    expect(status).toBe("returned");
    expect(took).toBeGreaterThan(99);
    expect(took).toBeLessThan(110);
  });

  test("waits no longer than it is told, and not at all for 0 ms", () => {
    expect(answered(30).value.took).toBe(30);
    expect(answered(0).value.took).toBe(0);
  });

  test("has nothing to do for a connection that is closed", () => {
    run(function* () {
      const { server } = yield* socketPair();
      server.close();
      yield* linger(server, 1_000);
    });
  });

  test("takes a peer that breaks off for gone", () => {
    const breaksOff = function* (connection: Connection): Program<void> {
      yield* new Sleep(20);
      connection.close(); // with the answer unread
    };
    const { took } = answered(1_000, breaksOff).value;
    expect(took).toBeGreaterThan(19);
    expect(took).toBeLessThan(30);
  });
});
