// One JavaScript system in a process of its own: `child.ts <system> time <minMs>` prints nanoseconds by operation,
// `child.ts <system> park <tasks>` the memory of a task that waits, each as one line of JSON.

import { collected } from "../lib/memory.ts";
import { nsEach } from "../lib/timing.ts";
import { type Memory, operationNames, type Peer, type Timings } from "./peers/peer.ts";

const [system = "", what, amount] = process.argv.slice(2);
const { peer } = (await import(`./peers/${system}.ts`)) as { peer: Peer }; // each file of the folder but peer.ts is one

if (what === "time") {
  console.log(JSON.stringify(await timings(peer, Number(amount))));
  process.exit(0);
}

const count = Number(amount);
const before = collected();
await peer.park(count, () => {
  const after = collected();
  const memory: Memory = {
    heap: (after.heapUsed - before.heapUsed) / count,
    resident: (after.rss - before.rss) / count,
  };
  console.log(JSON.stringify(memory));
  process.exit(0); // they would wait for ever
});

/** All operations of a system. The first is timed when nothing else has run: it is alone in the compiled code. */
async function timings({ operations }: Peer, minMs: number): Promise<Timings> {
  const result: Timings = {};
  for (const name of operationNames) {
    const operation = operations[name];
    if (operation !== undefined) result[name] = await nsEach(operation, minMs);
  }
  return result;
}
