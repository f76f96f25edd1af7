// Random operations on a lock and on a semaphore by four tasks, which kill and cancel each other at any time: what each
// is answered, in which order, and who is left waiting, is what a model of a few lines says.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  CancelTask,
  KillTask,
  Lock,
  NewTask,
  Park,
  type Program,
  RLock,
  Semaphore,
  type Tid,
  WaitQueue,
} from "../../apps/index.ts";
import type { Wait } from "../../kernel/syscall.ts";
import { run } from "../kit/index.ts";
import { codeText } from "./programs.ts";

type Command =
  | { readonly do: "acquire"; readonly n: number }
  | { readonly do: "release"; readonly n: number }
  | { readonly do: "kill"; readonly whom: number }
  | { readonly do: "cancel"; readonly whom: number }
  | { readonly do: "repair" };

/** Given to different agents in one turn: each is carried out in the next lap, one after the other. */
type Batch = readonly { readonly by: number; readonly command: Command }[];

const agents = [0, 1, 2, 3];

/** What is acquired, in the real world and in the model. */
interface Thing {
  /** "" when it was taken at once, "waits", or a code. */
  acquire(by: number, n: number): string;
  release(by: number, n: number): string;
  repair(): string;
  /** Waited, and was killed or cancelled. */
  left(who: number): void;
  /** Was granted it, and was killed before it knew. */
  gaveBack(who: number): void;
  died(who: number): void;
  state(): string;
}

/** Whom a thing tells that its wait is over: granted, or a code. */
type Settle = (who: number, code: string) => void;

class ModelLock implements Thing {
  owner: number | undefined = undefined;
  isBroken = false;
  depth = 0;
  line: number[] = [];
  readonly nests: boolean;
  readonly settle: Settle;

  constructor(nests: boolean, settle: Settle) {
    this.nests = nests;
    this.settle = settle;
  }

  acquire(by: number): string {
    if (this.isBroken) return "EOWNERDEAD";
    if (this.owner === by && !this.nests) return "EDEADLK";
    if (this.owner === undefined || this.owner === by) {
      this.owner = by;
      this.depth++;
      return "";
    }
    this.line.push(by);
    return "waits";
  }

  release(by: number): string {
    if (this.isBroken) return "EOWNERDEAD";
    if (this.owner !== by) return "EPERM";
    this.gaveBack();
    return "";
  }

  gaveBack(): void {
    if (--this.depth > 0) return;
    this.owner = this.line.shift();
    if (this.owner === undefined) return;
    this.depth = 1;
    this.settle(this.owner, "");
  }

  repair(): string {
    const wasBroken = this.isBroken;
    this.isBroken = false;
    if (wasBroken) this.owner = undefined;
    if (wasBroken) this.depth = 0;
    return String(wasBroken);
  }

  left(who: number): void {
    this.line = this.line.filter((one) => one !== who);
  }

  died(who: number): void {
    if (this.owner !== who || this.isBroken) return;
    this.isBroken = true;
    for (const one of this.line.splice(0)) this.settle(one, "EOWNERDEAD");
  }

  state(): string {
    return `${this.isBroken ? "broken" : this.owner} [${this.line}]`;
  }
}

class ModelSemaphore implements Thing {
  free = 3;
  line: { who: number; n: number }[] = [];
  granted = new Map<number, number>();
  readonly settle: Settle;

  constructor(settle: Settle) {
    this.settle = settle;
  }

  acquire(by: number, n: number): string {
    this.line.push({ who: by, n });
    if (this.line.length > 1 || n > this.free) return "waits";
    this.line = [];
    this.free -= n;
    return "";
  }

  release(_by: number, n: number): string {
    if (this.free + n > 3) return "EOVERFLOW";
    this.free += n;
    this.serve();
    return "";
  }

  serve(): void {
    for (let first = this.line[0]; first !== undefined && first.n <= this.free; first = this.line[0]) {
      this.line.shift();
      this.free -= first.n;
      this.granted.set(first.who, first.n);
      this.settle(first.who, "");
    }
  }

  left(who: number): void {
    this.line = this.line.filter((one) => one.who !== who);
    this.serve();
  }

  gaveBack(who: number): void {
    this.free += this.granted.get(who) ?? 0;
    this.serve();
  }

  repair(): string {
    return "false";
  }

  died(): void {}

  state(): string {
    return `${this.free} [${this.line.map(({ who }) => who)}]`;
  }
}

/** The tasks, their turns and what they are told, as far as they matter here. */
class Model {
  readonly results: string[] = [];
  readonly thing: Thing;
  readonly #ready: number[] = [];
  readonly #commands = new Map<number, Command>();
  /** Told, and not yet had their turn. */
  readonly #settled = new Map<number, string>();
  readonly #waiting = new Set<number>();
  readonly #killed = new Set<number>();
  readonly #cancelled = new Set<number>();
  /** Cancelled, and not yet told. */
  readonly #pending = new Set<number>();

  constructor(make: (settle: Settle) => Thing) {
    this.thing = make((who, code) => this.#settle(who, code));
  }

  /** The agents that died. */
  play(batch: Batch): number[] {
    for (const { by, command } of batch) {
      if (this.#waiting.has(by) || this.#commands.has(by)) continue;
      this.#commands.set(by, command);
      this.#ready.push(by);
    }
    for (let who = this.#ready.shift(); who !== undefined; who = this.#ready.shift()) this.#turn(who);
    const dead = [...this.#killed];
    for (const who of dead) this.#cancelled.delete(who);
    this.#killed.clear();
    return dead;
  }

  #settle(who: number, code: string): void {
    this.#waiting.delete(who);
    this.#settled.set(who, code);
    this.#ready.push(who);
  }

  #turn(who: number): void {
    const code = this.#settled.get(who);
    const command = this.#commands.get(who);
    this.#settled.delete(who);
    this.#commands.delete(who);
    if (this.#killed.has(who)) {
      if (code === "") this.thing.gaveBack(who);
      this.#die(who);
      return;
    }
    if (code !== undefined) this.results.push(`${who} ${code}`);
    if (command !== undefined) this.#carryOut(who, command);
    if (!this.#waiting.has(who)) this.#pending.delete(who); // thrown where it asks for the next command, and caught
  }

  #carryOut(who: number, command: Command): void {
    const isSyscall = command.do !== "release" && command.do !== "repair";
    if (isSyscall && this.#pending.has(who)) this.results.push(`${who} ECANCELED`);
    else if (command.do === "kill") this.#kill(command.whom, who);
    else if (command.do === "cancel") this.#cancel(command.whom, who);
    else {
      const answer = command.do === "repair" ? this.thing.repair() : this.thing[command.do](who, command.n);
      if (answer === "waits") this.#waiting.add(who);
      else this.results.push(`${who} ${answer}`);
    }
  }

  #kill(whom: number, by: number): void {
    const isNew = !this.#killed.has(whom);
    this.#killed.add(whom);
    if (whom === by) {
      this.#die(whom);
      return;
    }
    if (isNew && this.#waiting.delete(whom)) this.thing.left(whom);
    if (isNew && !this.#ready.includes(whom)) this.#ready.push(whom);
    this.results.push(`${by} `);
  }

  #cancel(whom: number, by: number): void {
    const isNew = !this.#cancelled.has(whom) && !this.#killed.has(whom);
    this.#cancelled.add(whom);
    if (isNew && this.#waiting.delete(whom)) {
      this.#settled.set(whom, "ECANCELED");
      this.thing.left(whom);
      this.#ready.push(whom);
    } else if (isNew && (this.#ready.includes(whom) || whom === by)) this.#pending.add(whom);
    this.results.push(`${by} `);
  }

  #die(who: number): void {
    this.#pending.delete(who);
    this.thing.died(who);
  }
}

/** The same with real tasks. */
class World {
  readonly results: string[] = [];
  readonly tids: Tid[] = [];
  readonly boxes: WaitQueue<Command>[] = agents.map((who) => new WaitQueue("wait for", `commands to ${who}`));
  readonly real: Lock | Semaphore;

  constructor(real: Lock | Semaphore) {
    this.real = real;
  }

  *spawn(who: number): Program<void> {
    this.tids[who] = yield* new NewTask(this.#agent(who), `agent ${who}`);
  }

  *#agent(who: number): Program<never> {
    for (;;) {
      let command: Command;
      try {
        command = yield* new Park(this.boxes[who] as WaitQueue<Command>); // one for each
      } catch {
        continue; // cancelled, once
      }
      try {
        this.results.push(`${who} ${yield* this.#carryOut(command)}`);
      } catch (error) {
        this.results.push(`${who} ${codeText(error)}`);
      }
    }
  }

  *#carryOut(command: Command): Program<string> {
    const { real } = this;
    if (command.do === "kill")
      yield* new KillTask(this.tids[command.whom] as Tid); // all are there
    else if (command.do === "cancel") yield* new CancelTask(this.tids[command.whom] as Tid);
    else if (command.do === "repair") return String(real instanceof Lock && real.repair());
    else if (command.do === "acquire") yield* real instanceof Lock ? real.acquire() : real.acquire(command.n);
    else if (real instanceof Lock) real.release();
    else real.release(command.n);
    return "";
  }

  play(batch: Batch): void {
    for (const { by, command } of batch) this.boxes[by]?.hand(command);
  }

  state(line: readonly Wait<void>[]): string {
    const { real } = this;
    const ids = line.map((wait) => this.tids.indexOf((wait as Park).waiter?.task.tid as Tid)); // a Park that waits
    if (real instanceof Semaphore) return `${real.free} [${ids}]`;
    return `${real.isBroken ? "broken" : real.owner && this.tids.indexOf(real.owner)} [${ids}]`;
  }
}

const who = fc.constantFrom(...agents);
const n = fc.integer({ min: 1, max: 3 });
const acquire = fc.record({ do: fc.constant("acquire" as const), n });
const release = fc.record({ do: fc.constant("release" as const), n });
const kill = fc.record({ do: fc.constant("kill" as const), whom: who });
const cancel = fc.record({ do: fc.constant("cancel" as const), whom: who });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: acquire },
  { weight: 5, arbitrary: release },
  { weight: 2, arbitrary: fc.oneof(kill, cancel) },
  { weight: 1, arbitrary: fc.constant<Command>({ do: "repair" }) },
);
const batches = fc.array(fc.array(fc.record({ by: who, command }), { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 25,
  size: "max",
});

function* playing(script: readonly Batch[], world: World, model: Model): Program<void> {
  for (const agent of agents) yield* world.spawn(agent);
  yield* laps();
  for (const [place, batch] of script.entries()) {
    world.play(batch);
    const dead = model.play(batch);
    yield* laps();
    expect({ place, results: world.results }).toEqual({ place, results: model.results });
    expect({ place, state: world.state(lineOf(world.real)) }).toEqual({ place, state: model.thing.state() });
    for (const agent of dead) yield* world.spawn(agent);
    if (dead.length > 0) yield* laps();
  }
}

// A kill that passes a grant on, which makes the next ready, and so on: as many laps as there are agents, and one.
function* laps(): Program<void> {
  for (let lap = 0; lap < 8; lap++) yield;
}

function lineOf(real: Lock | Semaphore): Wait<void>[] {
  return real instanceof Lock ? [...real.ownership.line] : [...real.line];
}

const things: [string, () => Lock | Semaphore, (settle: Settle) => Thing][] = [
  ["a lock", () => new Lock(), (settle) => new ModelLock(false, settle)],
  ["an rlock", () => new RLock(), (settle) => new ModelLock(true, settle)],
  ["a semaphore", () => new Semaphore(3), (settle) => new ModelSemaphore(settle)],
];

test.each(things)("%s does as the model says", (_name, make, model) => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(batches, (script) => {
      const world = new World(make());
      run(() => playing(script, world, new Model(model)), { checkEvery: 4 });
      for (const result of world.results) {
        const code = result.slice(2);
        seen.set(code, (seen.get(code) ?? 0) + 1);
      }
    }),
    { seed: 20_090_327, numRuns: 700 },
  );
  // It was worth looking at.
  for (const code of make() instanceof Lock
    ? ["", "EPERM", "EOWNERDEAD", "ECANCELED", "true"]
    : ["", "EOVERFLOW", "ECANCELED"]) {
    expect([code, (seen.get(code) ?? 0) >= 50]).toEqual([code, true]);
  }
});
