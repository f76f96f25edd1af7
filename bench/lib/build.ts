// Compiles the repository by tsc into a folder of this process, for children to run. Not through tsx: its compiler
// wraps each class in a call that sets the class's name, which can keep V8 from ever optimising a loop that makes objects
// of it. With one form of the kernel a trap took 300-600 ns through tsx and 70 without (Node 20.20). A row of `switch`
// watches that.

import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { output, root } from "./child.ts";

/** Inside node_modules, so that packages are found from it, and neither git nor the linter looks. */
const folder = `${root}node_modules/.cache/yieldix-bench-${process.pid}/`;
let built: Promise<unknown> | undefined;

/** The compiled form of a TypeScript file of the repository. The first call compiles, types unchecked, within a second or two. */
export async function compiled(module: URL): Promise<string> {
  built ??= build();
  await built;
  return fileURLToPath(module).replace(root, folder).replace(/\.ts$/, ".js");
}

async function build(): Promise<void> {
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const compiler = [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}bench/tsconfig.json`, "--outDir", folder];
  await output([process.execPath, ...compiler], 120_000);
}
