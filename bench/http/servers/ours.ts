// The server of apps/lib/http: a small text at `/`, and at `/wait` after a timer of 1 ms.

import { Listen, type Program, print, routine, Sleep } from "../../../apps/index.ts";
import { type HttpResponse, serve } from "../../../apps/lib/http/index.ts";

const response: HttpResponse = { headers: { "content-type": "text/plain; charset=utf-8" }, body: "hello, world\n" };
/** node:http has no such bounds. */
const limits = { maxConnections: 16_384, maxRequests: Number.POSITIVE_INFINITY };

const routes = {
  "GET /": routine(function* hello(): Program<HttpResponse> {
    return response;
  }),
  "GET /wait": routine(function* wait(): Program<HttpResponse> {
    yield* new Sleep(1);
    return response;
  }),
};

export default function* ours(): Program<void> {
  const listener = yield* new Listen({ port: 0 });
  const { address } = listener;
  yield* print(`listening on 127.0.0.1:${"port" in address ? address.port : ""}`);
  yield* serve(listener, routes, { limits });
}
