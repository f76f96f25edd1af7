// A simulated host with one JSON-RPC server on it, and clients that are programs: every test gets the same checks at
// the end, that the server ends when it is asked to and that no task, timer or endpoint of its clients is left.

import { methods as echoMethods } from "../../../apps/echo.ts";
import { recv, sendAll } from "../../../apps/lib/index.ts";
import {
  type Limits,
  type Methods,
  type Mode,
  Peer,
  RpcCounters,
  resolveLimits,
  serve,
} from "../../../apps/rpc/index.ts";
import type { Address, Connection } from "../../../kernel/machine/machine.ts";
import { VirtualMachine } from "../../../kernel/machine/virtual.ts";
import {
  type Call,
  type Kernel,
  type Program,
  routine,
  Syscall,
  type Task,
  type Tid,
} from "../../../kernel/syscall.ts";
import { CancelTask, Connect, KillTask, Listen, ListTasks, NewTask, Sleep, WaitTask } from "../../../syscalls/index.ts";
import { type Run, type RunOptions, run, runAsync } from "../../kit/index.ts";
import { Answers, type Framing, frame, request } from "./wire.ts";

export interface WorldOptions extends Omit<RunOptions, "limits"> {
  readonly methods?: Methods;
  readonly limits?: Partial<Limits>;
  readonly mode?: Mode;
  /** Bounds of the kernel. */
  readonly kernel?: RunOptions["limits"];
}

/** The server's side of the world, for a test to look at. */
export class World {
  readonly counters = new RpcCounters();
  address: Address = { port: 7000 };
  server: Tid<void> | undefined = undefined;

  /** A client that speaks one framing, on bare bytes. */
  connect(framing: Framing = "lines"): Call<Client> {
    return connect(this.address, framing);
  }

  /** A client that is a peer of ours, with the task that runs it. */
  peer(framing: Framing = "lines", limits: Partial<Limits> = {}, methods: Methods = new Map()): Call<PeerClient> {
    return connectPeer(this.address, framing, limits, methods);
  }
}

/** Breaks a connection off: the other end gets ECONNRESET. */
export class Reset extends Syscall<void> {
  readonly connection: Connection;

  constructor(connection: Connection) {
    super();
    this.connection = connection;
  }

  override handle(_task: Task, { machine }: Kernel): void {
    if (machine instanceof VirtualMachine) machine.reset(this.connection);
  }
}

export class PeerClient {
  readonly peer: Peer;
  readonly counters: RpcCounters;
  readonly tid: Tid<void>;

  constructor(peer: Peer, counters: RpcCounters, tid: Tid<void>) {
    this.peer = peer;
    this.counters = counters;
    this.tid = tid;
  }

  call(method: string, params?: unknown): Call<unknown> {
    return this.peer.call(method, params);
  }

  /** Ends it as a process that dies does, and waits for its tasks. */
  close(): Call<void> {
    return closePeer(this);
  }
}

/** One end of a connection, in one task. */
export class Client {
  readonly connection: Connection;
  readonly #framing: Framing;
  readonly #answers: Answers;
  #texts: string[] = [];

  constructor(connection: Connection, framing: Framing) {
    this.connection = connection;
    this.#framing = framing;
    this.#answers = new Answers(framing);
  }

  /** Sends texts, a frame each, in as few packets as they fit in. */
  send(...texts: (string | Uint8Array)[]): Call<void> {
    return sendAll(this.connection, Buffer.concat(texts.map((text) => frame(this.#framing, text))));
  }

  /** Sends bytes as they are. */
  sendRaw(bytes: Uint8Array | string): Call<void> {
    return sendAll(this.connection, Buffer.from(bytes));
  }

  /** The next answer; undefined when the server has ended. */
  next(): Call<string | undefined> {
    return Client.#next(this);
  }

  /** All answers that come before the one to a request that is sent now: after it nothing more is to come. */
  settled(): Call<string[]> {
    return Client.#settled(this);
  }

  /** All answers until the server ends. */
  rest(): Call<string[]> {
    return Client.#rest(this);
  }

  static readonly #next = routine(function* next(client: Client): Program<string | undefined> {
    for (;;) {
      const text = client.#texts.shift();
      if (text !== undefined) return text;
      const bytes = yield* recv(client.connection, 65_536);
      if (bytes.length > 0) client.#texts = client.#answers.push(bytes);
      else if (client.#answers.rest === 0) return undefined;
      else throw new Error(`the server ended ${client.#answers.rest} bytes into an answer`);
    }
  });

  static readonly #settled = routine(function* settled(client: Client): Program<string[]> {
    yield* client.send(request("sum", [40, 2], "the sentinel"));
    const texts: string[] = [];
    for (;;) {
      const text = yield* client.next();
      if (text === undefined) throw new Error(`the server ended; before that it said ${JSON.stringify(texts)}`);
      if (text === '{"jsonrpc":"2.0","result":42,"id":"the sentinel"}') return texts;
      texts.push(text);
    }
  });

  static readonly #rest = routine(function* rest(client: Client): Program<string[]> {
    const texts: string[] = [];
    for (;;) {
      const text = yield* client.next();
      if (text === undefined) return texts;
      texts.push(text);
    }
  });
}

const connect = routine(function* connect(address: Address, framing: Framing): Program<Client> {
  return new Client(yield* new Connect(address), framing);
});

const connectPeer = routine(function* connectPeer(
  address: Address,
  framing: Framing,
  limits: Partial<Limits>,
  methods: Methods,
): Program<PeerClient> {
  const counters = new RpcCounters();
  const connection = yield* new Connect(address);
  const peer = new Peer(connection, { framing, limits: resolveLimits(limits), methods, counters });
  return new PeerClient(peer, counters, yield* new NewTask(peer.run(), "client"));
});

const closePeer = routine(function* closePeer(client: PeerClient): Program<void> {
  yield* new KillTask(client.tid, "the client goes");
  yield* new WaitTask(client.tid);
});

/** Runs a test's program beside a server. Throws if anything was reported as a crash. */
export function world<T>(program: (world: World) => Program<T>, options: WorldOptions = {}): Run<T> {
  return quiet(run(bench(program, options), kitOptions(options)));
}

/** As `world`, where handlers are promises. */
export async function worldAsync<T>(
  program: (world: World) => Program<T>,
  options: WorldOptions = {},
): Promise<Run<T>> {
  return quiet(await runAsync(bench(program, options), kitOptions(options)));
}

function kitOptions(options: WorldOptions): RunOptions {
  const { methods: _methods, limits: _limits, mode: _mode, kernel, ...kit } = options;
  return { checkEvery: 50, ...kit, ...(kernel === undefined ? {} : { limits: kernel }) };
}

function quiet<T>(finished: Run<T>): Run<T> {
  const errors = finished.logs.filter(({ level }) => level === "error");
  if (errors.length > 0) throw new Error(`reported: ${errors.map(({ text }) => text).join("\n")}`);
  return finished;
}

function* bench<T>(program: (world: World) => Program<T>, options: WorldOptions): Program<T> {
  const world = new World();
  const listener = yield* new Listen(world.address);
  const { methods = echoMethods, limits = {}, mode = "strict" } = options;
  world.server = yield* new NewTask(serve(listener, methods, { limits, mode, counters: world.counters }), "server");
  const value = yield* program(world);
  yield* new CancelTask(world.server, "the test is over");
  yield* new WaitTask(world.server);
  yield* new Sleep(2_000); // cleanups have a second
  const left = (yield* new ListTasks()).filter(({ tid }) => tid !== 1);
  if (left.length > 0) throw new Error(`tasks are left: ${JSON.stringify(left)}`);
  return value;
}
