// Where tasks come from. Tasks of the same code spawned by the same code share one Origin, the default name, and one
// spawn point, the line, which is looked for once (a captured line costs 2 µs, a spawn a sixth of that).

import type { Runnable } from "./syscall.ts";
import { RoutineCall } from "./syscall.ts";
import type { Origin, Task } from "./task.ts";

const origins = new WeakMap<object, WeakMap<object, Origin>>();
const anonymous = "(anonymous)";
const outside = {};
let lastParent: object = outside;
let lastChild: object = outside;
let last: Origin | undefined;

/** The origin of a task about to be made. */
export function originOf(parent: Task | undefined, runnable: Runnable<unknown>, name: string | undefined): Origin {
  const shared = sharedOrigin(parent, runnable);
  // The same code may have been spawned bare first, and as a routine, with its name, now.
  const own = name ?? (runnable instanceof RoutineCall ? runnable.label : anonymous);
  return own === shared.name ? shared : { name: own, spawn: shared.spawn };
}

function sharedOrigin(parent: Task | undefined, runnable: Runnable<unknown>): Origin {
  const parentCode = codeOf(parent?.frame?.program);
  const childCode = codeOf(runnable instanceof RoutineCall ? runnable.program : runnable);
  if (last !== undefined && parentCode === lastParent && childCode === lastChild) return last;
  let ofParent = origins.get(parentCode);
  if (ofParent === undefined) {
    ofParent = new WeakMap();
    origins.set(parentCode, ofParent);
  }
  let origin = ofParent.get(childCode);
  if (origin === undefined) {
    const name = runnable instanceof RoutineCall ? runnable.label : anonymous;
    origin = { name, spawn: { site: undefined } };
    ofParent.set(childCode, origin);
  }
  [lastParent, lastChild, last] = [parentCode, childCode, origin];
  return origin;
}

// All generators of one function have that function's `prototype` as theirs: it stands for the code.
function codeOf(program: unknown): object {
  if (typeof program !== "object" || program === null) return outside;
  return Object.getPrototypeOf(program) ?? outside;
}
