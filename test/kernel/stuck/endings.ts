// Two hundred turns without end, one after the other, in a process where much else goes on: `endings.ts epoll 200`. Says
// what of that was lost, which is to be nothing.

import { type AddressInfo, createServer, connect as dial, type Socket } from "node:net";
import { argv, exit } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { accept, recv, sendAll } from "../../../apps/index.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import { Await, Connect, Listen, NewTask, Sleep, WaitTask } from "../../../syscalls/index.ts";
import { forever, say, watched } from "./boot.ts";

const rounds = Number(argv[3]);
const kernel = await watched();

// Node's own: a timer, a chain of promises, and a socket that gets back what it sends.
const seen = { ticks: 0, promises: 0, lost: 0, echoes: 0, tasks: 0, awaits: 0, finallys: 0 };
setInterval(() => {
  seen.ticks++;
}, 1);

async function chain(): Promise<void> {
  for (;;) {
    let isKept = false;
    const kept = Promise.resolve()
      .then(() => sleep(1))
      .then(() => {
        isKept = true;
      });
    await kept;
    seen.promises++;
    if (!isKept) seen.lost++;
  }
}
chain();

const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const client: Socket = dial((server.address() as AddressInfo).port, "127.0.0.1"); // it listens on a port
client.on("data", () => {
  seen.echoes++;
  client.write("x");
});
client.write("x");

/** The kernel's own: a conversation over sockets, and promises that are waited for. */
function* conversation(): Program<void> {
  const listener = yield* new Listen({ port: 0 });
  yield* new NewTask(serving(listener), "server");
  const socket = yield* new Connect(listener.address);
  for (;;) {
    yield* sendAll(socket, Buffer.from("x"));
    yield* recv(socket, 1);
    seen.tasks++;
    yield* new Sleep(1);
  }
}

function* serving(listener: Parameters<typeof accept>[0]): Program<void> {
  const socket = yield* accept(listener);
  for (;;) yield* sendAll(socket, yield* recv(socket, 1));
}

function* waiting(): Program<void> {
  for (;;) {
    yield* new Await(sleep(1));
    seen.awaits++;
  }
}

const ways: readonly (() => Program<void>)[] = [
  function* loops() {
    forever();
  },
  function* sorts() {
    [3, 1, 2].sort(forever);
  },
  function* parses() {
    JSON.parse("[1]", forever);
  },
  function* delegates() {
    yield* (function* (): Program<void> {
      forever();
    })();
  },
];

function* stuck(way: () => Program<void>): Program<void> {
  try {
    yield* routine(way as () => Program<void>)(); // each is a generator function
  } finally {
    yield* new Sleep(0);
    seen.finallys++;
  }
}

function* main(): Program<void> {
  for (const program of [conversation(), waiting()]) yield* new NewTask(program);
  const exits = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    const before = { ...seen };
    const tid = yield* new NewTask(stuck(ways[round % ways.length] as () => Program<void>)); // inside
    const exit = yield* new WaitTask(tid);
    const kind = exit.status === "killed" ? `killed by ${exit.by}, ${exit.clean ? "clean" : "unclean"}` : exit.status;
    exits.set(kind, (exits.get(kind) ?? 0) + 1);
    // Everything goes on before the next one.
    const waitsFor = ["ticks", "promises", "echoes", "tasks", "awaits"] as const;
    while (waitsFor.some((what) => seen[what] <= before[what])) yield* new Sleep(1);
  }
  say({ exits: Object.fromEntries(exits), cut: kernel.counters.cutTurns, finallys: seen.finallys, lost: seen.lost });
}

await kernel.run(main());
say("over");
exit(0);
