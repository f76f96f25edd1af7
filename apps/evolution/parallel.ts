// Parallel: a reader task and a writer task per connection, joined by a queue. Who has something to say puts it into the
// queue, whatever the others do; so the server can call its clients while it answers them. Here it does so once a client
// has said `connect`: it calls `heartbeat`, knows the response by its id, and hangs up on a client that is late.
//
// What it costs: two or three tasks a client, a queue that must have a bound, and the question who ends whom. A group
// answers it: the reader's end closes the queue, the writer drains it, and the caller is gone when both are.

import type { Connection } from "../../kernel/machine/machine.ts";
import { type Program, routine } from "../../kernel/syscall.ts";
import { Adopt, Group, type Members, NewTask, Sleep, Timeout } from "../../syscalls/index.ts";
import { type App, accept, Channel, Event, Reader, sendAll } from "../lib/index.ts";
import { answerTo, read } from "./answer.ts";
import { encode } from "./framing.ts";
import { isClientsFault, listening, readFrame } from "./listening.ts";

/** From one call to the next, and how long its response may take, ms. */
const [everyMs, patienceMs] = [1_000, 5_000];
/** Texts that may wait for the writer. With that many nothing more is read. */
const capacity = 64;

const parallel: App = listening("parallel", function* serve(listener) {
  for (;;) {
    const client = new Client(yield* accept(listener));
    yield* new NewTask(converse(client), `reader ${client.name}`);
  }
});

export default parallel;

class Client {
  readonly connection: Connection;
  readonly name: string;
  /** What is to be said: answers, and calls of our own. */
  readonly outbox: Channel<string>;
  /** Our calls that have no response yet, by the JSON of their ids. */
  readonly calls: Map<string, Event> = new Map();

  constructor(connection: Connection) {
    this.connection = connection;
    this.name = connection.peer;
    this.outbox = new Channel({ name: `to ${connection.peer}`, capacity });
  }
}

/** The reader's task: the writer and the caller are over before it is. */
const converse = routine(function* converse(client: Client): Program<void> {
  yield* new Adopt(client.connection);
  yield* new Group(function* both(members: Members): Program<void> {
    yield* members.spawn(write(client), `writer ${client.name}`);
    yield* listen(client, members);
  });
});

const listen = routine(function* read(client: Client, members: Members): Program<void> {
  try {
    yield* answerAll(client, members);
  } catch (error) {
    client.connection.close(); // the writer is told, if it is in the middle of something
    if (!isClientsFault(error)) throw error;
  } finally {
    client.outbox.close();
  }
});

const answerAll = routine(function* answerAll(client: Client, members: Members): Program<void> {
  const reader = new Reader(client.connection);
  let isCalled = false;
  for (let body = yield* readFrame(reader); body !== null; body = yield* readFrame(reader)) {
    const message = read(body);
    if (message.kind === "response") client.calls.get(message.id)?.set();
    const reply = answerTo(message);
    if (reply !== undefined) yield* client.outbox.send(reply);
    if (isCalled || message.kind !== "request" || message.method !== "connect") continue;
    isCalled = true;
    yield* members.spawnDaemon(callBack(client), `caller ${client.name}`);
  }
});

const write = routine(function* write({ connection, outbox }: Client): Program<void> {
  try {
    for (let text = yield* outbox.next(); !text.done; text = yield* outbox.next()) {
      yield* sendAll(connection, encode(text.value));
    }
    connection.shutdown();
  } catch (error) {
    if (!isClientsFault(error)) throw error;
  } finally {
    connection.close(); // the reader is told, whether it reads
    outbox.close(); // or has something to say
  }
});

/** Calls the client for as long as it answers. */
const callBack = routine(function* callBack(client: Client): Program<void> {
  try {
    for (let n = 1; ; n++) {
      yield* new Sleep(everyMs);
      yield* new Timeout(patienceMs, call(client, "heartbeat", `"server-${n}"`));
    }
  } catch (error) {
    if (!isClientsFault(error)) throw error;
    if (!client.outbox.closed) client.connection.close(); // else it has ended, and may still be reading
  }
});

/** Makes a call and waits for its response. @param id its JSON */
const call = routine(function* call({ name, outbox, calls }: Client, method: string, id: string): Program<void> {
  const response = new Event({ name: `${method} of ${name}` });
  calls.set(id, response);
  try {
    yield* outbox.send(`{"jsonrpc":"2.0","method":"${method}","id":${id}}`);
    yield* response.wait();
  } finally {
    calls.delete(id);
  }
});
