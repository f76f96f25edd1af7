// One host, and the manners it is owed: so many connections at a time, so much time between requests, and rest when it
// asks for it.

import { type Call, type Program, routine } from "../../kernel/syscall.ts";
import { GetTime, Sleep } from "../../syscalls/index.ts";
import { Semaphore } from "../lib/index.ts";
import { Visits } from "./visits.ts";

/** What a host is owed. */
export interface Manners {
  /** The least time between the beginnings of two requests, ms. */
  readonly delayMs: number;
  /** Connections to it at a time. */
  readonly perHost: number;
}

export class Host {
  /** Scheme, name and port. */
  readonly origin: string;
  /** Its pages, until their turn comes. */
  readonly visits: Visits;
  /** Held by each page that is being fetched. */
  readonly slots: Semaphore;
  /** Raised by its robots.txt. */
  delayMs: number;
  #nextAt = 0;

  /** @param capacity pages that may wait */
  constructor(origin: string, manners: Manners, capacity: number) {
    const name = origin.slice(0, 40);
    this.origin = origin;
    this.visits = new Visits(`pages of ${name}`, capacity);
    // Slots are handed on, from the keeper to the worker: nobody is to seem to have them.
    this.slots = new Semaphore(0, { max: manners.perHost, name: `connections to ${name}` });
    this.slots.release(manners.perHost);
    this.delayMs = manners.delayMs;
  }

  /** Waits until a request may begin, which it then does. For one task at a time. */
  turn(): Call<void> {
    return turn(this);
  }

  /** How long until a request may begin, ms; 0: it does. @param now on the kernel's clock, ms */
  begin(now: number): number {
    const waitMs = Math.max(0, this.#nextAt - now);
    if (waitMs === 0) this.#nextAt = now + this.delayMs;
    return waitMs;
  }

  /** No request begins before that moment. @param until on the kernel's clock, ms */
  rest(until: number): void {
    this.#nextAt = Math.max(this.#nextAt, until);
  }
}

// It looks again: the host may have asked for rest meanwhile.
const turn = routine(function* turn(host: Host): Program<void> {
  for (let waitMs = host.begin(yield* new GetTime()); waitMs > 0; waitMs = host.begin(yield* new GetTime())) {
    yield* new Sleep(Math.ceil(waitMs));
  }
});
