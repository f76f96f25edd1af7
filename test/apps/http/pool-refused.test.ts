// A request that its server has answered, and closed the connection on, before all of it was sent.

import { expect, test } from "vitest";
import { ConnectionPool, type IncomingResponse } from "../../../apps/lib/http/index.ts";
import { accept, Reader, readUntil, sendAll } from "../../../apps/lib/index.ts";
import type { Listener } from "../../../kernel/machine/machine.ts";
import { type Program, SyscallError } from "../../../kernel/syscall.ts";
import { KillTask, Listen, NewTask, Sleep, Timeout } from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";

const head = "\r\n\r\n";
const refusal = `HTTP/1.1 413 Too much\r\nContent-Length: 3${head}no!`;

/** Serves one request on a connection that goes on, and says one thing to the next, wherever that comes. */
function* serve(listener: Listener, say: string): Program<void> {
  let reader = new Reader(yield* accept(listener));
  yield* readUntil(reader, head, 1_024);
  yield* sendAll(reader.connection, Buffer.from(`HTTP/1.1 204 Done${head}`));
  if ((yield* readUntil(reader, head, 1_024)) === null) {
    reader = new Reader(yield* accept(listener));
    yield* readUntil(reader, head, 1_024);
  }
  yield* sendAll(reader.connection, Buffer.from(say));
  yield* new Sleep(10);
  reader.connection.close(); // with bytes unread: a reset
}

function* heard({ status, body }: IncomingResponse): Program<string> {
  return `${status} ${yield* body.text()}`;
}

/** What becomes of a request of a megabyte, after a small one. */
function refused(method: string, say: string): { seen: string; pool: ConnectionPool; idle: number } {
  const pool = new ConnectionPool({ idleMs: 60_000 });
  let [seen, idle] = ["", -1];
  run(function* () {
    const listener = yield* new Listen({ host: "peer", port: 80 });
    const server = yield* new NewTask(serve(listener, say), "peer");
    const keeper = yield* new NewTask(pool.keep(), "keeper");
    expect(yield* pool.exchange("http://peer/1", heard)).toBe("204 ");
    if (method === "POST") {
      yield* new KillTask(keeper);
      yield* new Sleep(10); // the connection is closed: the next one is fresh
    }
    const asked = pool.exchange("http://peer/2", heard, { method, body: new Uint8Array(1_000_000) });
    try {
      seen = yield* new Timeout(10_000, asked);
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      seen = error.code;
    }
    idle = pool.idle;
    yield* new KillTask(server);
    yield* new KillTask(keeper);
  });
  return { seen, pool, idle };
}

test.each([
  ["PUT", [1, 1]],
  ["POST", [2, 0]],
])("the answer is heard, and it is not asked again: %s", (method, counts) => {
  const { seen, pool, idle } = refused(method, refusal);
  expect(seen).toBe("413 no!");
  expect([pool.opened, pool.reused]).toEqual(counts);
  expect(idle).toBe(0);
});

test("without an answer it is an error of sending", () => {
  expect(refused("POST", "").seen).toMatch(/^(ECONNRESET|EPIPE)$/);
});
