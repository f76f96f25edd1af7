// The memory of this process, garbage collected first.

/** @throws Error when Node runs without --expose-gc */
export function collected(): NodeJS.MemoryUsage {
  if (globalThis.gc === undefined) throw new Error("memory cannot be measured: run node with --expose-gc");
  globalThis.gc();
  globalThis.gc(); // the first may leave what only weak references held
  return process.memoryUsage();
}
