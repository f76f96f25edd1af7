// What each step runs in: one task of yieldix, which drives the step's main loop. JavaScript has one thread, and a loop
// that never lets go of it stops everything, Ctrl-C included. So each main loop is a generator: a bare yield lets the
// world have its turn; a request of yieldix, such as `select` of sockets.ts, is made here, and its answer handed in.

import { parseArgs } from "node:util";
import type { Listener } from "../../kernel/machine/machine.ts";
import { type Call, type Program, type Routine, routine, type Yieldable } from "../../kernel/syscall.ts";
import { Listen, Sleep } from "../../syscalls/index.ts";
import { print, UsageError } from "../lib/index.ts";

/** A main loop: what it yields is asked of yieldix, and nothing at all gives up the CPU. */
export type Mainloop = Generator<Yieldable<unknown> | undefined, void, unknown>;

/** Says a line. It is printed when the main loop next yields. */
export type Print = (line: string) => void;

/** An app: what `yieldix run` starts. */
export type App = (argv: readonly string[]) => Call<void>;

/**
 * An app that runs a demonstration, and takes no arguments.
 * @param pauseMs between its turns, ms: for one that never ends, and would scroll away
 */
export function host(demo: (say: Print) => Mainloop, pauseMs = 0): App {
  return routine(function* hosted(argv: readonly string[]): Program<void> {
    if (argv.length > 0)
      throw new UsageError(`${JSON.stringify(argv[0])} is not known here: a demo takes no arguments`);
    yield* driven(demo, pauseMs);
  });
}

/** An app that serves a port: `--port N`, 7000 if it is not given, and 0 for a free one. It prints where it listens. */
export function server(demo: (say: Print, listener: Listener) => Mainloop): App {
  return routine(function* hostedServer(argv: readonly string[]): Program<void> {
    const listener = yield* new Listen({ port: portOf(argv) });
    const { address } = listener;
    if ("port" in address) yield* print(`echo on ${address.host ?? "127.0.0.1"}:${address.port}`);
    yield* driven((say) => demo(say, listener), 0);
  });
}

// A main loop, from its first line to its end, or to what it throws.
const driven: Routine<[make: (say: Print) => Mainloop, pauseMs: number], void> = routine(
  function* driving(make, pauseMs) {
    const lines: string[] = [];
    const loop = make((line) => lines.push(line));
    try {
      for (let answer: unknown; ; ) {
        let step: IteratorResult<Yieldable<unknown> | undefined, void>;
        try {
          step = loop.next(answer);
        } finally {
          for (const line of lines.splice(0)) yield* print(line);
        }
        if (step.done === true) return;
        const request = step.value ?? (pauseMs > 0 ? new Sleep(pauseMs) : undefined);
        answer = request === undefined ? yield : yield* request;
      }
    } finally {
      loop.return();
    }
  },
);

function portOf(argv: readonly string[]): number {
  const usage = "usage: --port 7000";
  let port: string;
  try {
    port = parseArgs({ args: [...argv], options: { port: { type: "string", default: "7000" } } }).values.port;
  } catch (error) {
    throw UsageError.from(error, usage);
  }
  if (/^[0-9]{1,5}$/.test(port) && Number(port) <= 65_535) return Number(port);
  throw new UsageError(`port ${JSON.stringify(port)} is not a number from 0 to 65535\n${usage}`);
}
