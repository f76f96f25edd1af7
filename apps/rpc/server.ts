// A JSON-RPC server: accepts connections and gives each a peer in a task of its own. As many at once as the limit says,
// and always 64 descriptors below the system's; beyond that it stops accepting, and the system's backlog holds the rest.

import type { Listener } from "../../kernel/machine/machine.ts";
import { Cancelled, type Routine, routine } from "../../kernel/syscall.ts";
import { CancelTasks, GetMachine, KillTasks } from "../../syscalls/index.ts";
import { accept } from "../lib/sockets.ts";
import { RpcCounters } from "./counters.ts";
import type { Methods } from "./handlers.ts";
import { type Limits, resolveLimits } from "./limits.ts";
import type { Mode } from "./messages.ts";
import { Peer } from "./peer.ts";
import { Seats } from "./seats.ts";

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
    const seats = new Seats(listener, most, counters);
    try {
      for (;;) {
        yield* seats.vacancy();
        const connection = yield* accept(listener);
        yield* seats.give(new Peer(connection, { methods, limits, counters, mode: options.mode ?? "strict" }));
      }
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      listener.close();
      yield* new CancelTasks(seats.tids(), "the server is shutting down");
      yield* seats.allFree(limits.drainMs + lastMs);
      throw error;
    } finally {
      listener.close();
      yield* new KillTasks(seats.tids(), "the server has ended");
    }
  },
);
