// `npm start`: `yieldix run apps/echo.ts`, with the monitor where there is a terminal for it. A program of its own, because
// only a program can ask whether there is one; --no-monitor among what npm was given wins over that.

import process from "node:process";
import { fileURLToPath } from "node:url";

const { stdin, stdout, argv } = process;
const monitor = stdin.isTTY && stdout.isTTY ? ["--monitor"] : [];
const main = fileURLToPath(new URL("main.ts", import.meta.url));
argv.splice(1, 1, main, "run", ...monitor, "apps/echo.ts");
await import("./main.ts");
