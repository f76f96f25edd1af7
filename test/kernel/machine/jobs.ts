// Jobs for worker threads.

import { threadId } from "node:worker_threads";

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

export default async function thread(): Promise<number> {
  return threadId;
}

export function size(bytes: Uint8Array): number {
  return bytes.length;
}

export function same(value: unknown): unknown {
  return value;
}

export function failing(): never {
  const cause = new RangeError("the reason");
  throw Object.assign(new TypeError("cannot be", { cause }), { code: "EJOB" });
}

export function throwing(): never {
  throw "not even an error";
}

/** Says that it has begun, and is busy for ever. */
export function busy(begun: Int32Array): never {
  Atomics.add(begun, 0, 1);
  Atomics.notify(begun, 0);
  for (;;);
}

/** Waits until it is told to go on. */
export function waiting(told: Int32Array): string {
  Atomics.wait(told, 0, 0);
  return "told";
}

export function leaving(): void {
  process.exit(3);
}

export function uncopyable(): () => void {
  return () => {};
}

export const notAFunction = 7;
