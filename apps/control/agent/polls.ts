// Endpoints, and who waits for them: what is open, whose it is, and whether anybody wants to know when it is ready.

import type { Closable, Connection, Pollable } from "../../../kernel/machine/machine.ts";
import type { Wait } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import { shown, truncated } from "../../../kernel/text.ts";
import type { LiveEntry } from "./entry.ts";
import type { Snapshot } from "./snapshot.ts";

/** Who waits for an endpoint. */
interface Waiters {
  reader: LiveEntry | undefined;
  writer: LiveEntry | undefined;
}

const maxParts = 64;
const writing: ReadonlySet<unknown> = new Set(["write", "connect", "listen", "send"]);

/** Who waits for what, by endpoint. */
function waitersIn(snapshot: Snapshot): ReadonlyMap<object, Waiters> {
  const waiters = new Map<object, Waiters>();
  for (const entry of snapshot.live) {
    if (entry.wait !== undefined) note(waiters, entry, entry.wait);
  }
  return waiters;
}

function note(waiters: Map<object, Waiters>, entry: LiveEntry, wait: Wait<unknown>): void {
  try {
    for (const part of wait.parts?.().slice(0, maxParts) ?? [wait]) {
      const { pollable, verb } = part as Wait<unknown> & { readonly pollable?: unknown }; // of those that wait for one
      if (typeof pollable !== "object" || pollable === null) continue;
      const known = waiters.get(pollable) ?? { reader: undefined, writer: undefined };
      if (writing.has(verb)) known.writer = entry;
      else known.reader = entry;
      waiters.set(pollable, known);
    }
  } catch {
    // The syscall's own code: its task is then seen to wait for nothing.
  }
}

/** An endpoint, as far as it says what it is. */
export class Open {
  readonly endpoint: Partial<Closable & Pollable & Connection>;
  /** Who closes it when it ends. */
  readonly owner: Task | undefined;
  readonly waiters: Waiters;

  constructor(endpoint: object, owner: Task | undefined, waiters: Waiters | undefined) {
    this.endpoint = endpoint;
    this.owner = owner;
    this.waiters = waiters ?? { reader: undefined, writer: undefined };
  }

  get label(): string {
    try {
      return truncated(String(this.endpoint.label ?? ""), 1_024);
    } catch (error) {
      return truncated(`something that cannot be shown: ${shown(error)}`, 1_024);
    }
  }

  /** "tcp", "listener", "file" …: what its label begins with, where that says it. */
  get kind(): string {
    if ("accept" in this.endpoint) return "listener";
    const [word = ""] = /^[a-z]+(?= |$)/.exec(this.label) ?? [];
    return word === "" ? this.endpoint.constructor.name.toLowerCase() : word;
  }

  /** Its descriptor; -1 where it has none. */
  get fd(): number {
    return this.endpoint.fd ?? -1;
  }

  get bytesRead(): number {
    return this.endpoint.bytesRead ?? 0;
  }

  get bytesWritten(): number {
    return this.endpoint.bytesWritten ?? 0;
  }

  /** Whether anybody waits for it, a task or not. */
  get isWaitedFor(): boolean {
    const { endpoint, waiters } = this;
    if (waiters.reader !== undefined || waiters.writer !== undefined) return true;
    return endpoint.waiting?.("read") !== undefined || endpoint.waiting?.("write") !== undefined;
  }

  /** True for what has another end that may wait as well: sockets. Of a file or a child nobody need wait. */
  get isSocket(): boolean {
    return sockets.has(this.kind);
  }
}

const sockets: ReadonlySet<string> = new Set(["listener", "tcp", "udp", "unix", "tls"]);

/** Every endpoint that is open: those that tasks own first, then the machine's other ones, then what else is waited for. */
export function openEndpoints(snapshot: Snapshot): Open[] {
  const { kernel } = snapshot;
  const waiters = waitersIn(snapshot);
  const owners = new Map<object, Task | undefined>();
  for (const [owner, owned] of kernel.owned) for (const endpoint of owned) owners.set(endpoint, owner);
  for (const endpoint of kernel.machine.endpoints?.() ?? []) if (!owners.has(endpoint)) owners.set(endpoint, undefined);
  for (const endpoint of waiters.keys()) if (!owners.has(endpoint)) owners.set(endpoint, undefined);
  return Array.from(owners, ([endpoint, owner]) => new Open(endpoint, owner, waiters.get(endpoint)));
}
