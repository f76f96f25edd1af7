// `log-child.ts <lines>` writes a web server's log, counts it with the app, and prints what that took as a line of JSON.

import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import accessLog from "../../apps/pipelines/access-log.ts";
import { Kernel } from "../../kernel/index.ts";
import { NodeMachine } from "../../kernel/machine/node.ts";
import { cpuMs } from "../lib/timing.ts";
import type { LogCosts } from "./tables.ts";

const linesAtOnce = 1_000;

/** Two of three requests are for one of four paths, the others for one of a great many. */
function line(n: number): string {
  const path = n % 3 === 0 ? `/item/${(n * 7_919) % 1_000_003}` : `/page/${n % 4}.html?visit=${n}`;
  const status = [200, 200, 200, 304, 404, 500][n % 6];
  return `10.0.0.${n % 256} - - [10/Oct/2000:13:55:36 -0700] "GET ${path} HTTP/1.1" ${status} ${n % 9_973} "-" "Mozilla/5.0 (X11; Linux x86_64)"\n`;
}

async function write(path: string, lines: number): Promise<void> {
  const file = await open(path, "w");
  for (let n = 0; n < lines; n += linesAtOnce) {
    await file.write(Array.from({ length: Math.min(linesAtOnce, lines - n) }, (_, at) => line(n + at)).join(""));
  }
  await file.close();
}

const folder = mkdtempSync(join(tmpdir(), "yieldix-bench-"));
try {
  const path = join(folder, "access.log");
  await write(path, Number(process.argv[2]));
  const before = cpuMs();
  await new Kernel(new NodeMachine()).run(accessLog(["--json", path]));
  const costs: LogCosts = {
    cpuSeconds: (cpuMs() - before) / 1_000,
    peakMb: (process.resourceUsage().maxRSS * 1_024) / 1e6,
  };
  console.log(JSON.stringify(costs));
} finally {
  rmSync(folder, { recursive: true });
}
