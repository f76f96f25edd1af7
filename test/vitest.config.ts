import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    // Most of the time goes to real processes and sockets that are waited for: two files at once, where there is one core, too.
    maxWorkers: 2,
    // A hung test must fail, not stall the whole run. What is waited for inside has bounds of its own, which say more; but
    // half a dozen processes, one after the other, take half a minute on a machine that has a lot else to do.
    testTimeout: 90_000,
    hookTimeout: 90_000,
  },
});
