// A JSON-RPC server: accepts connections and gives each a peer in a task of its own. As many at once as the limit says,
// and always 64 descriptors below the system's; beyond that it stops accepting, and the system's backlog holds the rest.

import type { Connection, Listener } from "../../kernel/machine/machine.ts";
import { Cancelled, type Program, type Routine, routine, type Tid } from "../../kernel/syscall.ts";
import { CancelTasks, GetMachine, KillTasks, NewTask, Park, Timeout, WaitQueue } from "../../syscalls/index.ts";
import { accept } from "../lib/sockets.ts";
import { RpcCounters } from "./counters.ts";
import type { Methods } from "./handlers.ts";
import { type Limits, resolveLimits } from "./limits.ts";
import type { Mode } from "./messages.ts";
import { Peer, until } from "./peer.ts";

export interface ServeOptions {
  /** Those left out are `defaultLimits`. */
  readonly limits?: Partial<Limits>;
  readonly mode?: Mode;
  /** Where the server counts. Default: an object nobody sees. */
  readonly counters?: RpcCounters;
}

/** Descriptors left for everything else. */
const spareDescriptors = 64;
/** After the connections' own `drainMs`, how long until those that are still there are killed. */
const lastMs = 250;

/**
 * Serves methods on a listener until it is cancelled or killed. Cancelled: accepts no more, lets each connection finish
 * what it serves within `limits.drainMs`, and ends.
 * @throws RangeError for limits that cannot be; what accepting throws
 */
export const serve: Routine<[listener: Listener, methods: Methods, options?: ServeOptions], void> = routine(
  function* serve(listener, methods, options = {}) {
    const limits = resolveLimits(options.limits);
    const counters = options.counters ?? new RpcCounters();
    const { descriptors } = yield* new GetMachine();
    const most = Math.max(1, Math.min(limits.maxConnections, descriptors - spareDescriptors));
    const open = new Set<Tid>();
    const freed = new WaitQueue("wait for", `one of ${most} connections to end`);
    try {
      for (;;) {
        if (open.size >= most) counters.full++;
        while (open.size >= most) yield* new Park(freed);
        const connection = yield* accept(listener);
        const peer = new Peer(connection, { methods, limits, counters, mode: options.mode ?? "strict" });
        const tid: Tid = yield* new NewTask(
          serveOne(peer, () => leave(open, freed, tid)),
          nameOf(connection),
        );
        open.add(tid);
      }
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      listener.close();
      yield* new CancelTasks(open, "the server is shutting down");
      yield* new Timeout(
        limits.drainMs + lastMs,
        until(freed, () => open.size === 0),
      );
      throw error;
    } finally {
      listener.close();
      yield* new KillTasks(open, "the server has ended");
    }
  },
);

const serveOne = routine(function* serveOne(peer: Peer, over: () => void): Program<void> {
  try {
    yield* peer.run();
  } finally {
    over();
  }
});

function leave(open: Set<Tid>, freed: WaitQueue, tid: Tid): void {
  open.delete(tid);
  freed.wake(Number.POSITIVE_INFINITY);
}

function nameOf(connection: Connection): string {
  return `rpc ${connection.peer}`.slice(0, 64);
}
