// The connections a server has at once, and who waits to be one of them. When all seats are taken and somebody waits,
// the oldest connection that has not said a word makes room: silent ones keep nobody out, others are never put out.

import type { Connection, Listener } from "../../kernel/machine/machine.ts";
import { type Call, type Program, routine, SyscallError, type Tid } from "../../kernel/syscall.ts";
import { GetTid, GetTime, KillTask, NewTask, Park, ReadWait, Sleep, Timeout, WaitQueue } from "../../syscalls/index.ts";
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
  /** The task that serves it, from when that has had a turn. */
  tid: Tid | undefined;
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

  /** Gives up what nobody has begun to serve. @returns the tasks that serve */
  end(): Tid[] {
    for (const seat of this.#taken) if (seat.tid === undefined) this.#leave(seat);
    return [...this.#taken].flatMap(({ tid }) => (tid === undefined ? [] : [tid]));
  }

  get #areTaken(): boolean {
    return this.#taken.size >= this.#most;
  }

  #leave(seat: Seat): void {
    this.#taken.delete(seat);
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
    if (!seats.#taken.has(seat) || seat.connection.bytesRead > 0 || seat.tid === undefined) return;
    seats.#counters.timedOut++;
    yield* new KillTask(seat.tid, "silent, and others wait");
    yield* until(seats.#freed, () => !seats.#taken.has(seat));
  });

  static readonly #give = routine(function* give(seats: Seats, peer: Peer): Program<void> {
    const { connection } = peer;
    const seat: Seat = { connection, since: yield* new GetTime(), tid: undefined };
    seats.#taken.add(seat);
    try {
      yield* new NewTask(Seats.#serve(seats, seat, peer), `rpc ${connection.peer}`.slice(0, 64));
    } catch (error) {
      seats.#leave(seat);
      connection.close();
      if (!isShortage(error)) throw error;
      seats.#counters.full++;
      yield* new Sleep(shortageMs);
    }
  });

  // Whoever has made this task may hear of it only when it is over, or be killed before: so it takes its seat itself.
  static readonly #serve = routine(function* serve(seats: Seats, seat: Seat, peer: Peer): Program<void> {
    try {
      const tid = yield* new GetTid();
      if (!seats.#taken.has(seat)) {
        seat.connection.close();
        return;
      }
      seat.tid = tid;
      yield* peer.run();
    } catch (error) {
      if (!isShortage(error)) throw error;
      seats.#counters.full++;
    } finally {
      seats.#leave(seat);
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
