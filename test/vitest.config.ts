import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    // Most of the time goes to real processes and sockets that are waited for: two files at once, where there is one core, too.
    maxWorkers: 2,
    // A hung test must fail, not stall the whole run. Tests of real processes take seconds, and several times as long where others
    // have the machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
