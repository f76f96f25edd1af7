// Two tasks that throw a ball to and fro over channels, as Stackless Python's tasklets did, and what a channel's
// preference makes of it: who goes on first when two meet. Or a ring of tasks that passes a token on.
//
//   yieldix run apps/ping-pong.ts -- [--preference receiver|sender|none] [--rounds 3] [--pause ms]
//   yieldix run apps/ping-pong.ts -- --ring 100000 [--laps 1]
//
// Stackless says -1 (its default), 1 and 0 for receiver, sender and none. There the one preferred runs at once; here
// whoever was ready before the two runs before both, so that two tasks that play with each other starve nobody.

import { parseArgs } from "node:util";
import { type Program, routine } from "../kernel/syscall.ts";
import { GetTime, Group, type Members, Sleep } from "../syscalls/index.ts";
import { type App, app, Channel, type Preference, print, UsageError, wholeNumber } from "./lib/index.ts";

const usage = `usage: yieldix run apps/ping-pong.ts -- [--preference receiver|sender|none]
       [--rounds 3] [--pause 0]
       yieldix run apps/ping-pong.ts -- --ring tasks [--laps 1]

Two tasks throw a ball to and fro over channels; or a ring of tasks passes a
token on.

  --preference whom  who goes on first when two meet at a channel; none: whoever
                     came second (default: receiver)
  --rounds n         how often the ball goes to and fro (default: 3)
  --pause ms         before each round, to look at it meanwhile (default: 0)
  --ring tasks       a ring of so many, at most 500000 (default: the two)
  --laps n           how often the token goes round (default: 1)`;

const pingPong: App = app(usage, parse, function* play(options) {
  if (options.ring === undefined) yield* match(options);
  else yield* ring(options.ring, options.laps);
});

export default pingPong;

interface Options {
  readonly preference: Preference;
  readonly rounds: number;
  /** Before each round, ms: to look at it with `yieldix ps`. */
  readonly pauseMs: number;
  /** How many tasks; undefined: ping-pong. */
  readonly ring: number | undefined;
  readonly laps: number;
}

// Two players.

const meanings: Readonly<Record<Preference, string>> = {
  receiver: "the receiver goes on first",
  sender: "the sender goes on first",
  none: "whoever came second goes on first",
};

/** What the players did, in the order in which they did it, and not yet printed. */
type Sheet = string[];

interface Table {
  readonly there: Channel<number>;
  readonly back: Channel<number>;
  readonly sheet: Sheet;
}

const match = routine(function* match({ preference, rounds, pauseMs }: Options): Program<void> {
  const there = new Channel<number>({ name: "there", preference });
  const back = new Channel<number>({ name: "back", preference });
  const table: Table = { there, back, sheet: [] };
  yield* print(`preference ${preference}: ${meanings[preference]}\n\nround  ping      pong`);
  yield* new Group(function* play(members: Members): Program<void> {
    yield* members.spawn(pong(table), "pong");
    yield* members.spawn(ping(table, rounds, pauseMs), "ping");
  });
  yield* printSheet(table.sheet);
});

// A print can make its task wait, and so let the other run: what has been played is printed between the rounds.
const ping = routine(function* ping({ there, back, sheet }: Table, rounds: number, pauseMs: number): Program<void> {
  for (let round = 1; round <= rounds; round++) {
    yield* printSheet(sheet);
    yield* new Sleep(pauseMs);
    yield* there.send(round); // pong is waiting for it
    sheet.push(row(round, "sent", ""));
    yield; // now pong waits to send
    const ball = yield* back.receive();
    sheet.push(row(ball, "received", ""));
  }
  there.close();
});

const pong = routine(function* pong({ there, back, sheet }: Table): Program<void> {
  for (let ball = yield* there.next(); !ball.done; ball = yield* there.next()) {
    sheet.push(row(ball.value, "", "received"));
    yield* back.send(ball.value);
    sheet.push(row(ball.value, "", "sent"));
  }
});

const printSheet = routine(function* printSheet(sheet: Sheet): Program<void> {
  if (sheet.length > 0) yield* print(sheet.splice(0).join("\n"));
});

function row(round: number, ping: string, pong: string): string {
  return `${String(round).padStart(5)}  ${ping.padEnd(10)}${pong}`.trimEnd();
}

// A ring.

const ring = routine(function* ring(tasks: number, laps: number): Program<void> {
  yield* new Group(function* pass(members: Members): Program<void> {
    const startedAt = yield* new GetTime();
    const first = new Channel<number>({ name: "1" });
    let last = first;
    for (let n = 1; n <= tasks; n++) {
      const next = new Channel<number>({ name: n === tasks ? "home" : String(n + 1) });
      yield* members.spawn(runner(last, next), `runner-${n}`);
      last = next;
    }
    const runsAt = yield* new GetTime();
    yield* print(`a ring of ${tasks} tasks, made in ${shownMs(runsAt - startedAt)}`);
    let hops = 0;
    for (let lap = 1; lap <= laps; lap++) {
      yield* first.send(hops);
      hops = yield* last.receive();
    }
    const ms = (yield* new GetTime()) - runsAt;
    const rate = ms > 0 ? `, ${Math.round((1_000 * hops) / ms)} hops/s` : "";
    yield* print(`${hops} hops in ${laps} ${laps === 1 ? "lap" : "laps"}: ${shownMs(ms)}${rate}`);
    first.close(); // its end goes round the ring too
  });
});

/** Counts the token's hop and passes it on; ends when those before it have ended. */
const runner = routine(function* runner(own: Channel<number>, next: Channel<number>): Program<void> {
  for (let token = yield* own.next(); !token.done; token = yield* own.next()) yield* next.send(token.value + 1);
  next.close();
});

function shownMs(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}

// The command line.

function parse(argv: readonly string[]): Options {
  const text = { type: "string" } as const; // the literal that parseArgs wants
  const options = { preference: text, rounds: text, pause: text, ring: text, laps: text };
  const { values } = parseArgs({ args: [...argv], options });
  const { preference = "receiver", rounds = "3", pause = "0", laps = "1" } = values;
  if (preference !== "receiver" && preference !== "sender" && preference !== "none") {
    throw new UsageError(`--preference ${JSON.stringify(preference)} is not receiver, sender or none`);
  }
  return {
    preference,
    rounds: wholeNumber("rounds", rounds, [1, 1_000_000_000]),
    pauseMs: wholeNumber("pause", pause, [0, 3_600_000]),
    ring: values.ring === undefined ? undefined : wholeNumber("ring", values.ring, [1, 500_000]),
    laps: wholeNumber("laps", laps, [1, 1_000_000_000]),
  };
}
