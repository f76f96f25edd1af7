// A server of HTTP/1.1: accepts connections and gives each a conversation in a task of its own, as many at once as the
// limit says, and always 64 descriptors below the system's.

import type { Connection, Listener } from "../../../kernel/machine/machine.ts";
import {
  type Call,
  Cancelled,
  type Program,
  type Routine,
  routine,
  SyscallError,
  type Tid,
} from "../../../kernel/syscall.ts";
import {
  CancelTasks,
  GetMachine,
  KillTask,
  KillTasks,
  MoveOn,
  ReadWait,
  Sleep,
  WaitQueue,
} from "../../../syscalls/index.ts";
import { Attended } from "../attended.ts";
import type { Event } from "../event.ts";
import { accept } from "../sockets.ts";
import { until } from "../until.ts";
import { Conversation, type Service } from "./conversation.ts";
import { limitsOf } from "./limits.ts";
import { type Routes, RouteTable } from "./routes.ts";
import { HttpCounters, type ServerLimits, serverLimits } from "./server-limits.ts";

export interface ServeOptions {
  /** Those left out are `serverLimits`. */
  readonly limits?: Partial<ServerLimits>;
  /** Where the server counts. Default: an object nobody sees. */
  readonly counters?: HttpCounters;
  /** Set when the server begins to end: for responses that would not end by themselves. */
  readonly ending?: Event;
}

/** Descriptors left for everything else. */
const spareDescriptors = 64;
/** How long somebody waits for a place before the oldest connection that is silent makes room, ms. */
const silentMs = 250;
/** How long nothing is accepted when no task is to be had, ms. */
const shortageMs = 100;
/** Characters that a task's name may have. */
const nameLength = 64;

/**
 * Serves routes on a listener until it is cancelled or killed. Cancelled: accepts no more, ends the connections that are
 * idle, lets the others finish their request within `limits.drainMs`, and ends.
 * @param routes handlers by method and path; each runs in the task of its connection, which is ended, `finally` and all, when the
 * client is gone
 * @throws EINVAL for limits or routes that cannot be; what accepting throws
 *
 * ```ts
 * const listener = yield* new Listen({ port: 8080 });
 * yield* serve(listener, {
 *   "GET /hello": routine(function* hello(request) {
 *     yield* new Sleep(10);
 *     return { body: `hello ${request.query.get("name") ?? "you"}\n` };
 *   }),
 * });
 * ```
 */
export const serve: Routine<[listener: Listener, routes: Routes, options?: ServeOptions], void> = routine(
  function* serve(listener, routes, options = {}) {
    const { descriptors } = yield* new GetMachine();
    const server = new Server(listener, routes, options, descriptors);
    try {
      for (;;) {
        yield* server.vacancy();
        yield* server.give(yield* accept(listener));
      }
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      listener.close();
      yield* server.drain();
      throw error;
    } finally {
      listener.close();
      yield* new KillTasks(server.tids(), "the server has ended");
    }
  },
);

class Server implements Service {
  readonly routes: RouteTable;
  readonly limits: ServerLimits;
  readonly counters: HttpCounters;
  readonly #listener: Listener;
  readonly #ending: Event | undefined;
  readonly #most: number;
  /** Each with its task. */
  readonly #talks = new Map<Conversation, Tid>();
  readonly #freed: WaitQueue;
  isEnding = false;

  constructor(listener: Listener, routes: Routes, { limits, counters, ending }: ServeOptions, descriptors: number) {
    this.#listener = listener;
    this.routes = new RouteTable(routes);
    this.limits = limitsOf(serverLimits, limits);
    this.counters = counters ?? new HttpCounters();
    this.#ending = ending;
    this.#most = Math.max(1, Math.min(this.limits.maxConnections, descriptors - spareDescriptors));
    this.#freed = new WaitQueue("wait for", () => `one of ${this.#talks.size} connections to end`);
  }

  isReluctant(): boolean {
    return this.isEnding || this.#isFull;
  }

  /** Waits until there is room for one more connection. */
  vacancy(): Call<void> {
    return Server.#vacancy(this);
  }

  /** Serves a connection in a task of its own. There must be room. */
  give(connection: Connection): Call<void> {
    return Server.#give(this, connection);
  }

  /** Ends what is idle, and gives the rest its time. */
  drain(): Call<void> {
    return Server.#drain(this);
  }

  /** The tasks that serve. @param holds those whose conversation is such; default: all */
  tids(holds: (talk: Conversation) => boolean = () => true): Tid[] {
    return [...this.#talks].flatMap(([talk, tid]) => (holds(talk) ? [tid] : []));
  }

  #enter(talk: Conversation, tid: Tid): void {
    this.#talks.set(talk, tid);
    this.counters.connections++;
    this.counters.open++;
  }

  /** Whoever served it may not have come to take its connection over. */
  #leave(talk: Conversation): void {
    this.#talks.delete(talk);
    talk.connection.close();
    this.counters.open--;
    this.#freed.wake(Number.POSITIVE_INFINITY);
  }

  get #isFull(): boolean {
    return this.#talks.size >= this.#most;
  }

  // Who says nothing keeps nobody out; who is being served is never put out.
  static readonly #vacancy = routine(function* vacancy(server: Server): Program<void> {
    if (server.#isFull) server.counters.full++;
    while (server.#isFull) {
      yield* new ReadWait(server.#listener); // until somebody waits
      const room = until(server.#freed, () => !server.#isFull);
      if ((yield* new MoveOn(silentMs, room)).done) return;
      const [silent] = server.tids((talk) => talk.isIdle);
      if (silent === undefined) continue;
      yield* new KillTask(silent, "silent, and others wait");
      yield* until(server.#freed, () => !server.#isFull);
    }
  });

  static readonly #give = routine(function* give(server: Server, connection: Connection): Program<void> {
    const talk = new Conversation(connection, server);
    const attendant = {
      began: (tid: Tid) => server.#enter(talk, tid),
      ended: () => server.#leave(talk),
    };
    try {
      const name = `http ${connection.peer}`.trim().slice(0, nameLength);
      yield* new Attended(talk.run(), name, attendant);
    } catch (error) {
      connection.close();
      if (!(error instanceof SyscallError) || error.code !== "EAGAIN") throw error;
      yield* new Sleep(shortageMs);
    }
  });

  static readonly #drain = routine(function* drain(server: Server): Program<void> {
    server.isEnding = true;
    server.#ending?.set();
    const idle = server.tids((talk) => talk.isIdle);
    yield* new CancelTasks(idle, "the server is shutting down");
    yield* new MoveOn(
      server.limits.drainMs,
      until(server.#freed, () => server.#talks.size === 0),
    );
  });
}
