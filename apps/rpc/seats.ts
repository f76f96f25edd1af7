// The connections a server has at once, and who waits to be one of them. When all seats are taken and somebody waits,
// the oldest connection that has not said a word makes room: silent ones keep nobody out, others are never put out.

import type { Connection, Listener } from "../../kernel/machine/machine.ts";
import { type Call, type Program, routine, SyscallError, type Tid } from "../../kernel/syscall.ts";
import { GetTime, KillTask, Park, ReadWait, Sleep, Timeout, WaitQueue } from "../../syscalls/index.ts";
import { Attended } from "../lib/attended.ts";
import { until } from "../lib/until.ts";
import type { RpcCounters } from "./counters.ts";
import type { Peer } from "./peer.ts";

/** How long a new connection may be silent while others wait, ms. Clients speak with their first packet. */
const silentMs = 250;
/** How long nothing is accepted when no task is to be had, ms. */
const shortageMs = 100;

interface Seat {
  readonly connection: Connection;
  /** When it was accepted, ms. */
  readonly since: number;
  /** The task that serves it. */
  readonly tid: Tid;
}

export class Seats {
  readonly #listener: Listener;
  readonly #most: number;
  readonly #counters: RpcCounters;
  /** In order of arrival. */
  readonly #taken = new Set<Seat>();
  readonly #freed: WaitQueue;

  /** @param most how many there are, at least 1 */
  constructor(listener: Listener, most: number, counters: RpcCounters) {
    this.#listener = listener;
    this.#most = most;
    this.#counters = counters;
    this.#freed = new WaitQueue("wait for", `one of ${most} connections to end`);
  }

  /** Waits until one is free. */
  vacancy(): Call<void> {
    return Seats.#vacancy(this);
  }

  /** Serves a connection in a task of its own. There must be a free seat. */
  give(peer: Peer): Call<void> {
    return Seats.#give(this, peer);
  }

  /** Waits until all are free, `ms` at most. */
  allFree(ms: number): Call<void> {
    return Seats.#allFree(this, ms);
  }

  /** The tasks that serve. */
  tids(): Tid[] {
    return [...this.#taken].map(({ tid }) => tid);
  }

  get #areTaken(): boolean {
    return this.#taken.size >= this.#most;
  }

  /** Whoever served it may not have come to take it over. */
  #leave(seat: Seat): void {
    this.#taken.delete(seat);
    seat.connection.close();
    this.#freed.wake(Number.POSITIVE_INFINITY);
  }

  static readonly #vacancy = routine(function* vacancy(seats: Seats): Program<void> {
    if (seats.#areTaken) seats.#counters.full++;
    while (seats.#areTaken) {
      const silent = seats.#oldestSilent();
      if (silent === undefined) {
        yield* new Park(seats.#freed);
        continue;
      }
      yield* new ReadWait(seats.#listener);
      const patienceMs = silent.since + silentMs - (yield* new GetTime());
      if (patienceMs > 0) yield* within(patienceMs, seats.#freed, () => !seats.#areTaken);
      else yield* Seats.#putOut(seats, silent);
    }
  });

  #oldestSilent(): Seat | undefined {
    for (const seat of this.#taken) if (seat.connection.bytesRead === 0) return seat;
    return undefined;
  }

  static readonly #putOut = routine(function* putOut(seats: Seats, seat: Seat): Program<void> {
    if (!seats.#taken.has(seat) || seat.connection.bytesRead > 0) return;
    seats.#counters.timedOut++;
    yield* new KillTask(seat.tid, "silent, and others wait");
    yield* until(seats.#freed, () => !seats.#taken.has(seat));
  });

  static readonly #give = routine(function* give(seats: Seats, peer: Peer): Program<void> {
    const { connection } = peer;
    const since = yield* new GetTime();
    let seat: Seat | undefined;
    const attendant = {
      began: (tid: Tid) => {
        seat = { connection, since, tid };
        seats.#taken.add(seat);
      },
      ended: () => seat && seats.#leave(seat),
    };
    try {
      yield* new Attended(Seats.#serve(seats, peer), `rpc ${connection.peer}`.slice(0, 64), attendant);
    } catch (error) {
      connection.close();
      if (!isShortage(error)) throw error;
      seats.#counters.full++;
      yield* new Sleep(shortageMs);
    }
  });

  static readonly #serve = routine(function* serve(seats: Seats, peer: Peer): Program<void> {
    try {
      yield* peer.run();
    } catch (error) {
      if (!isShortage(error)) throw error;
      seats.#counters.full++;
    }
  });

  static readonly #allFree = routine(function* allFree(seats: Seats, ms: number): Program<void> {
    yield* within(ms, seats.#freed, () => seats.#taken.size === 0);
  });
}

/** As `until`, for a time at most. */
const within = routine(function* within(ms: number, queue: WaitQueue, holds: () => boolean): Program<void> {
  try {
    yield* new Timeout(ms, until(queue, holds));
  } catch (error) {
    if (!(error instanceof SyscallError) || error.code !== "ETIMEDOUT") throw error;
  }
});

/** No task is to be had. */
function isShortage(error: unknown): boolean {
  return error instanceof SyscallError && error.code === "EAGAIN";
}
