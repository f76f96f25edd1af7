// What Listen, Connect and the like are: they open an endpoint, at once or in its time. The calling task owns it from its
// first moment, so that a task that ends or is cancelled while it is still opening leaves nothing behind.

import type { Closable, Opening, Watcher } from "../kernel/machine/machine.ts";
import { type Answer, type Kernel, Syscall, type Task, type Wait, type Waiter } from "../kernel/syscall.ts";

/** Opens an endpoint and answers with it once it is open. A subclass says what, in `open`, and with which words. */
export abstract class OpenEndpoint<E extends Opening> extends Syscall<E> implements Wait<E>, Watcher {
  abstract readonly verb: string;
  #endpoint: E | undefined = undefined;
  #waiter: Waiter<E> | undefined = undefined;

  get object(): string {
    return this.#endpoint?.label ?? "";
  }

  /** What it waits on, while it waits. */
  get pollable(): E | undefined {
    return this.#endpoint;
  }

  get outside(): boolean {
    return true;
  }

  override get family(): string {
    return "net";
  }

  override handle(task: Task, kernel: Kernel): Answer<E> {
    return task.block<E>(this, (waiter) => {
      const endpoint = this.open(kernel, task);
      this.#endpoint = endpoint;
      own(endpoint, task);
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
    if (!waiter.wake(endpoint)) endpoint.close(); // a Select that another branch has won just now
  }

  giveBack(endpoint: E): void {
    endpoint.close();
  }

  #abandon(): void {
    this.#waiter = undefined;
    this.#endpoint?.close();
  }

  /** Begins to open it. What this throws is thrown at the yield. */
  protected abstract open(kernel: Kernel, task: Task): E;
}

/** Opens what is open at once, and answers with it. A subclass says what, in `open`. */
export abstract class OpenAtOnce<E extends Closable> extends Syscall<E> {
  override handle(task: Task, kernel: Kernel): E {
    const endpoint = this.open(kernel);
    own(endpoint, task);
    return endpoint;
  }

  /** Nobody has taken it: as if it had not been opened. */
  giveBack(endpoint: E): void {
    endpoint.close();
  }

  /** What this throws is thrown at the yield. */
  protected abstract open(kernel: Kernel): E;
}

// At its limit a task cannot own it: nobody does then.
function own(endpoint: Closable, task: Task): void {
  try {
    task.kernel.adopt(endpoint, task);
  } catch (error) {
    endpoint.close();
    throw error;
  }
}
