// What a generator is. The kernel resumes native ones only, by the methods that all of them share, called as functions:
// each generator function has a prototype of its own, and to look a method up there costs 9 ns, among many of them.

import type { Program } from "./syscall.ts";

const prototype: Program<unknown> = Object.getPrototypeOf(function* () {}).prototype;

/** The methods of every native generator. */
export const native: Pick<Program<unknown>, "next" | "throw" | "return"> = {
  next: prototype.next,
  throw: prototype.throw,
  return: prototype.return,
};

/** Whether the native methods are its own. False for anything that is no object. @throws what its getters throw */
export function isNativeGenerator(value: unknown): value is Program<unknown> {
  if (typeof value !== "object" || value === null) return false;
  const { next, return: close, throw: raise } = value as Partial<Program<unknown>>; // looked at, then believed
  return next === native.next && close === native.return && raise === native.throw;
}

/** Whether it can pass for a generator. @throws what its getters throw */
export function isGenerator(value: unknown): value is Program<unknown> {
  if (typeof value !== "object" || value === null) return false;
  if (Symbol.asyncIterator in value) return false; // its `next` gives promises
  const { next, return: close, throw: raise } = value as Partial<Program<unknown>>; // looked at, then believed
  return typeof next === "function" && typeof close === "function" && typeof raise === "function";
}
