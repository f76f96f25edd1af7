// A small line server and its clients, over real sockets: a few clients that are always there again, many that come now
// and then. A client that loses its connection comes back.

import type { Address, Connection, Listener } from "../../kernel/machine/machine.ts";
import { type Program, type Routine, routine } from "../../kernel/syscall.ts";
import { Adopt, Connect, NewTask, Supervise, Timeout } from "../../syscalls/index.ts";
import { accept, Reader, readLine, sendAll } from "../lib/index.ts";
import { isLost, numbered, sleepBetween } from "./common.ts";

const [busyClients, calmClients] = [4, 20];
const replyMs = 5_000;
const encoder = new TextEncoder();

/** What the town counts. */
export interface Tally {
  requests: number;
  sessions: number;
}

/** Starts the server, under a supervisor: killed, it is there again. The listener stays its opener's. */
export const server: Routine<[listener: Listener, tally: Tally], void> = routine(
  function* startServer(listener, tally) {
    const children = { server: () => accepting(listener, tally) };
    yield* new NewTask(new Supervise(children, { restarts: 100, backOffMs: [500, 5_000] }), "server-supervisor");
  },
);

const accepting = routine(function* accepting(listener: Listener, tally: Tally): Program<void> {
  for (let n = 1; ; n++) yield* new NewTask(session(yield* accept(listener), tally), numbered("session", n));
});

const session = routine(function* session(connection: Connection, tally: Tally): Program<void> {
  yield* new Adopt(connection);
  tally.sessions++;
  const reader = new Reader(connection);
  try {
    for (let line = yield* readLine(reader); line !== null; line = yield* readLine(reader)) {
      tally.requests++;
      yield* sendAll(connection, encoder.encode(`${line.toUpperCase()}\n`));
    }
  } catch (error) {
    if (!isLost(error)) throw error; // a client may leave as it likes
  } finally {
    tally.sessions--;
  }
});

/** Starts the clients. */
export const clients: Routine<[address: Address], void> = routine(function* startClients(address) {
  for (let n = 1; n <= busyClients; n++) yield* new NewTask(client(address, [10, 30]), numbered("busy-client", n));
  for (let n = 1; n <= calmClients; n++) yield* new NewTask(client(address, [300, 3_000]), numbered("client", n));
});

type Pause = readonly [leastMs: number, mostMs: number];

const client = routine(function* client(address: Address, pause: Pause): Program<void> {
  for (;;) {
    try {
      yield* conversation(address, pause);
    } catch (error) {
      if (!isLost(error)) throw error;
    }
    yield* sleepBetween(500, 1_500);
  }
});

const conversation = routine(function* conversation(address: Address, [leastMs, mostMs]: Pause): Program<void> {
  const connection = yield* new Connect(address);
  try {
    const reader = new Reader(connection);
    for (let n = 1; n <= 200; n++) {
      yield* sendAll(connection, encoder.encode(`hello ${n}\n`));
      yield* new Timeout(replyMs, readLine(reader));
      yield* sleepBetween(leastMs, mostMs);
    }
  } finally {
    connection.close();
  }
});
