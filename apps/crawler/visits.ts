// The pages of a host that are to be fetched: new ones in the order in which they came, and those that are to be tried again,
// each when its time has come. Nobody's time is spent on those that wait.

import { type Call, type Program, routine } from "../../kernel/syscall.ts";
import { GetTime, Select, Sleep } from "../../syscalls/index.ts";
import { PriorityQueue, Queue } from "../lib/index.ts";
import type { Page } from "./frontier.ts";

/** A page that is to be fetched, for the first time or again. */
export interface Visit {
  readonly page: Page;
  /** How often it has been fetched in vain. */
  readonly failures: number;
  /** Not before, on the kernel's clock, ms. */
  readonly at: number;
}

export class Visits {
  /** New ones, and what is to be seen at once by whoever waits for one. */
  readonly #arrived: Queue<Visit>;
  /** Those whose time had not come. */
  readonly #waiting: PriorityQueue<Visit>;

  /**
   * @param name for people
   * @param capacity how many there may be
   */
  constructor(name: string, capacity: number) {
    this.#arrived = new Queue({ name, capacity });
    this.#waiting = new PriorityQueue({ name: "tries", capacity, rank: ({ at }) => at });
  }

  /** One more, for which there must be room. */
  add(visit: Visit): void {
    // Behind others that have arrived it would wait longer than until its time; and nobody waits while there are any.
    const isBehind = visit.failures > 0 && this.#arrived.size > 0;
    (isBehind ? this.#waiting : this.#arrived).trySend(visit);
  }

  /** Waits for the next whose time has come: those that were tried before go first. For one task at a time. */
  next(): Call<Visit> {
    return Visits.#next(this);
  }

  static readonly #next = routine(function* next(visits: Visits): Program<Visit> {
    for (;;) {
      const soonest = visits.#waiting.tryReceive();
      const visit = yield* soonest?.done === false ? Visits.#before(visits, soonest.value) : visits.#arrived.receive();
      if (visit === undefined) continue;
      if (visit.at <= (yield* new GetTime())) return visit;
      visits.#waiting.trySend(visit);
    }
  });

  /** The one that waits, if its time has come; else one that arrives before it does; undefined: none did. */
  static readonly #before = routine(function* before(visits: Visits, waiting: Visit): Program<Visit | undefined> {
    const waitMs = waiting.at - (yield* new GetTime());
    if (waitMs <= 0) return waiting;
    visits.#waiting.trySend(waiting);
    const first = yield* new Select({ next: visits.#arrived.receive(), again: new Sleep(Math.ceil(waitMs)) });
    return first.key === "next" ? first.value : undefined;
  });
}
