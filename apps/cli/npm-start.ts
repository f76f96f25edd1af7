// `npm start`: the echo server, with the monitor where there is a terminal and nobody has said --no-monitor. A program of its
// own, because npm puts what it is given behind the app, where `yieldix run` leaves it to the app.

import process from "node:process";
import { fileURLToPath } from "node:url";

const given = process.argv.slice(2);
const isPlain = given.includes("--no-monitor") || !process.stdin.isTTY || !process.stdout.isTTY;
const isSource = import.meta.url.endsWith(".ts");
const main = new URL(`./main.${isSource ? "ts" : "js"}`, import.meta.url);

process.argv.splice(
  1,
  process.argv.length,
  fileURLToPath(main),
  "run",
  ...(isPlain ? [] : ["--monitor"]),
  isSource ? "apps/echo.ts" : fileURLToPath(new URL("../echo.js", import.meta.url)),
  ...given.filter((word) => word !== "--no-monitor"),
);
await import("./main.ts");
