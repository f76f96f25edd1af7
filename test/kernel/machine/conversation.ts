// A long random conversation on a virtual machine, driven by nothing but watchers: pairs of connections send each
// other bytes both ways, shut down and close. What each end took, saw and threw goes into one hash, and whoever is
// left waiting when the world has nothing more in store is counted: a lost wake-up.

import type { Connection, Interest, Listener, Watcher } from "../../../kernel/machine/machine.ts";
import { Random } from "../../../kernel/machine/random.ts";
import type { VirtualMachine } from "../../../kernel/machine/virtual.ts";

export interface Report {
  /** FNV-1a over everything that happened, with its time. */
  readonly hash: number;
  /** Error codes thrown, and how often. */
  readonly errors: ReadonlyMap<string, number>;
  /** Ends that read all that was sent to them up to the end, and sent all they had. */
  readonly completed: number;
  /** Ends, or connects, that still wait although nothing can come any more. */
  readonly hanging: number;
  /** Bytes read that were not the bytes sent, and ends of file that came before bytes that were taken. */
  readonly corrupt: number;
}

export interface ConversationOptions {
  readonly pairs: number;
  readonly bytes: number;
  readonly seed: number;
  /** Called before each poll. */
  readonly eachPoll?: (polls: number) => void;
}

/** What one direction has carried: both ends share it, to compare. */
interface Direction {
  readonly key: number;
  taken: number;
  seen: number;
}

type Step = () => void;

export function converse(machine: VirtualMachine, options: ConversationOptions): Report {
  return new Conversation(machine, options).run();
}

class Conversation {
  readonly machine: VirtualMachine;
  readonly random: Random;
  readonly ready: Step[] = [];
  readonly errors = new Map<string, number>();
  readonly directions = new Map<string, [toServer: Direction, toClient: Direction]>();
  readonly #options: ConversationOptions;
  #hash = 0x811c9dc5;
  open = 0;
  completed = 0;
  corrupt = 0;

  constructor(machine: VirtualMachine, options: ConversationOptions) {
    this.machine = machine;
    this.random = new Random(options.seed, 7);
    this.#options = options;
  }

  run(): Report {
    const { pairs, eachPoll } = this.#options;
    const listener = this.machine.listen({ port: 0 }, { backlog: 8 });
    this.wait(listener, "write", () => {
      listener.check();
      this.#accept(listener);
      for (let pair = 0; pair < pairs; pair += 1) this.#connect(listener);
    });
    let polls = 0;
    while (this.ready.length > 0 || this.machine.alive()) {
      for (const step of this.ready.splice(0)) step();
      eachPoll?.(polls);
      polls += 1;
      if (polls > 1_000_000) throw new Error(`no end in sight: ${this.open} are open at ${this.machine.now()} ms`);
      this.machine.poll(this.ready.length > 0 ? 0 : Number.POSITIVE_INFINITY);
    }
    const { errors, completed, corrupt } = this;
    return { hash: this.#hash, errors, completed, hanging: this.open, corrupt };
  }

  note(...parts: (string | number)[]): void {
    for (const char of `${this.machine.now()} ${parts.join(" ")}\n`) {
      this.#hash = Math.imul(this.#hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
    }
  }

  failed(label: string, error: unknown): void {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
    this.note(label, code);
  }

  /** `step` runs before the next poll after the endpoint was ready. */
  wait(on: Connection | Listener, interest: Interest, step: Step): void {
    const watcher: Watcher = { ready: () => this.ready.push(step) };
    on.watch(interest, watcher);
  }

  #connect(listener: Listener): void {
    const client = this.machine.connect(listener.address);
    this.open += 1;
    const directions: [Direction, Direction] = [this.#direction(), this.#direction()];
    this.directions.set(client.local, directions);
    this.wait(client, "write", () => {
      try {
        client.check();
        new End(this, client, directions[1], directions[0], this.#options.bytes);
      } catch (error) {
        this.failed(client.label, error);
        client.close();
        this.open -= 1;
      }
    });
  }

  #direction(): Direction {
    return { key: this.random.below(256), taken: 0, seen: 0 };
  }

  #accept(listener: Listener): void {
    try {
      for (let server = listener.accept(); server !== null; server = listener.accept()) {
        const [toServer, toClient] = this.directions.get(server.peer) ?? [this.#direction(), this.#direction()];
        this.open += 1;
        new End(this, server, toServer, toClient, this.#options.bytes);
      }
    } catch (error) {
      this.failed(listener.label, error);
    }
    this.wait(listener, "read", () => this.#accept(listener));
  }
}

/** One end: a reader and a writer that know nothing of each other but when both are over. */
class End {
  readonly #all: Conversation;
  readonly #connection: Connection;
  readonly #incoming: Direction;
  readonly #outgoing: Direction;
  #left: number;
  #over = 0;
  #clean = true;

  constructor(all: Conversation, connection: Connection, incoming: Direction, outgoing: Direction, bytes: number) {
    this.#all = all;
    this.#connection = connection;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#left = 1 + all.random.below(bytes);
    all.note(connection.label, "open");
    this.#guard(() => this.#read());
    this.#guard(() => this.#write());
  }

  #guard(step: Step): void {
    try {
      step();
    } catch (error) {
      this.#all.failed(this.#connection.label, error);
      this.#clean = false;
      this.#end();
    }
  }

  #read(): void {
    const bytes = this.#connection.read(1 + this.#all.random.below(5000));
    const { key, seen } = this.#incoming;
    this.#all.note(this.#connection.label, "read", bytes?.length ?? "null");
    if (bytes === null) {
      this.#all.wait(this.#connection, "read", () => this.#guard(() => this.#read()));
      return;
    }
    if (bytes.some((byte, at) => byte !== ((key + seen + at) & 255))) this.#all.corrupt += 1;
    this.#incoming.seen += bytes.length;
    if (bytes.length > 0) this.#all.ready.push(() => this.#guard(() => this.#read()));
    else {
      if (this.#incoming.seen !== this.#incoming.taken) this.#all.corrupt += 1;
      this.#end();
    }
  }

  #write(): void {
    if (this.#left === 0) {
      this.#connection.shutdown();
      this.#end();
      return;
    }
    const bytes = new Uint8Array(Math.min(this.#left, 1 + this.#all.random.below(5000)));
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = this.#outgoing.key + this.#outgoing.taken + at;
    const count = this.#connection.write(bytes);
    this.#all.note(this.#connection.label, "write", count);
    this.#outgoing.taken += count;
    this.#left -= count;
    const again = (): void => this.#guard(() => this.#write());
    if (count === 0) this.#all.wait(this.#connection, "write", again);
    else this.#all.ready.push(again);
  }

  /** Reader or writer is over: close after both, or after the first error, which ends the other as well (EBADF). */
  #end(): void {
    this.#over += 1;
    if (this.#over === 2) {
      this.#all.open -= 1;
      if (this.#clean) this.#all.completed += 1;
    }
    if (this.#over === 2 || !this.#clean) this.#connection.close();
  }
}
