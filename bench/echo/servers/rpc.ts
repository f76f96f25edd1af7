// The JSON-RPC server of apps/echo.ts, with its methods and its checks, and with seats for 10,000 connections.

import { methods } from "../../../apps/echo.ts";
import { Listen, type Program, print } from "../../../apps/index.ts";
import { serve } from "../../../apps/rpc/index.ts";

const maxConnections = 16_384;

export default function* rpc(): Program<void> {
  const listener = yield* new Listen({ port: 0 });
  const { address } = listener;
  yield* print(`listening on 127.0.0.1:${"port" in address ? address.port : ""}`);
  yield* serve(listener, methods, { limits: { maxConnections } });
}
