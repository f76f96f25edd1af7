// Connections that are done with and may go on, kept for a while for whoever asks the same place next. They are one task's,
// the keeper's: closed with it, and closed by it when their time is up. Without one nothing is kept.

import type { Connection } from "../../../kernel/machine/machine.ts";
import { type Call, type Program, routine, Syscall, SyscallError, type Task } from "../../../kernel/syscall.ts";
import { GetTime, Sleep, WaitQueue } from "../../../syscalls/index.ts";
import { until } from "../until.ts";

interface Kept {
  readonly origin: string;
  readonly connection: Connection;
  /** When its time is up, on the kernel's clock, ms. */
  readonly until: number;
}

export class IdleConnections {
  readonly #idleMs: number;
  /** In the order in which they came, and so in that in which their time is up. */
  #kept: Kept[] = [];
  readonly #came: WaitQueue = new WaitQueue("wait for", "a connection to keep");
  #keeper: Task | undefined = undefined;

  /** @param idleMs how long each is kept, milliseconds */
  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  /** How many are kept. */
  get size(): number {
    return this.#kept.length;
  }

  /** Keeps them, until it is ended. @throws EBUSY while another task does */
  keep(): Call<void> {
    return IdleConnections.#keep(this);
  }

  /**
   * The calling task's from now on: the connection to a place that came last and has not ended; undefined: there is none.
   * @throws EMFILE at the task's own Limit
   */
  borrow(origin: string): Syscall<Connection | undefined> {
    return new Borrow(this, origin);
  }

  /** Keeps a connection, or closes it where that cannot be. Callable from anywhere. */
  put(origin: string, connection: Connection): void {
    const keeper = this.#keeper;
    if (keeper === undefined || keeper.isOver) connection.close();
    if (keeper === undefined || !ownedBy(keeper, connection)) return;
    this.#kept.push({ origin, connection, until: keeper.kernel.clock() + this.#idleMs });
    this.#came.wake();
  }

  /** Closes the one that has been kept longest. */
  dropOldest(): void {
    this.#kept.shift()?.connection.close();
  }

  /** For its syscalls: the one to a place that came last, which it has no longer. */
  take(origin: string): Connection | undefined {
    const place = this.#kept.findLastIndex((kept) => kept.origin === origin);
    return place < 0 ? undefined : this.#kept.splice(place, 1)[0]?.connection;
  }

  /** For its syscalls. */
  keptBy(task: Task): void {
    if (this.#keeper !== undefined && !this.#keeper.isOver) {
      throw new SyscallError("EBUSY", `task ${this.#keeper.tid} keeps these connections already`);
    }
    this.#keeper = task;
  }

  get #nextUntil(): number {
    return this.#kept[0]?.until ?? Number.POSITIVE_INFINITY;
  }

  #letGo(): void {
    this.#keeper = undefined;
    for (const { connection } of this.#kept) connection.close();
    this.#kept = [];
  }

  static readonly #keep = routine(function* keep(idle: IdleConnections): Program<void> {
    yield* new BecomeKeeper(idle);
    try {
      for (;;) {
        yield* until(idle.#came, () => idle.size > 0);
        const now = yield* new GetTime();
        while (idle.#nextUntil <= now) idle.dropOldest();
        if (idle.size > 0) yield* new Sleep(Math.ceil(idle.#nextUntil - now));
      }
    } finally {
      idle.#letGo();
    }
  });
}

class BecomeKeeper extends Syscall<void> {
  readonly #idle: IdleConnections;

  constructor(idle: IdleConnections) {
    super();
    this.#idle = idle;
  }

  override get family(): string {
    return "net";
  }

  override handle(task: Task): void {
    this.#idle.keptBy(task);
  }
}

// A syscall and no routine: whoever yields it owns the connection, or nobody has it.
class Borrow extends Syscall<Connection | undefined> {
  readonly #idle: IdleConnections;
  readonly origin: string;

  constructor(idle: IdleConnections, origin: string) {
    super();
    this.#idle = idle;
    this.origin = origin;
  }

  override get family(): string {
    return "net";
  }

  override handle(task: Task): Connection | undefined {
    for (let found = this.#idle.take(this.origin); found !== undefined; found = this.#idle.take(this.origin)) {
      if (isQuiet(found)) {
        own(found, task);
        return found;
      }
      found.close();
    }
    return undefined;
  }

  giveBack(connection: Connection | undefined): void {
    connection?.close();
  }
}

/** Whether nothing has come of it, neither its end nor what nobody has asked for. */
function isQuiet(connection: Connection): boolean {
  try {
    return connection.read(1) === null;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return false;
  }
}

function own(connection: Connection, task: Task): void {
  try {
    task.kernel.adopt(connection, task);
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** False when it is closed, and where the task's own Limit lets it have no more. */
function ownedBy(task: Task, connection: Connection): boolean {
  try {
    own(connection, task);
    return true;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return false;
  }
}
