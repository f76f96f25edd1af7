// A server in a simulated world, and clients that say what they like, byte by byte if need be.

import { HttpCounters, type Routes, type ServerLimits, serve } from "../../../apps/lib/http/index.ts";
import { recv, sendAll } from "../../../apps/lib/index.ts";
import type { Connection } from "../../../kernel/machine/machine.ts";
import { type Program, type Runnable, routine, SyscallError, type Tid } from "../../../kernel/syscall.ts";
import { Connect, Join, KillTask, Listen, NewTask, Sleep } from "../../../syscalls/index.ts";
import { type RunOptions, run } from "../../kit/index.ts";

export const port = 8080;

export interface World {
  readonly server: Tid<void>;
  readonly counters: HttpCounters;
}

/** What a program comes to beside a server of routes, and what the kernel logged. */
export function beside<T>(
  routes: Routes,
  program: (world: World) => Runnable<T>,
  limits: Partial<ServerLimits> = {},
  options: RunOptions = {},
): { readonly value: T; readonly logs: readonly string[]; readonly counters: HttpCounters } {
  const counters = new HttpCounters();
  const { value, logs } = run(
    function* () {
      const listener = yield* new Listen({ port });
      const server = yield* new NewTask(serve(listener, routes, { limits, counters }), "server");
      yield* new Sleep(1);
      const main = yield* new NewTask(program({ server, counters }), "client");
      const made = yield* new Join(main);
      yield* new KillTask(server);
      return made;
    },
    { maxTurns: 300_000, ...options },
  );
  return { value, logs: logs.map(({ text }) => text), counters };
}

/** Sends pieces of text, one a millisecond. */
export const sending = routine(function* sending(to: Connection, pieces: readonly string[]): Program<void> {
  for (const [i, piece] of pieces.entries()) {
    if (i > 0) yield* new Sleep(1);
    yield* sendAll(to, Buffer.from(piece, "latin1"));
  }
});

/** All that comes until the server ends the connection: "…" and the code at its end when it breaks. */
export const hearing = routine(function* hearing(from: Connection): Program<string> {
  let text = "";
  try {
    for (;;) {
      const bytes = yield* recv(from, 65_536);
      if (bytes.length === 0) return text;
      text += Buffer.from(bytes).toString("latin1");
    }
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return `${text}…${error.code}`;
  }
});

/** Sends pieces over a connection of its own and gives all that comes back. */
export const asking = routine(function* asking(...pieces: readonly string[]): Program<string> {
  const connection = yield* new Connect({ port });
  yield* new NewTask(telling(connection, pieces), "client.writer");
  const heard = yield* hearing(connection);
  connection.close();
  return heard;
});

// The server may have closed before all is sent.
const telling = routine(function* telling(connection: Connection, pieces: readonly string[]): Program<void> {
  try {
    yield* sending(connection, pieces);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
  }
});

/** The first lines of the responses in a text. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
}

export const get = (path: string, headers = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
export const last = (path: string): string => get(path, "Connection: close\r\n");
