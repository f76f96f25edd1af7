// One try of a request, on a connection that was used before or on a fresh one: what it comes to, and whether the connection may
// be used again.

import type { Connection } from "../../../kernel/machine/machine.ts";
import { Call, Cancelled, type Program, routine, type Syscall, SyscallError } from "../../../kernel/syscall.ts";
import { framed } from "../../../syscalls/frame.ts";
import { MoveOn } from "../../../syscalls/index.ts";
import { Reader } from "../reader.ts";
import type { Body } from "./body.ts";
import { type IncomingResponse, type OutgoingRequest, readResponse, sendRequest } from "./client.ts";
import type { ConnectionPool } from "./pool.ts";
import type { Wanted } from "./wanted.ts";

/**
 * A request on one connection; undefined: there is no such connection, or none any more, and a fresh one will do. A scope, so that
 * it is counted off however its frame ends, a cleanup that is dropped included, to which no `finally` comes.
 */
export class Attempt extends Call<{ readonly value: unknown } | undefined> {
  readonly #pool: ConnectionPool;
  readonly #wanted: Wanted;
  readonly #source: Syscall<Connection | undefined>;
  readonly #isUsed: boolean;
  #connection: Connection | undefined = undefined;
  #goesOn = false;

  constructor(pool: ConnectionPool, wanted: Wanted, source: Syscall<Connection | undefined>, isUsed: boolean) {
    super();
    this.#pool = pool;
    this.#wanted = wanted;
    this.#source = source;
    this.#isUsed = isUsed;
  }

  override enter(): Program<{ readonly value: unknown } | undefined> {
    this.#pool.enter();
    return this.#made();
  }

  override leave(): void {
    this.#pool.leave(this.#wanted.origin, this.#connection, this.#goesOn);
  }

  *#made(): Program<{ readonly value: unknown } | undefined> {
    const connection = yield* this.#source;
    if (connection === undefined) return undefined;
    this.#connection = connection;
    if (this.#isUsed) this.#pool.noteReuse();
    const reader = new Reader(connection);
    const response = yield* responseTo(reader, this.#wanted, this.#isUsed);
    if (response === undefined) return undefined;
    const value = yield* framed(this.#wanted.use(response), "use of a response");
    this.#goesOn = response.goesOn && (yield* passedOver(response.body)) && reader.available === 0;
    return { value };
  }
}

/** Undefined: the connection had been closed by its server before it heard of the request. */
const responseTo = routine(function* responseTo(
  reader: Reader,
  { limits, method, request }: Wanted,
  isUsed: boolean,
): Program<IncomingResponse | undefined> {
  const { connection } = reader;
  const before = connection.bytesRead;
  let loss: unknown;
  try {
    loss = yield* lossOfSending(connection, request);
    const response = yield* readResponse(reader, method, limits);
    // It had waited too long for the request, and says so of the connection (RFC 9110, 15.5.9).
    if (isUsed && response.status === 408) return undefined;
    return loss === undefined ? response : { ...response, goesOn: false };
  } catch (error) {
    if (isUsed && connection.bytesRead === before && isLoss(error)) return undefined;
    throw loss ?? error;
  }
});

/** Not thrown, as a server that wants no more of a request may have said so before it closed; undefined: all of it was sent. */
const lossOfSending = routine(function* lossOfSending(
  connection: Connection,
  request: OutgoingRequest,
): Program<unknown> {
  try {
    yield* sendRequest(connection, request);
    return undefined;
  } catch (error) {
    if (!isLoss(error)) throw error;
    return error;
  }
});

/** True for the error of a server that is gone. */
function isLoss(error: unknown): boolean {
  return error instanceof SyscallError && lossCodes.has(error.code);
}

const lossCodes: ReadonlySet<string> = new Set(["ECONNABORTED", "ECONNRESET", "EPIPE", "EPROTO"]);

/** How much is read of a body that nobody wants, and how long it is waited for, to keep the connection: a fresh one costs as much. */
const mostPassedOver = 16_384;
const passOverMs = 100;

/** Whether that was all of it. What becomes of the rest concerns nobody: its program has what it wanted. */
const passedOver = routine(function* passedOver(body: Body): Program<boolean> {
  if (body.isOver) return true;
  try {
    const passed = yield* new MoveOn(passOverMs, body.discard(mostPassedOver));
    return passed.done && passed.value;
  } catch (error) {
    if (!(error instanceof SyscallError) || error instanceof Cancelled) throw error;
    return false;
  }
});
