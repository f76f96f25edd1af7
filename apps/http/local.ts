// Who listens on this machine alone speaks to this machine alone: a page from elsewhere, whose name was made to lead here
// (DNS rebinding), asks with that name in Host, and gets nothing.

import type { Listener } from "../../kernel/machine/machine.ts";
import { type Program, routine } from "../../kernel/syscall.ts";
import { framed } from "../../syscalls/frame.ts";
import { type Handler, HttpError, type HttpRequest, type HttpResponse, type Routes } from "../lib/http/index.ts";

const loopback = /^(?:127(?:\.\d{1,3}){3}|\[?::1\]?|localhost|[a-z0-9-]+\.localhost)$/i;

/** The same routes, for requests that ask for this machine by a name of its own. Where others may ask, all may. */
export function onlyLocal({ address }: Listener, routes: Routes): Routes {
  if (!("port" in address) || !loopback.test(address.host ?? "127.0.0.1")) return routes;
  return Object.fromEntries(Object.entries(routes).map(([route, handler]) => [route, guarded(handler)]));
}

function guarded(handler: Handler): Handler {
  return routine(function* local(request: HttpRequest): Program<HttpResponse> {
    const host = request.host?.replace(/:\d*$/, "");
    if (host !== undefined && !loopback.test(host)) throw new HttpError(421, "This server is for this machine alone.");
    return yield* framed(handler(request), handler.name || "handler");
  });
}
