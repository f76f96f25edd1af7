// A thread of JavaScript beside the one that runs the kernel, with a message port between them: for what must go on while
// that one is busy. It loads a module of this package, TypeScript in the source tree, on every Node alike, and nothing
// else: neither the options nor NODE_OPTIONS of the process. It never keeps the process alive, and its end hurts nobody.

import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  isMainThread,
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from "node:worker_threads";

/** Old generation of a thread at most, MB: beyond it the thread ends, and not the process. */
const maxHeapMb = 256;

/** Both ends of what is said between two threads. Anything that structured clone copies may be posted. */
export interface Port {
  /** @throws DataCloneError for what cannot be copied */
  post(message: unknown): void;
  /**
   * Hears messages from now on: all that have come, in order, in one call, so that one which takes back an earlier one can
   * be heeded.
   */
  listen(heard: (messages: readonly unknown[]) => void): void;
}

export interface ThreadOptions {
  /** URL of the module that is its program. */
  readonly module: URL;
  /** What the module finds in `thisThread`; structured clone copies it, and shares what is shared memory. */
  readonly data: unknown;
  /** It has ended by itself: an error that it threw, or undefined where it only came to its end. */
  readonly ended: (error: unknown) => void;
}

export class Thread implements Port {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  #heard: (messages: readonly unknown[]) => void = () => {};
  #isEnded = false;

  /** @throws what Node throws where it can make no thread */
  constructor({ module, data, ended }: ThreadOptions) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const env = { ...process.env, NODE_OPTIONS: "" };
    const options = { workerData: { data, port: port2 }, transferList: [port2], execArgv: [], env };
    const limits = { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } };
    this.#worker = needsLoader(module)
      ? new Worker(loading(fileURLToPath(module)), { ...options, ...limits, eval: true })
      : new Worker(module, { ...options, ...limits });
    this.#worker.unref();
    let cause: unknown;
    this.#worker.on("error", (error) => {
      cause = error;
    });
    this.#worker.on("exit", () => {
      if (this.#isEnded) return;
      const last = receiveMessageOnPort(port1);
      if (last !== undefined) this.#heard(all(port1, last.message));
      this.end();
      ended(cause);
    });
  }

  post(message: unknown): void {
    if (!this.#isEnded) this.#port.postMessage(message);
  }

  listen(heard: (messages: readonly unknown[]) => void): void {
    this.#heard = heard;
    this.#port.on("message", (first) => heard(all(this.#port, first)));
    this.#port.unref(); // listening has referred to it
  }

  /** Ends the thread, whatever it does. Twice is once. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#port.close();
    void this.#worker.terminate();
  }
}

/** In a thread: what it was given, and the port to who started it. @throws TypeError in the main thread */
export function thisThread(): { readonly data: unknown; readonly port: Port } {
  if (isMainThread) throw new TypeError("this is the main thread: nobody has started it");
  const { data, port } = workerData as { data: unknown; port: MessagePort }; // as the constructor above has it
  const listen = (heard: (messages: readonly unknown[]) => void): void => {
    port.on("message", (first) => heard(all(port, first)));
  };
  return { data, port: { post: (message) => port.postMessage(message), listen } };
}

/**
 * Loads another module of this package in a thread, as its program was loaded: `import` is the process's, and on Node 20
 * knows no TypeScript there.
 * @param module its URL
 * @returns its exports
 */
export async function loadHere(module: URL): Promise<unknown> {
  return needsLoader(module) ? createRequire(module)(fileURLToPath(module)) : import(module.href);
}

function all(port: MessagePort, first: unknown): unknown[] {
  const messages = [first];
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    messages.push(next.message);
  }
  return messages;
}

const isStripping = "typescript" in process.features && Boolean(process.features.typescript);

function needsLoader(module: URL): boolean {
  return module.pathname.endsWith(".ts") && !isStripping;
}

// As of tsx, the loader of CommonJS works in the thread itself; that of ES modules would start a third one.
function loading(file: string): string {
  const tsx = createRequire(import.meta.url).resolve("tsx/cjs/api");
  return `require(${JSON.stringify(tsx)}).register();require(${JSON.stringify(file)});`;
}
