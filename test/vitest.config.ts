import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    // Real sockets and processes run in few files; a hung test must fail, not stall the whole run.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
