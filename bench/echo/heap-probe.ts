// Loaded before a Node server: on SIGUSR2 it collects garbage and prints what is left, for who holds idle connections.

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void; // what that flag defines

process.on("SIGUSR2", async () => {
  for (let times = 0; times < 3; times++) {
    collect();
    await sleep(50); // finalizers run in between
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  process.stderr.write(`heap ${JSON.stringify({ heapUsed, arrayBuffers })}\n`);
});
