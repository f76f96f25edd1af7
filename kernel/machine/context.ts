// What AsyncLocalStorage has in store at a moment, to be there again later. `AsyncResource.runInAsyncScope` is how that is
// done; here it is done by hand, in the same two ways as inside Node, for two reasons: it costs a tenth, and it leaves no
// mark on the stack of asynchronous ids. Such a mark stays there when V8 ends what runs inside, and Node then aborts. Both
// ways are tried when this is loaded; where neither works, it is an AsyncResource after all.
//
// - Node 24 and later keep all stores in one frame, which an AsyncResource has in a property: exchange it.
// - Node 20 keeps each store on the resource that is being executed, and copies them to each new one: copy them back.

import { AsyncLocalStorage, AsyncResource, executionAsyncResource } from "node:async_hooks";

/** Runs something in the context that was captured. */
export type InContext = (run: () => void) => void;

/** Captures the context of who calls this. */
export function captureContext(): InContext {
  return way(new AsyncResource("yieldix.task"));
}

/** What ran in captured contexts was ended by V8, and their ends never came: the context is as before the outermost. */
export function restoreContext(): void {
  const restore = outermost;
  outermost = undefined;
  restore?.();
}

/** What the outermost captured context that is being run in has to have done at its end. */
let outermost: (() => void) | undefined;

interface Frames {
  exchange(frame: unknown): unknown;
  set(frame: unknown): void;
}

type Symbols = Record<symbol, unknown>;

function byFrame(frames: Frames, of: symbol): (resource: AsyncResource) => InContext {
  const restoring = (before: unknown) => () => frames.set(before);
  return (resource) => {
    const frame = (resource as unknown as Symbols)[of]; // that is where it is
    return (run) => {
      const before = frames.exchange(frame);
      const isOutermost = outermost === undefined;
      if (isOutermost) outermost = restoring(before);
      try {
        run();
      } finally {
        if (isOutermost) outermost = undefined;
        frames.set(before);
      }
    };
  };
}

/** Of each AsyncLocalStorage that was ever met on Node 20: under what its store is kept. */
const slots: symbol[] = [];

/** Also those that are only to be put aside: a context that knew nothing of them has no store there. */
function meet(resource: object): void {
  for (const slot of slotsOf(resource)) if (!slots.includes(slot)) slots.push(slot);
}

const slotsOf = (resource: object): symbol[] =>
  Object.getOwnPropertySymbols(resource).filter(({ description }) => description === "kResourceStore");

function byStores(resource: AsyncResource): InContext {
  const from = resource as unknown as Symbols; // that is where they are
  meet(resource);
  const stores = slots.map((slot) => from[slot]);
  return (run) => {
    const target = executionAsyncResource() as Symbols; // as above
    meet(target);
    const before = slots.map((slot) => target[slot]);
    const isOutermost = outermost === undefined;
    if (isOutermost) outermost = () => restoreStores(target, before);
    slots.forEach((slot, place) => {
      target[slot] = stores[place];
    });
    try {
      run();
    } finally {
      if (isOutermost) outermost = undefined;
      // What it has changed stays its own.
      slots.forEach((slot, place) => {
        stores[place] = target[slot];
        target[slot] = before[place];
      });
    }
  };
}

function restoreStores(target: Symbols, before: readonly unknown[]): void {
  for (const slot of slotsOf(target)) target[slot] = before[slots.indexOf(slot)];
}

function byScope(resource: AsyncResource): InContext {
  return (run) => resource.runInAsyncScope(run);
}

function works(way: (resource: AsyncResource) => InContext, probe: AsyncLocalStorage<object>): boolean {
  try {
    const [inside, outside] = [{}, {}];
    const resource = probe.run(inside, () => new AsyncResource("yieldix.probe"));
    let seen: unknown;
    const after = probe.run(outside, () => {
      way(resource)(() => {
        seen = probe.getStore();
      });
      return probe.getStore();
    });
    return seen === inside && after === outside;
  } catch {
    return false;
  }
}

function found(): (resource: AsyncResource) => InContext {
  const probe = new AsyncLocalStorage<object>();
  const resource = probe.run({}, () => new AsyncResource("yieldix.probe"));
  const symbol = Object.getOwnPropertySymbols(resource).find(({ description }) => description === "context_frame");
  const frame = symbol === undefined ? undefined : (resource as unknown as Symbols)[symbol]; // as above
  const ways = [byStores];
  if (symbol !== undefined && typeof frame === "object" && frame !== null)
    ways.unshift(byFrame(frame.constructor as unknown as Frames, symbol)); // tried below
  const way = ways.find((candidate) => works(candidate, probe)) ?? byScope;
  probe.disable(); // on Node 20 it slows down every promise, as long as there is one
  return way;
}

const way: (resource: AsyncResource) => InContext = found();

/** Runs something in the context in which this module was loaded, which is nobody's request: for what serves many. */
export const inFirstContext: InContext = captureContext();
