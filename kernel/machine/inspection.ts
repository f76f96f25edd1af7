// One look at the main thread from another one, by the inspector: pauses it, reads its stack, lets it go on or ends what it
// runs. Whatever happens, `end` leaves it running and no debugger behind.

import type { Debugger, Session } from "node:inspector";
import { setTimeout as sleep } from "node:timers/promises";
import { SyscallError } from "../errors.ts";
import { type Script, Sources } from "./sources.ts";

const kernelFolder = new URL("../", import.meta.url).href;

export class Inspection {
  readonly #session: Session;
  readonly #patienceMs: number;
  readonly #sources: Sources = new Sources();
  #isPaused = false;
  #onPaused: ((frames: readonly Debugger.CallFrame[]) => void) | undefined = undefined;
  #onResumed: (() => void) | undefined = undefined;

  private constructor(session: Session, patienceMs: number) {
    this.#session = session;
    this.#patienceMs = patienceMs;
    session.on("Debugger.scriptParsed", ({ params }) => this.#sources.add(params as Script)); // it has these fields
    session.on("Debugger.paused", ({ params }) => {
      this.#isPaused = true;
      this.#onPaused?.(params.callFrames);
    });
    session.on("Debugger.resumed", () => {
      this.#isPaused = false;
      this.#onResumed?.();
    });
  }

  /** @throws ENOTSUP where Node has no inspector, or where this is the main thread itself */
  static async begin(patienceMs: number): Promise<Inspection> {
    let session: Session;
    try {
      session = new (await import("node:inspector")).Session();
      session.connectToMainThread();
    } catch (cause) {
      throw new SyscallError("ENOTSUP", "the main thread cannot be looked at from here", { cause });
    }
    return new Inspection(session, patienceMs);
  }

  /**
   * Has the main thread stand still.
   * @returns its frames, innermost first
   * @throws ETIMEDOUT when it runs no JavaScript until then
   */
  async pause(): Promise<readonly Debugger.CallFrame[]> {
    const paused = new Promise<readonly Debugger.CallFrame[]>((resolve) => {
      this.#onPaused = resolve;
    });
    // Without waiting in between: a thread in a loop answers neither before the other.
    this.#post("Debugger.enable");
    this.#post("Debugger.pause");
    return await this.#within(paused, "stand still");
  }

  /** Lets it go on. Nothing if it does not stand still. */
  async resume(): Promise<void> {
    await this.#goOn();
  }

  /** Ends what it runs: all of its stack. While it stands still. */
  async terminate(): Promise<void> {
    await this.#goOn({ terminateOnResume: true });
  }

  /** The value of an expression in a frame, as JSON; undefined if it throws or takes long. */
  async evaluate({ callFrameId }: Debugger.CallFrame, expression: string): Promise<unknown> {
    const params = { callFrameId, expression, returnByValue: true, silent: true, timeout: this.#patienceMs / 2 };
    const answer = await this.#within(this.#post("Debugger.evaluateOnCallFrame", params), "say what it does");
    return (answer as Debugger.EvaluateOnCallFrameReturnType | undefined)?.result.value; // as the protocol says
  }

  /** "file:line:column" */
  at({ location }: Debugger.CallFrame): string {
    return this.#sources.at(location);
  }

  /** Whether a frame is of the kernel's own code; a machine's included. */
  isOfKernel(frame: Debugger.CallFrame): boolean {
    return this.#url(frame).startsWith(kernelFolder);
  }

  /** Whether a frame is of a function in a file of the kernel's, without its suffix. */
  isIn(frame: Debugger.CallFrame, file: string, name: string): boolean {
    const url = this.#url(frame);
    return frame.functionName === name && (url === `${kernelFolder}${file}.ts` || url === `${kernelFolder}${file}.js`);
  }

  /** Lets it go on, and the debugger go. Never fails. */
  async end(): Promise<void> {
    this.#onPaused = undefined;
    // A pause that it has not come to yet is withdrawn with the debugger.
    const isGoing = this.#goOn();
    const isLetGo = isGoing.then(() => this.#within(this.#post("Debugger.disable"), "let go"));
    await isLetGo.catch(() => {}); // it runs no JavaScript: it reads that later
    this.#session.disconnect();
  }

  // Until it says itself that it goes on: "resume" is answered while it stands still yet, and whoever asks for a pause in
  // that moment, another session too, is told of this one, which is over.
  async #goOn(how: object = {}): Promise<void> {
    if (!this.#isPaused) return;
    const resumed = new Promise<void>((resolve) => {
      this.#onResumed = resolve;
    });
    this.#post("Debugger.resume", how);
    await this.#within(resumed, "go on");
  }

  #url({ location, url }: Debugger.CallFrame): string {
    return url === "" ? this.#sources.url(location.scriptId) : url;
  }

  /** The answer; undefined for an error, which is only that there is nothing to be done. */
  #post(method: string, params: object = {}): Promise<unknown> {
    return new Promise((resolve) => {
      this.#session.post(method, params, (error, answer) => resolve(error === null ? answer : undefined));
    });
  }

  async #within<T>(answer: Promise<T>, what: string): Promise<T> {
    const given = new AbortController();
    const late = sleep(this.#patienceMs, undefined, { signal: given.signal }).then(() => {
      throw new SyscallError("ETIMEDOUT", `the main thread did not ${what} within ${this.#patienceMs} ms`);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      given.abort();
      late.catch(() => {}); // aborted, or thrown above
    }
  }
}
