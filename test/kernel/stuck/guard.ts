// The thread that watches over the kernels of a test's process, as a guard does: ends each turn that says it has no end, and
// tells what became of that on standard output, past the main thread, which may be stuck for good.

import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { Heartbeat, TurnWatch } from "../../../kernel/heartbeat.ts";
import { MainThread } from "../../../kernel/machine/main-thread.ts";
import { Watchdog } from "../../../kernel/watchdog.ts";

interface Given {
  readonly buffer: SharedArrayBuffer;
  /** Its first word is set by a turn without end; its second counts those that nothing was told of. */
  readonly endless: Int32Array;
  /** Leaves it to the watchdog. */
  readonly watchdogMs: number | undefined;
}

const { buffer, endless, watchdogMs } = workerData as Given; // what boot.ts gives
const heartbeat = new Heartbeat(buffer);
const main = new MainThread({ heartbeat, kick: () => parentPort?.postMessage("kick") });
const watchdog = new Watchdog(new TurnWatch(heartbeat), main, watchdogMs ?? Number.POSITIVE_INFINITY);

/** How often it asks a main thread that does not stand still, as a guard does. */
const mostTries = 3;
let endings = 0;
let failures = 0;

async function look(): Promise<void> {
  try {
    let ended = await watchdog.look(performance.now());
    if (watchdogMs === undefined && Atomics.exchange(endless, 0, 0) !== 0) {
      // Who ends a turn has looked at it just before, as a rule.
      if (endings++ % 2 === 0) await main.stack();
      ended = await main.end({ tid: heartbeat.turn()?.tid ?? 0, by: 7, why: "enough of it", forMs: 1_600 });
    }
    if (ended !== undefined) tell({ guard: ended });
    if (ended !== undefined) failures = 0;
  } catch (error) {
    if (++failures < mostTries) Atomics.store(endless, 0, 1);
    else tell({ failed: String(error) });
  }
  setTimeout(look, 2);
}

function tell(what: object): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
  Atomics.sub(endless, 1, 1);
}

look();
parentPort?.postMessage("up");
