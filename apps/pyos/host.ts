// What each step runs in: one task of yieldix, which drives the step's main loop. JavaScript has one thread, and a loop
// that never lets go of it stops everything, Ctrl-C included. So each main loop is a generator: a bare yield lets the
// world have its turn; a request of yieldix, such as `select` of sockets.ts, is made here, and its answer handed in.

import { parseArgs } from "node:util";
import type { Listener } from "../../kernel/machine/machine.ts";
import { type Routine, routine, type Yieldable } from "../../kernel/syscall.ts";
import { Listen, Sleep } from "../../syscalls/index.ts";
import { type App, app, print, UsageError, wholeNumber } from "../lib/index.ts";

/** What a step exports. */
export type { App };

/** A main loop: what it yields is asked of yieldix, and nothing at all gives up the CPU. */
export type Mainloop = Generator<Yieldable<unknown> | undefined, void, unknown>;

/** Says a line. It is printed when the main loop next yields. */
export type Print = (line: string) => void;

const demoUsage = `usage: yieldix run apps/pyos/<step>.ts

Runs a step's demonstration, which takes no options.`;
const serverUsage = `usage: yieldix run apps/pyos/<step>.ts -- [--port 7000]

Runs the echo server of a step, until it is stopped: nc 127.0.0.1 7000 talks
to it.

  --port n  where it listens, 0 for any port that is free (default: 7000)`;

/**
 * An app that runs a demonstration, and takes no arguments.
 * @param pauseMs between its turns, ms: for one that never ends, and would scroll away
 */
export function host(demo: (say: Print) => Mainloop, pauseMs = 0): App {
  return app(demoUsage, nothing, function* hosted() {
    yield* driven(demo, pauseMs);
  });
}

/** An app that serves a port: `--port N`, 7000 if it is not given, and 0 for a free one. It prints where it listens. */
export function server(demo: (say: Print, listener: Listener) => Mainloop): App {
  return app(serverUsage, portOf, function* hostedServer(port) {
    const listener = yield* new Listen({ port });
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

function nothing(argv: readonly string[]): void {
  if (argv.length > 0) throw new UsageError(`${JSON.stringify(argv[0])} is not known here: a demo takes no arguments`);
}

function portOf(argv: readonly string[]): number {
  const { values } = parseArgs({ args: [...argv], options: { port: { type: "string", default: "7000" } } });
  return wholeNumber("port", values.port, [0, 65_535]);
}
