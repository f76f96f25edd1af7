// Listen and Connect: open an endpoint. The calling task owns it: the task's end closes it, and a task that ends or is
// cancelled while it is still opening leaves nothing behind.

import type { Address, Closable, Connection, Listener, ListenOptions, Watcher } from "../kernel/machine/machine.ts";
import { type Answer, type Kernel, Syscall, type Task, type Wait, type Waiter } from "../kernel/syscall.ts";

interface Opening extends Closable {
  check(): void;
}

abstract class Open<E extends Opening> extends Syscall<E> implements Wait<E>, Watcher {
  readonly address: Address;
  abstract readonly verb: string;
  #endpoint: E | undefined = undefined;
  #waiter: Waiter<E> | undefined = undefined;

  constructor(address: Address) {
    super();
    this.address = address;
  }

  get object(): string {
    return this.#endpoint?.label ?? "";
  }

  get outside(): boolean {
    return true;
  }

  override get family(): string {
    return "net";
  }

  override handle(task: Task, kernel: Kernel): Answer<E> {
    const endpoint = this.open(kernel);
    this.#endpoint = endpoint;
    kernel.adopt(endpoint, task);
    return task.block<E>(this, (waiter) => {
      this.#waiter = waiter;
      endpoint.watch("write", this);
      // Undone is closed, unless it has been granted: then it is the task's.
      return () => this.#waiter === undefined || this.#abandon();
    });
  }

  /** It is open, or has failed. */
  ready(error?: unknown): void {
    const [endpoint, waiter] = [this.#endpoint, this.#waiter];
    this.#waiter = undefined;
    if (endpoint === undefined || waiter === undefined) return;
    try {
      if (error !== undefined) throw error;
      endpoint.check();
    } catch (failure) {
      endpoint.close();
      waiter.fail(failure);
      return;
    }
    waiter.wake(endpoint);
  }

  giveBack(endpoint: E): void {
    endpoint.close();
  }

  #abandon(): void {
    this.#waiter = undefined;
    this.#endpoint?.close();
  }

  protected abstract open(kernel: Kernel): E;
}

/**
 * Opens a listening socket, owned by the calling task.
 * @throws EADDRINUSE, EACCES, EADDRNOTAVAIL, ENAMETOOLONG, EINVAL
 *
 * ```ts
 * const listener = yield* new Listen({ port: 7000 });
 * ```
 */
export class Listen extends Open<Listener> {
  readonly options: ListenOptions | undefined;

  /** @param address `{port, host?}` (port 0: any free one; host defaults to 127.0.0.1) or `{path}` */
  constructor(address: Address, options?: ListenOptions) {
    super(address);
    this.options = options;
  }

  get verb(): string {
    return "listen";
  }

  protected override open(kernel: Kernel): Listener {
    return kernel.machine.listen(this.address, this.options);
  }
}

/**
 * Opens a connection, owned by the calling task. Has no deadline of its own: put a Timeout around it.
 * @throws ECONNREFUSED, ENOENT (a Unix socket that is not there), ENOTFOUND, EHOSTUNREACH, ENAMETOOLONG, EINVAL
 */
export class Connect extends Open<Connection> {
  get verb(): string {
    return "connect";
  }

  protected override open(kernel: Kernel): Connection {
    return kernel.machine.connect(this.address);
  }
}
