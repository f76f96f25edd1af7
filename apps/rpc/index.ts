// JSON-RPC 2.0 over any connection of the kernel's: `yieldix/rpc`.

export { RpcCounters } from "./counters.ts";
export { codes, RpcError, textOf } from "./errors.ts";
export type { Framing } from "./framing.ts";
export { type Context, type Handler, type Methods, methodTable, RawHandler } from "./handlers.ts";
export { defaultLimits, type Limits, resolveLimits } from "./limits.ts";
export { type Mode, RawJson } from "./messages.ts";
export { Peer, type PeerOptions } from "./peer.ts";
export { type ServeOptions, serve } from "./server.ts";
