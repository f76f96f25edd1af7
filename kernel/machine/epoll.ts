// The machine of Linux: sockets as raw descriptors, readiness from epoll, both through libc. Node's own loop goes on
// beside it: timers, promises, streams and child processes get a turn about once a millisecond while tasks are busy,
// and all the time while they are not. An epoll descriptor can itself be polled, so Node's loop calls us when any of its
// sockets is ready; while there is much to do, events are harvested without asking Node at all.
//
// All laps run inside that one callback, with nothing of Node's around them: so a lap begins without a detour, and V8
// can end one that never ends by itself (a microtask or an immediate that is ended breaks Node). Whatever else wants a lap
// (a timer, an interrupt, Node's turn) writes to an event descriptor in the set.

import { SyscallError } from "../errors.ts";
import { captureContext, type InContext, restoreContext } from "./context.ts";
import { Deadline } from "./deadline.ts";
import { checkAddress } from "./endpoint.ts";
import { EpollConnection } from "./epoll-connection.ts";
import { EpollListener } from "./epoll-listener.ts";
import { EpollSet } from "./epoll-set.ts";
import { EventDescriptor } from "./event-descriptor.ts";
import { HostMachine } from "./host.ts";
import { type DescriptorWatch, loadLibc } from "./libc.ts";
import type { Address, Closable, Connection, Listener, ListenOptions, Polled } from "./machine.ts";
import { runTicks, throwUncaught } from "./microtasks.ts";
import { SpareDescriptor } from "./spare-descriptor.ts";

export interface EpollMachineOptions {
  /** Makes `random` repeatable. Default: other numbers in each run. */
  readonly seed?: number;
}

/** How long Node may wait for its turn while there is something to do here, ms. */
const nodeTurnMs = 1;

export class EpollMachine extends HostMachine {
  readonly name = "epoll";
  readonly #set: EpollSet;
  readonly #spare: SpareDescriptor;
  readonly #event: EventDescriptor;
  readonly #watch: DescriptorWatch;
  readonly #deadline: Deadline = new Deadline(() => this.interrupt());
  /** Of the poll under way. */
  #done: Polled | undefined = undefined;
  /** The poll under way is to end. */
  #isOver = false;
  #isHarvesting = false;
  /** Inside the callback of Node's loop. */
  #isInside = false;
  /** No poll yet in this callback: Node has just had its turn. */
  #isFirst = false;
  #nodeTurnAt = 0;
  #isClosed = false;
  /** What AsyncLocalStorage had when the first poll began. */
  #context: InContext | undefined = undefined;

  /** Throws ENOTSUP with the reason where it cannot run (see `loadLibc`), EINVAL for a seed that is no safe integer. */
  constructor(options: EpollMachineOptions = {}) {
    super(options.seed);
    this.#set = new EpollSet(loadLibc(), () => this.interrupt());
    this.#event = new EventDescriptor(this.#set);
    this.#spare = new SpareDescriptor();
    this.#watch = this.#set.libc.watch(this.#set.fd, () => this.#readable());
  }

  // Harvests first: under load there is always something, and then Node is not involved.
  poll(idleMs: number, done: Polled, isVacant = false): boolean {
    if (this.#done !== undefined) {
      throw new SyscallError("EBUSY", "a poll is under way already: a machine belongs to one kernel, make another");
    }
    const isBusy = this.#set.harvest() > 0 || !(idleMs > 0);
    const now = performance.now();
    if (this.#isFirst) this.#nodeTurnAt = now;
    this.#isFirst = false;
    if (isBusy && this.#isInside && now - this.#nodeTurnAt < nodeTurnMs) return true;
    this.#context ??= captureContext();
    this.#done = done;
    this.#isOver = false;
    this.#watch.hold(!isVacant);
    if (isBusy) this.interrupt();
    else if (idleMs !== Number.POSITIVE_INFINITY || this.#isClosed) this.#deadline.begin(now + idleMs, this.#isClosed);
    return false;
  }

  interrupt(): void {
    if (this.#done === undefined || this.#isOver) return;
    this.#isOver = true;
    this.#watch.hold(true); // also where the poll itself does not
    if (this.#isClosed) setImmediate(this.#finish);
    else if (!this.#isHarvesting) this.#event.set();
  }

  prepareCut(): void {
    this.#set.libc.prepareCut();
  }

  cutOff(): void {
    this.#set.libc.forgetCut();
    this.#isInside = this.#isHarvesting = false;
    restoreContext();
  }

  listen(at: Address, options?: ListenOptions): Listener {
    checkAddress(at);
    return new EpollListener(this.#set, this.#spare, at, options);
  }

  connect(to: Address): Connection {
    checkAddress(to);
    return EpollConnection.connect(this.#set, to);
  }

  endpoints(): Iterable<Closable> {
    return this.#set.endpoints;
  }

  override close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    super.close();
    for (const endpoint of this.#set.endpoints) endpoint.close();
    this.#watch.hold(false);
    this.#watch.close();
    this.#event.close();
    this.#spare.close();
    this.#set.free();
    this.#deadline.close();
    this.#isOver = false;
    this.interrupt();
  }

  // Called by Node's loop outside every JavaScript frame. With no poll under way, too: what is not harvested would call
  // again with every turn of Node's loop.
  #readable(): void {
    this.#isInside = this.#isFirst = this.#isHarvesting = true;
    try {
      this.#set.harvest();
    } catch (error) {
      throwUncaught(error);
    }
    this.#isHarvesting = false;
    if (this.#isOver) this.#context?.(this.#finish);
    runTicks();
    this.#isInside = false;
    if (this.#done === undefined) this.#watch.hold(false);
  }

  readonly #finish = (): void => {
    const done = this.#done;
    this.#done = undefined;
    this.#isOver = false;
    this.#deadline.end();
    try {
      done?.();
    } catch (error) {
      throwUncaught(error);
    }
  };
}
