// The control server: an app on a kernel of its own, in the guard's thread. It serves a fixed table of methods over
// JSON-RPC, and passes what it is asked on to the main thread, whose agent answers. What it checks itself is who may ask:
// on TCP only who has said the token, and what changes something only where the port allows that.

import { createHash, timingSafeEqual } from "node:crypto";
import { Kernel } from "../../../kernel/kernel.ts";
import type { Connection, Listener } from "../../../kernel/machine/machine.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";
import type { Port } from "../../../kernel/machine/thread.ts";
import { type Call, type Program, routine } from "../../../kernel/syscall.ts";
import { NewTask, Sleep, WaitQueue } from "../../../syscalls/index.ts";
import { accept } from "../../lib/sockets.ts";
import { until } from "../../lib/until.ts";
import { RpcCounters } from "../../rpc/counters.ts";
import { codes, type Handler, type Limits, methodTable, Peer, RpcError, resolveLimits } from "../../rpc/index.ts";
import { Seats } from "../../rpc/seats.ts";
import { changing, errorCodes, type Hello, type MethodName, protocolVersion } from "../protocol.ts";
import type { Access } from "../records.ts";
import { Link } from "./link.ts";
import type { GuardData } from "./messages.ts";
import type { Door } from "./thread.ts";

/**
 * Of what JSON-RPC bounds, what is bounded closer here: a page of 10,000 tasks fits in a frame, requests are served few at a
 * time, and who does not read is soon cut off.
 */
export const controlLimits: Limits = resolveLimits({
  maxFrameBytes: 16 * 1_048_576,
  maxBatch: 32,
  maxInFlight: 8,
  maxConnections: 64,
  stalledWriteMs: 10_000,
});

/** How long the main thread may take to answer, ms. */
const usualMs = 5_000;
const answerMs: Readonly<Record<Exclude<MethodName, "hello" | "stuck">, number>> = {
  frame: usualMs,
  where: 15_000,
  trace: usualMs,
  signal: usualMs,
  renice: usualMs,
  reset: usualMs,
  start: 60_000,
  exit: usualMs,
  stop: usualMs,
};
/** Longest that a client may wait for an exit, ms. */
const longestWaitMs = 3_600_000;
/** How often the main thread is told that a second has passed, while somebody watches. */
const tickMs = 1_000;

/** Serves the doors until the thread ends. */
export function serveControl(doors: readonly Door[], guard: GuardData, port: Port): void {
  const machine = new NodeMachine();
  const kernel = new Kernel(machine, { log: ({ text }) => port.post({ kind: "trouble", text }) });
  const server = new Server(guard, port);
  // What it throws ends the thread, and the main one is told.
  void kernel.run(
    server.run(doors.map(({ server, kind, early }) => ({ kind, listener: machine.adopt(server, early) }))),
    "guard",
  );
}

interface OpenDoor {
  readonly kind: Door["kind"];
  readonly listener: Listener;
}

class Server {
  readonly guard: GuardData;
  readonly link: Link;
  /** Sessions that the main thread knows of. */
  readonly #sessions = new Set<number>();
  readonly #opened = new WaitQueue("wait for", "somebody who watches");
  #nextSession = 1;

  constructor(guard: GuardData, port: Port) {
    this.guard = guard;
    this.link = new Link(port, notStuck);
  }

  run(doors: readonly OpenDoor[]): Call<void> {
    return Server.#run(this, doors);
  }

  static readonly #run = routine(function* run(server: Server, doors: readonly OpenDoor[]): Program<void> {
    for (const door of doors) yield* new NewTask(Server.#serve(server, door), `control.${door.kind}`);
    yield* Server.#tick(server);
  });

  static readonly #serve = routine(function* serve(server: Server, { kind, listener }: OpenDoor): Program<void> {
    const seats = new Seats(listener, controlLimits.maxConnections, new RpcCounters());
    for (;;) {
      yield* seats.vacancy();
      const connection = yield* accept(listener);
      yield* seats.give(new ControlPeer(connection, new Visit(server, kind)));
    }
  });

  static readonly #tick = routine(function* tick(server: Server): Program<never> {
    for (;;) {
      yield* until(server.#opened, () => server.#sessions.size > 0);
      yield* new Sleep(tickMs);
      server.link.tell({ kind: "tick" });
    }
  });

  newSession(): number {
    return this.#nextSession++;
  }

  /** It asks the main thread something: there is a session there from now on. */
  begin(session: number): void {
    this.#sessions.add(session);
    this.#opened.wake();
  }

  end(session: number): void {
    if (this.#sessions.delete(session)) this.link.tell({ kind: "close", session });
  }
}

/** One connection's dealings: what it may do, and what becomes of what it asks. */
class Visit {
  readonly #server: Server;
  readonly #access: Access;
  readonly #session: number;
  /** False until the token has been said, where one is wanted. */
  #isWelcome: boolean;

  constructor(server: Server, kind: Door["kind"]) {
    this.#server = server;
    this.#access = kind === "tcp" ? "read-only" : server.guard.access;
    this.#session = server.newSession();
    this.#isWelcome = kind !== "tcp";
  }

  methods(): ReturnType<typeof methodTable> {
    const asked = Object.entries(answerMs).map(([method, withinMs]): [string, Handler] => [
      method,
      (params) => this.#ask(method as MethodName, params, withinMs), // a key of that table
    ]);
    return methodTable({
      ...Object.fromEntries(asked),
      hello: (params) => this.#hello(params),
      stuck: () => this.#stuck(),
    });
  }

  over(): void {
    this.#server.end(this.#session);
  }

  #hello(params: unknown): Hello {
    const { version, token } = Object(params) as { version?: unknown; token?: unknown }; // looked at below
    const { name, pid, tcp } = this.#server.guard;
    if (!this.#isWelcome && !(tcp !== undefined && isSame(token, tcp.token)))
      throw refused("hello: not with this token");
    if (version !== protocolVersion) {
      const said = typeof version === "number" ? `version ${version}` : "no version";
      const text = `hello: this kernel speaks version ${protocolVersion} of the control protocol, the client ${said}`;
      throw new RpcError(codes.invalidParams, `${text}: use the same yieldix on both sides`);
    }
    this.#isWelcome = true;
    return { version: protocolVersion, name, pid, access: this.#access };
  }

  #ask(method: MethodName, params: unknown, withinMs: number): Call<unknown> {
    this.#check(method);
    const { link } = this.#server;
    this.#server.begin(this.#session);
    const mayWaitMs = method === "exit" ? withinMs + waitOf(params) : withinMs;
    return link.ask({ session: this.#session, access: this.#access, method, params, withinMs: mayWaitMs });
  }

  #stuck(): Call<unknown> {
    this.#check("stuck");
    return notStuck();
  }

  #check(method: MethodName): void {
    if (!this.#isWelcome) throw refused(`${method}: say hello with the token first`);
    if (this.#access === "read-only" && changing.includes(method)) {
      throw new RpcError(errorCodes.readOnly, `${method}: this port is read-only`);
    }
  }
}

function refused(why: string): RpcError {
  return new RpcError(errorCodes.forbidden, why);
}

// Hashed, because only what is of the same length can be compared in constant time.
function isSame(said: unknown, token: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return typeof said === "string" && timingSafeEqual(hash(said), hash(token));
}

function waitOf(params: unknown): number {
  const { waitMs } = Object(params) as { waitMs?: unknown }; // looked at below
  return typeof waitMs === "number" && waitMs > 0 ? Math.min(waitMs, longestWaitMs) : 0;
}

/** A peer that tells when its connection is over. */
class ControlPeer extends Peer {
  readonly #visit: Visit;

  constructor(connection: Connection, visit: Visit) {
    super(connection, { methods: visit.methods(), limits: controlLimits });
    this.#visit = visit;
  }

  override run(): Call<void> {
    return ControlPeer.#visited(super.run(), this.#visit);
  }

  static readonly #visited = routine(function* visited(run: Call<void>, visit: Visit): Program<void> {
    try {
      yield* run;
    } finally {
      visit.over();
    }
  });
}

const notStuck = routine(function* notStuck(): Program<undefined> {
  return undefined;
});
