// A server in a simulated world that replies as it is told, request by request, and counts who comes.

import { accept, Reader, readExactly, readUntil, recv, sendAll } from "../../../apps/lib/index.ts";
import type { Connection, Listener } from "../../../kernel/machine/machine.ts";
import { type Call, type Program, routine, SyscallError } from "../../../kernel/syscall.ts";
import { Listen, NewTask, Sleep } from "../../../syscalls/index.ts";
import { resetting } from "../../laws/programs.ts";

type End = "end" | "reset";

export type Reply =
  | string
  | {
      readonly say: string;
      readonly afterMs?: number;
      /** What it does at once. */
      readonly after?: End;
      /** What it does a while later, if nothing is asked meanwhile. */
      readonly later?: End | { readonly say: string; readonly after: End };
    };

export class Peer {
  /** Requests, as they came, without their bodies. */
  readonly heads: string[] = [];
  /** Connections that were accepted, and those that are open. */
  connections = 0;
  open = 0;
  readonly #reply: (connection: number, request: number, path: string) => Reply;

  /** @param reply to the so-manieth request on the so-manieth connection */
  constructor(reply: (connection: number, request: number, path: string) => Reply) {
    this.#reply = reply;
  }

  serve(port: number): Call<void> {
    return Peer.#serve(this, port);
  }

  static readonly #serve = routine(function* serve(peer: Peer, port: number): Program<void> {
    const listener: Listener = yield* new Listen({ host: "peer", port });
    for (;;) yield* new NewTask(Peer.#session(peer, yield* accept(listener)), "session");
  });

  static readonly #session = routine(function* session(peer: Peer, connection: Connection): Program<void> {
    const number = ++peer.connections;
    peer.open++;
    const reader = new Reader(connection);
    try {
      for (let request = 1; yield* Peer.#exchange(peer, reader, number, request); request++);
      yield* recv(connection, 1); // until the other end has gone
    } catch (error) {
      if (!(error instanceof SyscallError) || error.code === "ECANCELED") throw error;
    } finally {
      peer.open--;
      connection.close();
    }
  });

  static readonly #exchange = routine(function* exchange(
    peer: Peer,
    reader: Reader,
    number: number,
    request: number,
  ): Program<boolean> {
    const { connection } = reader;
    const bytes = yield* readUntil(reader, "\r\n\r\n", 65_536);
    if (bytes === null) return false;
    const head = Buffer.from(bytes).toString("latin1");
    peer.heads.push(head);
    yield* readExactly(reader, Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0));
    const told = peer.#reply(number, request, head.split(" ")[1] ?? "");
    const { say, afterMs = 0, after, later } = typeof told === "string" ? { say: told } : told;
    if (afterMs > 0) yield* new Sleep(afterMs);
    yield* sendAll(connection, Buffer.from(say, "latin1"));
    if (after !== undefined) yield* ending(connection, after);
    if (later === undefined) return after === undefined;
    yield* new Sleep(100);
    if (typeof later === "string") yield* ending(connection, later);
    else {
      yield* sendAll(connection, Buffer.from(later.say, "latin1"));
      yield* ending(connection, later.after);
    }
    return false;
  });
}

const ending = routine(function* ending(connection: Connection, end: End): Program<void> {
  if (end === "end") connection.shutdown();
  else yield* resetting(connection);
});
