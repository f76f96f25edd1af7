// A request and its handler: what it gives is sent; what it throws is 500, on the kernel log, and no end of the connection.

import type { Connection } from "../../../kernel/machine/machine.ts";
import { Cancelled, type Program, type Routine, routine } from "../../../kernel/syscall.ts";
import { framed } from "../../../syscalls/frame.ts";
import { Log } from "../../../syscalls/index.ts";
import type { Service } from "./conversation.ts";
import { HttpError } from "./errors.ts";
import { errorPage, faultPage, type HttpRequest, type HttpResponse } from "./messages.ts";
import { BadResponse, sendResponse } from "./respond.ts";

/**
 * Answers a request.
 * @param wantsMore whether the connection should go on, asked when the response is there
 * @returns whether it may
 * @throws what ends the connection: the client is gone, or the task is to end
 */
export const answer: Routine<
  [connection: Connection, service: Service, request: HttpRequest, wantsMore: () => boolean],
  boolean
> = routine(function* answer(connection, service, request, wantsMore) {
  const { body } = request;
  const response = yield* responseTo(service, request);
  // Who has been told nothing yet will not send its body, or will: the next request could be either.
  const goesOn = body.failure === undefined && !body.isHeldBack && wantsMore();
  body.letGo();
  try {
    return yield* sendResponse(connection, request, response, goesOn, service.limits);
  } catch (error) {
    if (!(error instanceof BadResponse)) throw error;
    if (error.reason !== undefined && error.reason === body.failure) return false; // what it sends on came wrong, or not at all
    service.counters.failed++;
    yield* logFailure(request, error.reason);
    if (!error.hasBegun) yield* sendResponse(connection, request, crashPage, false, service.limits);
    return false; // cut short, so that it does not look whole
  }
});

const crashPage = faultPage(500, "The server has failed at this. Its log says how.");

/** What its handler gives, or the page for what it throws. */
const responseTo = routine(function* responseTo(service: Service, request: HttpRequest): Program<HttpResponse> {
  const found = service.routes.find(request);
  if (typeof found !== "function") return found;
  try {
    const response = yield* framed(found(request), found.name || "handler");
    if (typeof response === "object" && response !== null) return response;
    throw new TypeError(`the handler of ${request.method} ${request.path} gave no response`);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    if (error instanceof HttpError) return errorPage(error);
    if (request.body.failure === error) throw error; // the client's doing: it is gone
    service.counters.failed++;
    yield* logFailure(request, error);
    return crashPage;
  }
});

const logFailure = routine(function* logFailure(request: HttpRequest, error: unknown): Program<void> {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  yield* new Log(`${request.method} ${request.path} failed: ${stack}`, {
    level: "error",
    fields: { peer: request.peer },
  });
});
