// Programs that talk to a server of this folder on simulated time, frame by frame, and servers that behave badly.

import { encode } from "../../../apps/evolution/framing.ts";
import { readFrame } from "../../../apps/evolution/listening.ts";
import { accept, Reader, sendAll } from "../../../apps/lib/index.ts";
import type { Connection } from "../../../kernel/machine/machine.ts";
import { type Call, type Program, type Routine, routine } from "../../../kernel/syscall.ts";
import { Connect, Listen, Sleep } from "../../../syscalls/index.ts";

/** A connection that speaks in texts. */
export class Guest {
  readonly connection: Connection;
  readonly #reader: Reader;

  constructor(connection: Connection) {
    this.connection = connection;
    this.#reader = new Reader(connection);
  }

  send(...texts: string[]): Call<void> {
    return sendAll(this.connection, Buffer.concat(texts.map(encode)));
  }

  /** The next text; null at the end. */
  next(): Call<string | null> {
    return Guest.#next(this);
  }

  static readonly #next = routine(function* next(guest: Guest): Program<string | null> {
    const body = yield* readFrame(guest.#reader);
    return body === null ? null : Buffer.from(body).toString();
  });
}

/** A new connection to a port. */
export const visit: Routine<[port: number], Guest> = routine(function* visit(port) {
  return new Guest(yield* new Connect({ port }));
});

/** Listens on a port, and has a program receive the first who comes; when it is over, so is the connection. */
export const host: Routine<[port: number, receive: (guest: Guest) => Program<void>], void> = routine(
  function* host(port, receive) {
    const listener = yield* new Listen({ port });
    yield* receive(new Guest(yield* accept(listener)));
  },
);

/** Receives a guest, and never says a word. */
export function* silent(): Program<void> {
  yield* new Sleep(Number.POSITIVE_INFINITY);
}

/** Simulated time for an app to start listening, ms. */
export const startMs = 10;
