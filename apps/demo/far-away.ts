// What the town has done in another thread.

/** Takes its time, ms, without using the processor. */
export function wait(ms: number): number {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return ms;
}
