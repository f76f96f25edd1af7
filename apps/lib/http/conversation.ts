// One connection of a server, in one task and in straight lines: a head, its handler, its response, and again. Answers
// leave in the order in which the requests came, as there is one at a time. Where it is not known any more where the next
// request begins, the connection is closed, with a word about why.

import { Buffer } from "node:buffer";
import type { Connection } from "../../../kernel/machine/machine.ts";
import { type Call, type Program, routine, SyscallError } from "../../../kernel/syscall.ts";
import { Adopt, ReadWait, Timeout } from "../../../syscalls/index.ts";
import { chunkBytes, Reader, readUntil } from "../reader.ts";
import { linger } from "../sockets.ts";
import { answer } from "./answer.ts";
import { Body } from "./body.ts";
import { HttpError } from "./errors.ts";
import { expectsContinue, mayGoOn, requestLength } from "./framing.ts";
import { headEnd, parseRequestHead, type RequestHead } from "./head.ts";
import { errorPage, HttpRequest } from "./messages.ts";
import { sendResponse } from "./respond.ts";
import type { RouteTable } from "./routes.ts";
import type { HttpCounters, ServerLimits } from "./server-limits.ts";
import { WhileConnected } from "./while-connected.ts";
import { sendWithin } from "./write.ts";

/** Bytes of a body that nobody has asked for which are read all the same, so that the connection can go on. */
const mostDiscarded = 65_536;
/** How long a client has to close, after it has been told that this is the end, ms. */
const lingerMs = 1_000;
/** Bytes of memory that a connection keeps while nothing comes. */
const mostKept = 1_024;
const end = Buffer.from(headEnd, "latin1");
const goOn = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n", "latin1");

/** What the connections of a server have in common. */
export interface Service {
  readonly routes: RouteTable;
  readonly limits: ServerLimits;
  readonly counters: HttpCounters;
  /** True once no more requests are taken. */
  readonly isEnding: boolean;
  /** True while connections should not be kept: the server is full, or ends. */
  isReluctant(): boolean;
}

export class Conversation {
  readonly connection: Connection;
  readonly service: Service;
  readonly #reader: Reader;
  readonly #peer: string;
  /** True while it waits for a request that has not begun. */
  isIdle = true;
  #requests = 0;

  constructor(connection: Connection, service: Service) {
    this.connection = connection;
    this.service = service;
    this.#reader = new Reader(connection);
    this.#peer = connection.peer; // each time it is made anew
  }

  /** Serves it to its end. The calling task becomes the owner of the connection. */
  run(): Call<void> {
    return Conversation.#run(this);
  }

  static readonly #run = routine(function* run(it: Conversation): Program<void> {
    const { connection } = it;
    const { counters } = it.service;
    try {
      yield* new Adopt(connection);
      while ((yield* Conversation.#exchange(it)) && !it.service.isEnding) it.isIdle = true;
    } catch (error) {
      if (!isLoss(error)) throw error;
      counters.lost++;
    } finally {
      connection.close();
    }
  });

  /** One request and its response; false: the connection is not to go on. */
  static readonly #exchange = routine(function* exchange(it: Conversation): Program<boolean> {
    const { counters, limits } = it.service;
    let head: RequestHead | undefined;
    try {
      const bytes = yield* Conversation.#nextHead(it);
      if (bytes === null) return false;
      head = parseRequestHead(bytes, limits);
      counters.requests++;
      it.#requests++;
      return yield* Conversation.#serve(it, head);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      counters.refused++;
      yield* sendResponse(it.connection, head, errorPage(error), false, limits);
      yield* linger(it.connection, lingerMs);
      return false;
    }
  });

  static readonly #serve = routine(function* serve(it: Conversation, head: RequestHead): Program<boolean> {
    const { connection } = it;
    const { limits } = it.service;
    const begin = expectsContinue(head) ? () => sendWithin(connection, goOn, limits) : undefined;
    let scope: WhileConnected<boolean> | undefined;
    const waiting = (isWaiting: boolean): void => scope?.hold(isWaiting);
    const body = new Body(it.#reader, requestLength(head), { limits, waiting, begin });
    const request = new HttpRequest(head, body, it.#peer);
    const wantsMore = () => mayGoOn(head) && it.#requests < limits.maxRequests && !it.service.isReluctant();
    scope = new WhileConnected(it.#reader, answer(connection, it.service, request, wantsMore), limits.graceMs);
    if ((yield* scope) && (body.isOver || (yield* Conversation.#passOver(body)))) return true;
    // What is still to come, were it unread, would take the answer back: so it is the client that closes, if it does so soon.
    yield* linger(connection, lingerMs);
    return false;
  });

  /** Reads what is left of a body; false: it has no end that is near. The answer is out: a fault is not answered any more. */
  static readonly #passOver = routine(function* passOver(body: Body): Program<boolean> {
    try {
      return yield* body.discard(mostDiscarded);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      return false;
    }
  });

  /** The bytes of the next head; null: there is none to come. */
  static readonly #nextHead = routine(function* nextHead(it: Conversation): Program<Uint8Array | null> {
    const { headMs, idleMs, maxHeadBytes } = it.service.limits;
    const reader = it.#reader;
    while (reader.available === 0) {
      const bytes = it.connection.read(chunkBytes);
      if (bytes === null) {
        if (reader.capacity > mostKept) reader.shrink();
        // A Timeout is lighter than a MoveOn: each request comes through here.
        try {
          yield* new Timeout(it.#requests === 0 ? headMs : idleMs, new ReadWait(it.connection));
        } catch (error) {
          if (!isTimeout(error)) throw error;
          return null;
        }
      } else if (bytes.length === 0) return null;
      else reader.append(bytes);
    }
    it.isIdle = false;
    // Most heads come whole: those need no deadline.
    const length = reader.indexOf(end, 0) + end.length;
    if (length >= end.length && length <= maxHeadBytes) return reader.take(length);
    try {
      return yield* new Timeout(headMs, readUntil(reader, headEnd, maxHeadBytes));
    } catch (error) {
      throw headFault(error, headMs, maxHeadBytes);
    }
  });
}

function isTimeout(error: unknown): boolean {
  return error instanceof SyscallError && error.code === "ETIMEDOUT";
}

function headFault(error: unknown, headMs: number, maxHeadBytes: number): unknown {
  if (!(error instanceof SyscallError)) return error;
  if (error.code === "ETIMEDOUT") return new HttpError(408, `the head was not there within ${headMs} ms`);
  if (error.code === "EMSGSIZE") return new HttpError(431, `the head has more than ${maxHeadBytes} bytes`);
  // Who leaves in the middle of a head is gone.
  return error.code === "EPROTO" ? new SyscallError("ECONNRESET", error.message, { cause: error }) : error;
}

/** True for the error of a client that is gone or takes nothing, which ends its connection and is no fault of ours. */
function isLoss(error: unknown): boolean {
  return error instanceof SyscallError && lossCodes.has(error.code) && !(error instanceof HttpError);
}

const lossCodes: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET", "ECONNABORTED", "EBADF", "ETIMEDOUT"]);
