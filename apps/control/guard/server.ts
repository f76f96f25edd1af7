// The control server: an app on a kernel of its own, in the guard's thread. It serves a fixed table of methods over
// JSON-RPC, and passes what it is asked on to the main thread, whose agent answers. What it checks itself is who may ask:
// on TCP only who has said the token, and what changes something only where the port allows that.

import { Kernel } from "../../../kernel/kernel.ts";
import type { Connection, Listener } from "../../../kernel/machine/machine.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";
import type { Port } from "../../../kernel/machine/thread.ts";
import { type Call, type Program, routine, type Tid } from "../../../kernel/syscall.ts";
import { KillTask, NewTask, Sleep, WaitQueue } from "../../../syscalls/index.ts";
import { accept } from "../../lib/sockets.ts";
import { until } from "../../lib/until.ts";
import { RpcCounters } from "../../rpc/counters.ts";
import { type Limits, Peer, resolveLimits } from "../../rpc/index.ts";
import { Seats } from "../../rpc/seats.ts";
import { Link } from "./link.ts";
import type { GuardData } from "./messages.ts";
import { StuckTurns } from "./stuck.ts";
import type { Door } from "./thread.ts";
import { Visit } from "./visit.ts";

/**
 * Of what JSON-RPC bounds, what is bounded closer here: a page of 10,000 tasks fits in a frame, requests are served few at a
 * time, and who does not read is soon cut off.
 */
const controlLimits: Limits = resolveLimits({
  maxFrameBytes: 16 * 1_048_576,
  maxBatch: 32,
  maxInFlight: 8,
  maxConnections: 64,
  stalledWriteMs: 10_000,
});

/** Connections that wait at each door: with those that are served, as many as the doorkeeper lets in. */
const mostWaiting = 64;

/** How long a connection on TCP, to which anybody on this machine can come, may take to say the token, ms. */
const welcomeMs = 5_000;

/** How often the main thread is told that a second has passed, while somebody watches. */
const tickMs = 1_000;

/** Serves the doors until the thread ends. */
export function serveControl(doors: readonly Door[], guard: GuardData, port: Port): void {
  const machine = new NodeMachine();
  const kernel = new Kernel(machine, { log: ({ text }) => port.post({ kind: "trouble", text }) });
  const server = new Server(guard, port);
  // What it throws ends the thread, and the main one is told.
  void kernel.run(
    server.run(
      doors.map(({ server, kind, early }) => {
        return { kind, listener: machine.adopt(server, early, { backlog: mostWaiting }) };
      }),
    ),
    "guard",
  );
}

interface OpenDoor {
  readonly kind: Door["kind"];
  readonly listener: Listener;
}

export class Server {
  readonly guard: GuardData;
  readonly link: Link;
  readonly turns: StuckTurns;
  /** Sessions that the main thread knows of. */
  readonly #sessions = new Set<number>();
  readonly #opened = new WaitQueue("wait for", "somebody who watches");
  #nextSession = 1;

  constructor(guard: GuardData, port: Port) {
    this.guard = guard;
    const { heartbeat, watchdogMs } = guard;
    this.turns = new StuckTurns({
      heartbeat,
      watchdogMs,
      kick: () => this.link.tell({ kind: "kick" }),
      over: (stuck) => this.link.tell({ kind: "unstuck", stuck }),
    });
    this.link = new Link(port, () => this.turns.now());
  }

  run(doors: readonly OpenDoor[]): Call<void> {
    return Server.#run(this, doors);
  }

  static readonly #run = routine(function* run(server: Server, doors: readonly OpenDoor[]): Program<void> {
    for (const door of doors) yield* new NewTask(Server.#serve(server, door), `control.${door.kind}`);
    yield* new NewTask(server.turns.look(), "control.look");
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

/** A peer that tells when its connection is over. */
class ControlPeer extends Peer {
  readonly #visit: Visit;

  constructor(connection: Connection, visit: Visit) {
    super(connection, { methods: visit.methods(), limits: controlLimits });
    this.#visit = visit;
  }

  override run(): Call<void> {
    return ControlPeer.#visited(super.run(), this, this.#visit);
  }

  static readonly #visited = routine(function* visited(run: Call<void>, peer: Peer, visit: Visit): Program<void> {
    visit.begun();
    let bouncer: Tid | undefined;
    try {
      if (!visit.isWelcome) bouncer = yield* new NewTask(ControlPeer.#putOut(peer, visit), "control.bouncer");
      yield* run;
    } finally {
      visit.over();
      if (bouncer !== undefined) yield* new KillTask(bouncer, "the connection is over");
    }
  });

  // Who has no token would else keep a seat from those who have.
  static readonly #putOut = routine(function* putOut(peer: Peer, visit: Visit): Program<void> {
    yield* new Sleep(welcomeMs);
    if (!visit.isWelcome) peer.close();
  });
}
