// Talking to other services: a server whose answers come from another JSON-RPC server, all over one connection, which
// is opened when it is first needed and again when it was lost. One that is down, late or lost costs an error answer and
// nothing else: no request waits longer than the timeout, and while it waits all others go on.
//
//   yieldix run apps/evolution/proxy.ts -- --to 7000 [--port 7001] [--timeout 1000]
//
// What it costs: to ask is one line that reads as a call, and has two more ways to fail than a call.

import { parseArgs } from "node:util";
import type { Address } from "../../kernel/machine/machine.ts";
import { type Call, type Program, routine, SyscallError } from "../../kernel/syscall.ts";
import { Connect, Listen, NewTask, Timeout } from "../../syscalls/index.ts";
import { type App, app, Lock, print, UsageError, wholeNumber } from "../lib/index.ts";
import { methodTable, Peer, RpcError, serve } from "../rpc/index.ts";

const usage = `usage: yieldix run apps/evolution/proxy.ts -- --to port [--port 7001]
       [--timeout 1000]

A JSON-RPC server whose answers come from another one, until it is stopped.

  --to port     where the other one listens, on 127.0.0.1 (no default)
  --port n      where it listens, 0 for any port that is free (default: 7001)
  --timeout ms  how long the other one may take to answer (default: 1000)`;
/** What it passes on. */
const names = ["foo", "connect", "heartbeat", "echo"];
/** The codes of its own errors, as a web server has them. */
const [unavailable, late] = [503, 504];

const proxy: App = app(usage, parse, function* proxy({ port, to, timeoutMs }) {
  const service = new Service({ port: to }, timeoutMs);
  const listener = yield* new Listen({ port });
  const { address } = listener;
  yield* print(`proxy: JSON-RPC on 127.0.0.1:${"port" in address ? address.port : ""}, asks 127.0.0.1:${to}`);
  const forward = (name: string) => (params: unknown) => service.ask(name, params);
  yield* serve(listener, methodTable(Object.fromEntries(names.map((name) => [name, forward(name)]))));
});

export default proxy;

/** The other server. */
class Service {
  readonly address: Address;
  readonly timeoutMs: number;
  readonly #opening = new Lock({ name: "connection to the service" });
  #peer: Peer | undefined = undefined;

  constructor(address: Address, timeoutMs: number) {
    this.address = address;
    this.timeoutMs = timeoutMs;
  }

  /** Its answer. @throws RpcError: its own, or ours when there is none */
  ask(method: string, params: unknown): Call<unknown> {
    return Service.#ask(this, method, params);
  }

  static readonly #ask = routine(function* ask(service: Service, method: string, params: unknown): Program<unknown> {
    try {
      return yield* new Timeout(service.timeoutMs, Service.#asked(service, method, params));
    } catch (error) {
      if (!(error instanceof SyscallError) || error.code === "ECANCELED") throw error;
      if (error.code === "ETIMEDOUT") throw new RpcError(late, `the service took over ${service.timeoutMs} ms`);
      throw new RpcError(unavailable, `the service is unavailable (${error.code})`);
    }
  });

  static readonly #asked = routine(function* asked(
    service: Service,
    method: string,
    params: unknown,
  ): Program<unknown> {
    const peer = yield* service.#opening.hold(Service.#open(service));
    return yield* peer.call(method, params);
  });

  static readonly #open = routine(function* open(service: Service): Program<Peer> {
    if (service.#peer !== undefined && !service.#peer.closed) return service.#peer;
    const peer = new Peer(yield* new Connect(service.address), { framing: "length" });
    yield* new NewTask(peer.run(), "service");
    service.#peer = peer;
    return peer;
  });
}

interface Options {
  readonly port: number;
  readonly to: number;
  readonly timeoutMs: number;
}

function parse(argv: readonly string[]): Options {
  const text = { type: "string" } as const; // the literal that parseArgs wants
  const { values } = parseArgs({ args: [...argv], options: { to: text, port: text, timeout: text } });
  const { to, port = "7001", timeout = "1000" } = values;
  if (to === undefined) throw new UsageError("--to is missing: the port of the server to ask");
  return {
    port: wholeNumber("port", port, [0, 65_535]),
    to: wholeNumber("to", to, [1, 65_535]),
    timeoutMs: wholeNumber("timeout", timeout, [1, 86_400_000]),
  };
}
