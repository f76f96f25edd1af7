// A reference kernel for the command language: whatever ends a task or a scope is an exception of its own kind, thrown
// into plain generators, and nothing is optimised. It has nothing in common with the kernel but the laws.

import type { Body, Command, Ends, Script } from "./language.ts";

type Step = Command | { readonly do: "enter" };
type Steps<T> = Generator<Step, T, void>;

/** Thrown into a task to end it, or a scope of it; no `catch` of the language sees it. */
class Signal {
  readonly ends: Scope | "all";

  constructor(ends: Scope | "all") {
    this.ends = ends;
  }
}

/** What tasks throw. */
interface Thrown {
  readonly code: string;
  readonly by?: number;
}

interface Scope {
  /** How many signals were on their way when it was entered: the cleanup it belongs to. */
  readonly level: number;
  hasExpired: boolean;
}

class Actor {
  readonly tid: number;
  readonly steps: Steps<unknown>;
  readonly scopes: Scope[] = [];
  readonly waiters = new Set<Actor>();
  place: "ready" | "blocked" | "over" = "ready";
  hasStarted = false;
  /** Signals on their way, each within the cleanup of the one before. */
  signals = 0;
  inject: { readonly thrown: unknown } | undefined = undefined;
  killedBy: number | undefined = undefined;
  cancel: Thrown | undefined = undefined;
  isCancelDue = false;
  expired: Scope | undefined = undefined;

  constructor(tid: number, model: Model, body: Body) {
    this.tid = tid;
    this.steps = block(model, this, body);
  }
}

/** Runs a script to its end when it is made. */
export class Model {
  readonly ends: Ends = new Map();
  readonly actors = new Map<number, Actor>();
  readonly #script: Script;
  readonly #tickMs: number;
  #ready: Actor[] = [];
  #timers: { readonly at: number; readonly of: object; readonly ring: () => void }[] = [];
  #now = 0;
  #isEnding = false;

  /** @param tickMs the clock shows multiples of this only: timers are late, and many are due at once */
  constructor(script: Script, tickMs: number) {
    this.#script = script;
    this.#tickMs = tickMs;
    this.#spawn(0);
    while (this.#living().length > 0) this.#lap();
  }

  setTimer(ms: number, of: object, ring: () => void): void {
    this.#timers.push({ at: this.#now + ms, of, ring });
    this.#timers.sort((a, b) => a.at - b.at); // stable: ties in the order they were set
  }

  dropTimer(of: object): void {
    this.#timers = this.#timers.filter((timer) => timer.of !== of);
  }

  expire(me: Actor, scope: Scope): void {
    if (scope.level < me.signals) scope.hasExpired = true;
    else if (me.place === "blocked") this.#signal(me, scope);
    else if (me.expired === undefined || me.scopes.indexOf(scope) < me.scopes.indexOf(me.expired)) me.expired = scope;
  }

  #signal(me: Actor, ends: Scope | "all"): void {
    me.signals++;
    me.inject = { thrown: new Signal(ends) };
    this.#wake(me);
  }

  #wake(me: Actor): void {
    if (me.place !== "blocked") return;
    this.dropTimer(me);
    for (const other of this.actors.values()) other.waiters.delete(me);
    me.place = "ready";
    this.#ready.push(me);
  }

  #living(): Actor[] {
    return [...this.actors.values()].filter(({ place }) => place !== "over").reverse();
  }

  #spawn(id: number): void {
    const actor = new Actor(this.actors.size + 1, this, this.#script[id] ?? []);
    this.actors.set(id, actor);
    this.#ready.push(actor);
  }

  #kill(me: Actor, by: number): void {
    if (me.place === "over" || me.killedBy !== undefined) return;
    me.killedBy = by;
    if (me.signals === 0) this.#wake(me);
  }

  #cancel(me: Actor, by: number): void {
    if (me.place === "over" || me.killedBy !== undefined || me.cancel !== undefined) return;
    me.cancel = { code: "ECANCELED", by };
    me.isCancelDue = me.place !== "blocked" || me.signals > 0;
    if (me.isCancelDue) return;
    me.inject = { thrown: me.cancel };
    this.#wake(me);
  }

  #lap(): void {
    for (let due = this.#timers[0]; due !== undefined && due.at <= this.#now; due = this.#timers[0]) {
      this.#timers.shift();
      due.ring();
    }
    for (const actor of this.#ready.splice(0)) this.#turn(actor);
    if (this.#ready.length > 0 || this.#living().length === 0) return;
    const next = this.#timers[0];
    if (next !== undefined) this.#now = Math.ceil(next.at / this.#tickMs) * this.#tickMs;
    else {
      this.#isEnding = true;
      for (const actor of this.#living()) this.#kill(actor, 0);
    }
  }

  #turn(me: Actor): void {
    for (let isOver = false; !isOver; ) {
      if (me.killedBy !== undefined && me.signals === 0) {
        me.signals = 1;
        me.inject = { thrown: new Signal("all") };
        me.expired = undefined;
      }
      const { inject } = me;
      me.inject = undefined;
      let result: IteratorResult<Step, unknown>;
      try {
        if (inject !== undefined && !me.hasStarted) throw inject.thrown;
        me.hasStarted = true;
        result = inject === undefined ? me.steps.next() : me.steps.throw(inject.thrown);
      } catch (thrown) {
        this.#end(me, thrown);
        return;
      }
      if (result.done === true) this.#end(me, undefined);
      isOver = result.done === true || this.#trap(me, result.value);
    }
  }

  /** True when the turn is over. */
  #trap(me: Actor, step: Step): boolean {
    if (me.expired !== undefined) {
      me.signals++;
      me.inject = { thrown: new Signal(me.expired) };
      me.expired = undefined;
    } else if (me.isCancelDue && me.signals === 0) {
      me.isCancelDue = false;
      me.inject = { thrown: me.cancel };
    } else return this.#serve(me, step);
    return false;
  }

  #serve(me: Actor, step: Step): boolean {
    if (step.do === "yield") this.#ready.push(me);
    if (step.do === "sleep") {
      me.place = "blocked";
      this.setTimer(step.ms, me, () => this.#wake(me));
    }
    if (!("id" in step)) return step.do !== "enter";
    const other = this.actors.get(step.id) ?? me; // me: for a spawn, which has none yet
    if (step.do === "spawn" && !this.#isEnding) this.#spawn(step.id);
    else if (step.do === "spawn") me.inject = { thrown: { code: "EAGAIN" } };
    else if (step.do === "kill") this.#kill(other, me.tid);
    else if (step.do === "cancel") this.#cancel(other, me.tid);
    else if (other === me) me.inject = { thrown: { code: "EDEADLK" } };
    else if (other.place !== "over") {
      me.place = "blocked";
      other.waiters.add(me);
    }
    return me.place === "blocked";
  }

  #end(me: Actor, thrown: unknown): void {
    me.place = "over";
    const isKilled = thrown instanceof Signal || (thrown !== undefined && thrown === me.cancel);
    const how = thrown === undefined ? "returned" : `threw ${(thrown as Thrown).code}`; // all but signals are
    this.ends.set(me.tid, isKilled ? `killed by ${me.killedBy ?? me.cancel?.by}` : how);
    if (me.tid === 1) this.#endOfMain();
    for (const waiter of me.waiters) this.#wake(waiter);
  }

  #endOfMain(): void {
    this.#isEnding = true;
    for (const actor of this.#living()) this.#cancel(actor, 1);
    this.setTimer(1_000, this, () => {
      for (const actor of this.#living()) this.#kill(actor, 1);
    });
  }
}

// The language itself. True when a block was left by `return`.
function* block(model: Model, me: Actor, body: Body, isEntered = false): Steps<boolean> {
  if (!isEntered) yield { do: "enter" };
  for (const command of body) {
    if (command.do === "return") return true;
    if (command.do === "raise") throw { code: "Raised" };
    if (command.do === "call") yield* block(model, me, command.body);
    else if (command.do === "timeout") yield* timeout(model, me, command.ms, command.body);
    else if (command.do === "finally" || command.do === "catch") {
      const left = yield* (command.do === "finally" ? finishing : catching)(model, me, command.body, command.after);
      if (left) return true;
    } else if (!("id" in command) || (command.do === "spawn") !== model.actors.has(command.id)) yield command;
  }
  return false;
}

function* catching(model: Model, me: Actor, body: Body, after: Body): Steps<boolean> {
  try {
    return yield* block(model, me, body);
  } catch (thrown) {
    if (thrown instanceof Signal) throw thrown;
  }
  yield* block(model, me, after);
  return false;
}

function* finishing(model: Model, me: Actor, body: Body, after: Body): Steps<boolean> {
  let pending: { readonly thrown: unknown } | undefined;
  let isLeft = false;
  try {
    isLeft = yield* block(model, me, body);
  } catch (thrown) {
    pending = { thrown };
  }
  try {
    yield* block(model, me, after);
  } catch (thrown) {
    if (!(pending?.thrown instanceof Signal)) pending = { thrown }; // a signal goes on, whatever its cleanup throws
  }
  if (pending !== undefined) throw pending.thrown;
  return isLeft;
}

function* timeout(model: Model, me: Actor, ms: number, body: Body): Steps<void> {
  yield { do: "enter" };
  const scope: Scope = { level: me.signals, hasExpired: false };
  me.scopes.push(scope);
  model.setTimer(ms, scope, () => model.expire(me, scope));
  try {
    yield* block(model, me, body, true);
    return;
  } catch (thrown) {
    if (!(thrown instanceof Signal) || thrown.ends !== scope) throw thrown;
  } finally {
    me.scopes.splice(me.scopes.indexOf(scope));
    model.dropTimer(scope);
    if (me.expired === scope) me.expired = undefined;
  }
  // The signal has arrived, unless it was led further out meanwhile.
  me.signals--;
  const further = me.scopes.find(({ level, hasExpired }) => hasExpired && level === me.signals);
  const ends = me.signals === 0 && me.killedBy !== undefined ? "all" : further;
  if (ends === undefined) throw { code: "ETIMEDOUT" };
  me.signals++;
  throw new Signal(ends);
}
