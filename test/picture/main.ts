// `npm run picture`: runs the demo with its monitor in a real terminal, and writes what is on the screen as an SVG for the
// documents. With a path and keys it takes another picture: `npm run picture -- /tmp/tree.svg 2 Down`.

import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { commandOf, root } from "../apps/cli/command.ts";
import { Terminal } from "../apps/monitor/terminal.ts";
import { screenSvg } from "./svg.ts";

const [columns, rows] = [120, 40];
/** So long that sparklines have a history and all findings are there, ms. */
const settleMs = 12_000;
const title = "yieldix top: the tasks of a running kernel, with what each of them waits for";

async function main([
  path = fileURLToPath(new URL("../../apps/monitor/screen.svg", import.meta.url)),
  ...keys
]: string[]) {
  if (!Terminal.isThere) throw new Error("a picture needs tmux and bash");
  const terminal = await Terminal.start(commandOf(["run", "apps/demo.ts", "--monitor"]), { columns, rows, cwd: root });
  try {
    await terminal.until((lines) => lines.some((line) => line.includes("deadlock-left")));
    await delay(settleMs);
    for (const key of keys) {
      await terminal.keys(key);
      await delay(1_000);
    }
    const lines = await terminal.screenWithColours();
    const svg = screenSvg(lines, columns, title);
    writeFileSync(path, svg);
    console.log(`${path}: ${columns}x${rows}, ${Math.ceil(svg.length / 1_000)} KB`);
  } finally {
    terminal.close();
  }
}

await main(process.argv.slice(2));
