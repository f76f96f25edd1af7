// The machine of Linux: sockets as raw descriptors, readiness from epoll, both through libc. Node's own loop goes on
// beside it: timers, promises, streams and child processes get a turn about once a millisecond while tasks are busy,
// and all the time while they are not. An epoll descriptor can itself be polled, so Node's loop wakes the kernel when
// any of its sockets is ready; while there is much to do, events are harvested without asking Node at all.

import { checkAddress } from "./endpoint.ts";
import { EpollConnection } from "./epoll-connection.ts";
import { EpollListener } from "./epoll-listener.ts";
import { EpollSet } from "./epoll-set.ts";
import { HostMachine } from "./host.ts";
import { type DescriptorWatch, loadLibc } from "./libc.ts";
import type { Address, Closable, Connection, Listener, ListenOptions } from "./machine.ts";
import { NodePoll } from "./node-poll.ts";
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
  readonly #wait: NodePoll = new NodePoll();
  readonly #watch: DescriptorWatch;
  #gathering: NodeJS.Immediate | undefined = undefined;
  #nodeTurnAt = 0;
  /** A promise of `poll` is pending. */
  #isNodesTurn = false;

  /** Throws ENOTSUP with the reason where it cannot run (see `loadLibc`), EINVAL for a seed that is no safe integer. */
  constructor(options: EpollMachineOptions = {}) {
    super(options.seed);
    this.#set = new EpollSet(loadLibc(), () => this.#wait.interrupt());
    this.#spare = new SpareDescriptor();
    this.#watch = this.#set.libc.watch(this.#set.fd, () => this.#readable());
  }

  // Harvests first: under load there is always something, and then neither a promise nor Node is involved.
  poll(idleMs: number, isVacant?: boolean): void | Promise<void> {
    const events = this.#set.harvest();
    const now = performance.now();
    if (this.#isNodesTurn) this.#nodeTurnAt = now;
    const isBusy = events > 0 || !(idleMs > 0);
    this.#isNodesTurn = !isBusy || now - this.#nodeTurnAt >= nodeTurnMs;
    return this.#isNodesTurn ? this.#wait.poll(isBusy ? 0 : idleMs, isVacant) : undefined;
  }

  interrupt(): void {
    this.#wait.interrupt();
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
    super.close();
    for (const endpoint of this.#set.endpoints) endpoint.close();
    if (this.#gathering !== undefined) clearImmediate(this.#gathering);
    this.#wait.close();
    this.#watch.close();
    this.#spare.close();
    this.#set.free();
  }

  // Called by Node's loop outside every JavaScript frame, after which it runs no microtasks: a promise settled here
  // would be heard of with the next event of Node's, whenever that is. So the next phase of the loop does it.
  #readable(): void {
    this.#gathering ??= setImmediate(this.#gather);
  }

  readonly #gather = (): void => {
    this.#gathering = undefined;
    // With no poll under way too: what is not harvested would call again with every turn of Node's loop.
    this.#set.harvest();
  };
}
