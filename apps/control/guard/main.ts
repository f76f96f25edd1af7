// The main thread's side of the guard: starts its thread, and has the agent answer what that passes on, between turns of
// the kernel. It never keeps the process alive and never holds up its end; should the thread die, the app goes on without a
// control port, and the kernel log says so once.

import { unlinkSync } from "node:fs";
import process from "node:process";
import type { Heartbeat } from "../../../kernel/heartbeat.ts";
import type { Kernel } from "../../../kernel/kernel.ts";
import { Thread } from "../../../kernel/machine/thread.ts";
import { SyscallError } from "../../../kernel/syscall.ts";
import { shown } from "../../../kernel/text.ts";
import { codes, RpcError, textOf } from "../../rpc/errors.ts";
import type { Agent } from "../agent/agent.ts";
import type { Session } from "../agent/session.ts";
import { errorCodes } from "../protocol.ts";
import type { Access } from "../records.ts";
import { Binding } from "./binding.ts";
import { controlFolder, makeFolder, socketPath } from "./folder.ts";
import type { FromGuard, GuardData, Refusal, TcpDoor, ToGuard } from "./messages.ts";

export interface GuardOptions {
  /** What clients of the Unix socket may do. */
  readonly access: Access;
  /** A second port, on TCP. */
  readonly tcp?: TcpDoor | undefined;
  /** The kernel's, which tells the guard of its turns. */
  readonly heartbeat: Heartbeat;
  /** A turn that takes longer is ended, ms. Default: never. */
  readonly watchdogMs?: number | undefined;
  /** Told of each place where it listens: a path, host:port. */
  readonly listening?: (at: string) => void;
  /** Told when the Unix socket cannot be had after all, or is gone; the kernel log says why. */
  readonly failed?: () => void;
}

/** The kernel that it is the guard of. */
export interface Guarded {
  readonly kernel: Kernel;
  /** For people. */
  readonly name: string;
  readonly pid: number;
  /** Whoever answers for it: asked for once, when there is a first question. */
  readonly agent: () => Promise<Agent>;
}

/** What is for the agent. */
type Question = Extract<FromGuard, { readonly kind: "ask" | "drop" | "close" | "tick" | "unstuck" }>;

export class Guard {
  /** The path of its Unix socket. */
  readonly path: string;
  readonly #guarded: Guarded;
  #agent: Agent | undefined = undefined;
  /** Until there is an agent; undefined: nobody has asked for one. */
  #early: Question[] | undefined = undefined;
  readonly #thread: Thread;
  readonly #listening: (at: string) => void;
  readonly #failed: () => void;
  readonly #binding: Binding = new Binding();
  readonly #sessions = new Map<number, Session>();
  #isClosed = false;
  #hasFailed = false;

  /**
   * Starts it; it listens a moment later.
   * @throws EPERM when the folder for its socket is not safe, and what Node throws where there can be no thread
   */
  constructor(
    guarded: Guarded,
    { access, tcp, heartbeat, watchdogMs, listening = ignore, failed = ignore }: GuardOptions,
  ) {
    const { name, pid } = guarded;
    const folder = controlFolder();
    makeFolder(folder);
    this.path = socketPath(folder, pid);
    this.#guarded = guarded;
    this.#listening = listening;
    this.#failed = failed;
    const data: GuardData = {
      name,
      pid,
      path: this.path,
      access,
      tcp,
      binding: this.#binding.shared,
      heartbeat: heartbeat.buffer,
      watchdogMs,
    };
    const isSource = import.meta.url.endsWith(".ts");
    const module = new URL(`./thread.${isSource ? "ts" : "js"}`, import.meta.url);
    this.#thread = new Thread({ module, data, ended: (error) => this.#died(error) });
    this.#thread.listen((messages) => this.#hear(messages as FromGuard[])); // all that its thread says
    process.on("exit", this.#removeSocket);
  }

  /** Ends its thread and removes its socket. Twice is once. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    process.off("exit", this.#removeSocket);
    this.#removeSocket();
    this.#thread.end();
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
  }

  readonly #removeSocket = (): void => {
    if (!this.#binding.end()) return;
    try {
      unlinkSync(this.path);
    } catch {
      // It is gone already, and that is what is wanted.
    }
  };

  #died(error: unknown): void {
    // One that could not listen anywhere has said so, and has nothing to do.
    if (error !== undefined || !this.#hasFailed) {
      const cause = error === undefined ? "its thread has ended" : shown(error);
      this.#guarded.kernel.log("error", 0, `there is no control port any more: ${cause}`);
    }
    this.close();
    this.#fail();
  }

  #fail(): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#failed();
  }

  #hear(messages: readonly FromGuard[]): void {
    const questions: Question[] = [];
    for (const message of messages) {
      if (message.kind === "listening") this.#listening(message.at);
      else if (message.kind === "trouble") this.#guarded.kernel.log("warn", 0, message.text);
      else if (message.kind === "unopened") this.#fail();
      else if (message.kind === "kick") this.#guarded.kernel.kick();
      else questions.push(message);
    }
    if (questions.length === 0) return;
    if (this.#agent !== undefined) this.#pass(this.#agent, questions);
    else this.#keep(questions);
  }

  // How many there may be is bounded by the guard, which lets few be asked at a time.
  #keep(questions: readonly Question[]): void {
    if (this.#early === undefined) {
      this.#early = [];
      this.#guarded.agent().then(
        (agent) => this.#begin(agent),
        (error) => this.#died(error),
      );
    }
    this.#early.push(...questions.filter(({ kind }) => kind !== "tick")); // nobody watches yet
  }

  #begin(agent: Agent): void {
    if (this.#isClosed) return;
    this.#agent = agent;
    this.#pass(agent, this.#early ?? []);
    this.#early = undefined;
  }

  #pass(agent: Agent, questions: readonly Question[]): void {
    const dropped = new Set(questions.flatMap((question) => (question.kind === "drop" ? [question.id] : [])));
    let hasTicked = false;
    for (const question of questions) {
      if (question.kind === "ask" && !dropped.has(question.id)) this.#answer(agent, question);
      else if (question.kind === "close") this.#leave(question.session);
      else if (question.kind === "unstuck") agent.noteStuck(question.stuck);
      else if (question.kind === "tick") hasTicked = true;
    }
    // Several at once are of a main thread that was busy: one window, and a long one.
    if (hasTicked) agent.tick();
  }

  #leave(session: number): void {
    this.#sessions.get(session)?.close();
    this.#sessions.delete(session);
  }

  #answer(agent: Agent, { id, session, access, method, params }: FromGuard & { kind: "ask" }): void {
    let found = this.#sessions.get(session);
    if (found === undefined) {
      found = agent.open(access);
      this.#sessions.set(session, found);
    }
    try {
      const answer = found.answer(method, params);
      if (answer instanceof Promise)
        answer.then(
          (result) => this.#reply(id, result),
          (error) => this.#refuse(id, error),
        );
      else this.#reply(id, answer);
    } catch (error) {
      this.#refuse(id, error);
    }
  }

  #reply(id: number, result: unknown): void {
    try {
      this.#thread.post({ id, result } satisfies ToGuard);
    } catch (error) {
      this.#refuse(id, error); // it cannot be copied to another thread: a fault of the agent's
    }
  }

  #refuse(id: number, error: unknown): void {
    this.#thread.post({ id, refusal: this.#refusalOf(error) } satisfies ToGuard);
  }

  #refusalOf(error: unknown): Refusal {
    if (error instanceof RpcError) return { code: error.code, message: error.message, data: error.data };
    if (error instanceof SyscallError) {
      return { code: errorCodes.system, message: error.message, data: { code: error.code } };
    }
    this.#guarded.kernel.log("error", 0, `the control port failed to answer: ${shown(error)}`);
    return { code: codes.internalError, message: textOf(codes.internalError) };
  }
}

function ignore(): void {}
