// Has laps run in a callback of a message port: a callback of Node's own that V8 can end and Node survives it, which it does
// not in an immediate, a timer or a microtask. Costs a message to oneself each time, so it is for those who ask for it.

import { MessageChannel, type MessagePort } from "node:worker_threads";
import { captureContext, type InContext, restoreContext } from "./context.ts";
import type { Polled } from "./machine.ts";

export class Hop {
  #sender: MessagePort | undefined = undefined;
  #receiver: MessagePort | undefined = undefined;
  #done: Polled | undefined = undefined;
  /** What AsyncLocalStorage had when the ports were opened. */
  #context: InContext | undefined = undefined;

  /** Opens the ports, if they are not. In the asynchronous context in which laps are to run. */
  open(): void {
    if (this.#sender !== undefined) return;
    this.#context ??= captureContext();
    const { port1, port2 } = new MessageChannel();
    port2.on("message", this.#arrived).unref();
    this.#sender = port1;
    this.#receiver = port2;
  }

  /** Calls `done` from the port, soon. One at a time. */
  readonly later = (done: Polled): void => {
    this.#done = done;
    this.#receiver?.ref();
    this.#sender?.postMessage(undefined);
  };

  /** What was called was ended. */
  cutOff(): void {
    restoreContext();
  }

  close(): void {
    this.#receiver?.close();
    this.#sender = this.#receiver = undefined;
  }

  readonly #arrived = (): void => {
    const done = this.#done;
    this.#done = undefined;
    if (done !== undefined) this.#context?.(done);
    // Not before: while what was cut off is not mended, there may be nothing else that keeps the process.
    if (this.#done === undefined) this.#receiver?.unref();
  };
}
