// The client's side of a control port: finding the kernels of this user, and asking one of them. A connection that is lost
// stays lost: whoever wants to go on connects again.

import type { Address, Connection } from "../../kernel/machine/machine.ts";
import { type Call, type Program, type Routine, routine, SyscallError, type Tid } from "../../kernel/syscall.ts";
import { shown } from "../../kernel/text.ts";
import { All, Connect, GetEnv, KillTask, NewTask, Timeout } from "../../syscalls/index.ts";
import { type Limits, Peer, resolveLimits } from "../rpc/index.ts";
import { controlFolder, removeStaleSocket, socketsIn } from "./guard/folder.ts";
import { type ControlPort, type Hello, type MethodName, type Methods, protocolVersion } from "./protocol.ts";

/** Where a kernel's control port is. */
export interface Target {
  readonly address: Address;
  /** What a port on TCP wants to be told. */
  readonly token?: string | undefined;
}

/** A live kernel of this user. */
export interface KernelEntry extends Hello {
  readonly target: Target;
}

/** The variable with the token of a TCP port. */
const tokenVariable = "YIELDIX_TOKEN";

/** How long a kernel may take to say hello, ms: its guard loads what it needs with the first client. */
const helloMs = 5_000;
/** What a page of 10,000 tasks fits in; a kernel sends no more. */
const limits: Limits = resolveLimits({ maxFrameBytes: 16 * 1_048_576, maxInFlight: 16 });

/** A connection to a kernel's control port. */
export class Control implements ControlPort {
  readonly hello: Hello;
  readonly target: Target;
  readonly #peer: Peer;

  constructor(peer: Peer, hello: Hello, target: Target) {
    this.#peer = peer;
    this.hello = hello;
    this.target = target;
  }

  /** True once nothing can be asked any more: the kernel is gone, or this side has closed. */
  get closed(): boolean {
    return this.#peer.closed;
  }

  /** @throws RpcError with one of `errorCodes`, or of JSON-RPC; EPIPE when the kernel is gone */
  ask<M extends MethodName>(method: M, params: Methods[M]["params"]): Call<Methods[M]["result"]> {
    return this.#peer.call(method, params) as Call<Methods[M]["result"]>; // the contract of that method
  }

  /** Hangs up. What is being asked fails with EPIPE. Twice is once. */
  close(): void {
    this.#peer.close();
  }
}

/**
 * Connects, and says hello. The connection is read by a task of its own, a child of the caller, until `close`.
 * @param target as `findKernel` gives
 * @throws ECONNREFUSED, ENOENT where no kernel listens; ETIMEDOUT when it does not answer within 5 s; EPROTO for a kernel of
 * another version; RpcError when it refuses the token
 *
 * ```ts
 * const control = yield* connectControl(yield* findKernel("echo"));
 * const frame = yield* control.ask("frame", { tasks: { sort: "cpu" } });
 * control.close();
 * ```
 */
export const connectControl: Routine<[target: Target], Control> = routine(function* connectControl(target) {
  const connection = yield* new Timeout(helloMs, new Connect(target.address));
  const peer = new Peer(connection, { framing: "lines", limits });
  let reader: Tid<void> | undefined;
  let isOpen = false;
  try {
    reader = yield* new NewTask(peer.run(), "control.reader");
    const params = { version: protocolVersion, ...(target.token === undefined ? {} : { token: target.token }) };
    const hello = checkedHello(yield* new Timeout(helloMs, peer.call("hello", params)), connection);
    isOpen = true;
    return new Control(peer, hello, target);
  } finally {
    if (!isOpen) {
      if (reader !== undefined) yield* new KillTask(reader, "no hello");
      connection.close();
    }
  }
});

function checkedHello(answer: unknown, { label }: Connection): Hello {
  const hello = answer as Partial<Hello> | null; // looked at, then believed
  const version = hello?.version;
  if (version !== protocolVersion) {
    const message = `${label}: its kernel speaks version ${shown(version)} of the control protocol, this one ${protocolVersion}`;
    throw new SyscallError("EPROTO", `${message}: use the yieldix that runs it`);
  }
  return hello as Hello; // of our version
}

/**
 * The live kernels of this user, by pid. Sockets that nobody listens on any more are removed.
 * @throws EPERM when the folder of the sockets is not safe
 */
export const listKernels: Routine<[], KernelEntry[]> = routine(function* listKernels() {
  const found = socketsIn(controlFolder());
  const entries = yield* new All(
    found.map(({ pid, path }) => entryOf(pid, path)),
    { limit: 16 },
  );
  return entries.flatMap((entry) => (entry === undefined ? [] : [entry]));
});

// One that answers nothing in time, is of another version or on its way out is not among those that can be asked.
const entryOf = routine(function* entryOf(pid: number, path: string): Program<KernelEntry | undefined> {
  const target: Target = { address: { path } };
  try {
    const control = yield* connectControl(target);
    control.close();
    return { ...control.hello, target };
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (error.code === "ECONNREFUSED") removeStaleSocket(pid, path);
    return undefined;
  }
});

/**
 * The kernel that somebody means.
 * @param target a pid, a name, the path of a socket, or host:port; undefined: the only one there is
 * @param token for host:port; default: `$YIELDIX_TOKEN`
 * @throws ENOENT when there is none like that; EINVAL when it could be several, naming them
 */
export const findKernel: Routine<[target?: string, token?: string], Target> = routine(
  function* findKernel(target, token) {
    if (target !== undefined) {
      if (target.includes("/")) return { address: { path: target } };
      const [, host, port] = /^(?:\[?([^\]]*)\]?):(\d{1,5})$/.exec(target) ?? [];
      if (port !== undefined) {
        const address = { port: Number(port), ...(host === "" || host === undefined ? {} : { host }) };
        return { address, token: token ?? (yield* new GetEnv(tokenVariable)) };
      }
      const byPid = socketsIn(controlFolder()).find(({ pid }) => String(pid) === target);
      if (byPid !== undefined) return { address: { path: byPid.path } };
    }
    const all = yield* listKernels();
    const meant = target === undefined ? all : all.filter(({ name }) => name === target);
    const [only, another] = meant;
    if (only === undefined) throw new SyscallError("ENOENT", noneText(target, all));
    if (another === undefined) return only.target;
    const which =
      target === undefined ? `${meant.length} kernels run` : `${meant.length} kernels are called ${shown(target)}`;
    throw new SyscallError("EINVAL", `${which}: give the pid of one with -k: ${listed(meant)}`);
  },
);

function noneText(target: string | undefined, all: readonly KernelEntry[]): string {
  if (target === undefined) return "no kernel of yours runs: start one with yieldix run <app>";
  const others = all.length === 0 ? "no kernel of yours runs" : `there are ${listed(all)}`;
  return `no kernel is called ${shown(target)} or has that pid: ${others}`;
}

function listed(entries: readonly KernelEntry[]): string {
  const texts = entries.slice(0, 16).map(({ pid, name }) => `${pid} (${name})`);
  return [...texts, ...(entries.length > 16 ? [`${entries.length - 16} more`] : [])].join(", ");
}
