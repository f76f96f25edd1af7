// What the guard sees of a main thread that is stuck: that a turn does not end, which task's it is, and where it stands.
// It looks while somebody is connected, or always for a watchdog; the stack is taken once a turn, when somebody asks.

import { Heartbeat, type StuckTurn, TurnWatch } from "../../../kernel/heartbeat.ts";
import { type EndOrder, type EndOutcome, MainThread, type StuckStack } from "../../../kernel/machine/main-thread.ts";
import { type Call, type Program, routine, SyscallError } from "../../../kernel/syscall.ts";
import { Watchdog } from "../../../kernel/watchdog.ts";
import { Await, GetTime, Log, NewTask, Sleep, WaitQueue } from "../../../syscalls/index.ts";
import { until } from "../../lib/until.ts";
import type { Stuck } from "../records.ts";

/** How often it looks, ms. */
const lookMs = 100;
/** A turn that takes so long does not end, ms. */
const stuckMs = 300;
/** How long the main thread may take to go on after a turn of it was ended, ms. */
const resumeMs = 2_000;
/** How often the main thread is asked to stand still before that is given up. */
const mostTries = 3;

export interface StuckTurnsOptions {
  /** Of the kernel, shared memory. */
  readonly heartbeat: SharedArrayBuffer;
  /** Has the main thread go on after a turn of it was ended. */
  readonly kick: () => void;
  /** Turns that take longer are ended without being asked, ms. */
  readonly watchdogMs: number | undefined;
  /** Told of a turn that had not ended for long, once it has. */
  readonly over: (stuck: Stuck) => void;
}

export class StuckTurns {
  readonly #watch: TurnWatch;
  readonly #main: MainThread;
  readonly #dog: Watchdog | undefined;
  readonly #over: (stuck: Stuck) => void;
  readonly #everyMs: number;
  readonly #watched = new WaitQueue("wait for", "somebody who is connected");
  #watchers = 0;
  /** The turn under way, if it has been for long. */
  #long: StuckTurn | undefined = undefined;
  /** The turn that was ended last, and when. */
  #ended: { readonly turn: number; readonly at: number } | undefined = undefined;
  /** The stack of the turn that was asked about last. */
  #taken: { readonly turn: number; readonly stack: Promise<StuckStack | undefined> } | undefined = undefined;

  constructor({ heartbeat: shared, kick, watchdogMs, over }: StuckTurnsOptions) {
    this.#over = over;
    const heartbeat = new Heartbeat(shared);
    this.#everyMs = Math.max(1, Math.min(lookMs, (watchdogMs ?? lookMs) / 4));
    this.#watch = new TurnWatch(heartbeat, this.#everyMs);
    this.#main = new MainThread({ heartbeat, kick });
    this.#dog = watchdogMs === undefined ? undefined : new Watchdog(this.#watch, this.#main, watchdogMs);
    if (this.#dog !== undefined) this.#watchers++;
  }

  /** Somebody is connected. */
  begin(): void {
    this.#watchers++;
    this.#watched.wake();
  }

  end(): void {
    this.#watchers--;
  }

  /** Looks for ever. One task's whole work. */
  look(): Call<void> {
    return StuckTurns.#look(this);
  }

  static readonly #look = routine(function* look(turns: StuckTurns): Program<void> {
    for (;;) {
      yield* until(turns.#watched, () => turns.#watchers > 0);
      const now = yield* new GetTime();
      turns.#note(turns.#watch.stuckFor(now));
      if (turns.#dog?.isEnding === false) yield* StuckTurns.#bark(turns.#dog, now);
      yield* new Sleep(turns.#everyMs);
    }
  });

  /** A look has found this turn under way, for long. */
  #note(under: StuckTurn | undefined): void {
    const before = this.#long;
    this.#long = under !== undefined && under.forMs >= stuckMs ? under : undefined;
    if (before !== undefined && before.turn !== this.#long?.turn) {
      const seen = this.#taken?.turn === before.turn ? this.#taken.stack : Promise.resolve(undefined);
      void seen.then((stack) => this.#over(stuckRecord(before, stack)));
    }
  }

  // That goes on beside the looks, which count the time meanwhile.
  static readonly #bark = routine(function* bark(dog: Watchdog, now: number): Program<void> {
    const outcome = dog.look(now);
    if (dog.isEnding) yield* new NewTask(StuckTurns.#told(outcome), "control.watchdog");
  });

  static readonly #told = routine(function* told(outcome: Promise<EndOutcome | undefined>): Program<void> {
    try {
      const ended = yield* new Await(outcome);
      if (ended?.outcome === "refused") yield* new Log(`the watchdog cannot end a turn: ${ended.reason}`);
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      yield* new Log(`the watchdog cannot end a turn: ${error.message}`);
    }
  });

  /** The turn that does not end; undefined: there is none. */
  now(): Call<Stuck | undefined> {
    return StuckTurns.#now(this);
  }

  static readonly #now = routine(function* now(turns: StuckTurns): Program<Stuck | undefined> {
    const at = yield* new GetTime();
    const under = turns.#watch.stuckFor(at);
    if (under === undefined || under.forMs < stuckMs || turns.#isEnded(under, at)) return undefined;
    if (turns.#taken?.turn !== under.turn) {
      // It may be in native code, where it cannot be stopped: then there is no stack.
      turns.#taken = { turn: under.turn, stack: turns.#main.stack().catch(() => undefined) };
    }
    return stuckRecord(under, yield* new Await(turns.#taken.stack));
  });

  /** Ends the turn under way, if it is this task's. @throws ETIMEDOUT when the main thread cannot be reached */
  kill(stuck: Stuck): Call<EndOutcome> {
    return StuckTurns.#kill(this, stuck);
  }

  static readonly #kill = routine(function* kill(turns: StuckTurns, { tid, forMs }: Stuck): Program<EndOutcome> {
    const under = turns.#watch.stuckFor(yield* new GetTime());
    const why = "killed from a control port";
    const ended = yield* StuckTurns.#insist(turns.#main, { tid, by: 0, why, forMs });
    if (ended.outcome === "ended" && under !== undefined) {
      turns.#ended = { turn: under.turn, at: yield* new GetTime() };
    }
    return ended;
  });

  // Now and then a main thread does not heed the first who would stop it (Node 26, one of a hundred), and the next.
  static readonly #insist = routine(function* insist(main: MainThread, order: EndOrder): Program<EndOutcome> {
    for (let tries = 1; ; tries++) {
      try {
        return yield* new Await(main.end(order));
      } catch (error) {
        const isTimedOut = error instanceof SyscallError && error.code === "ETIMEDOUT";
        if (!isTimedOut || tries === mostTries) throw error;
      }
    }
  });

  // The main thread begins the next turn a moment later.
  #isEnded({ turn }: StuckTurn, at: number): boolean {
    return this.#ended?.turn === turn && at - this.#ended.at < resumeMs;
  }
}

/** @param seen undefined: nobody has looked, or it could not be seen */
function stuckRecord({ tid, forMs }: StuckTurn, seen: StuckStack | undefined): Stuck {
  const stack = seen?.frames.map(({ name, at }) => `${at} in ${name}`) ?? [];
  return { tid, name: seen?.name ?? "", forMs, stack };
}
