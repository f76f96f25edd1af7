// The story is true: it tells of each system, shows code that is there, and what `yieldix ps` really says.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { App } from "../../../apps/evolution/plain.ts";
import { runExit } from "../../kit/index.ts";
import { root, yieldix } from "../cli/command.ts";
import type { SocketClient } from "../echo/server.ts";
import { answers, answerText, launched, requestText, roundTrip, type System, systems } from "./systems.ts";

const folder = join(root, "apps/evolution");
const story = readFileSync(join(folder, "README.md"), "utf8");

function blocks(language: string): string[] {
  return [...story.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, its, text = ""]) =>
    its === language ? [text] : [],
  );
}

test("it tells of every system, in their order", () => {
  const rows = [...story.matchAll(/^\| \[`([\w-]+)\.ts`\]\(\1\.ts\) \| [^|]+ \| [^|]+ \|$/gm)].map(([, name]) => name);
  expect(rows).toEqual(systems);
  const paragraphs = [...story.matchAll(/^\*\*`([\w-]+)`\*\* /gm)].map(([, name]) => name);
  expect(paragraphs).toEqual(systems);
});

test("the code that it shows is in the files", () => {
  let file = "";
  for (const line of blocks("ts").join("").split("\n")) {
    const [code = "", named] = line.split(" // ");
    if (named !== undefined) file = readFileSync(join(folder, named), "utf8");
    expect(file).toContain(code.trim());
  }
});

test("the commands that it gives name files that are there, and options that they have", async () => {
  const commands = blocks("sh").flatMap((text) => [...text.matchAll(/-- run (\S+) -- (.*?)(?: +#.*)?$/gm)]);
  expect(commands.length).toBeGreaterThan(3);
  for (const [, app = "", options = ""] of commands) {
    const { default: start } = (await import(join(root, app))) as { default: App }; // as every app of this folder
    // An option too many is refused, and it is the only one.
    const { outcome } = runExit(start([...options.split(" "), "--one-too-many"]));
    expect(outcome).toMatchObject({ status: "threw", error: { message: expect.stringContaining("'--one-too-many'") } });
  }
});

/** What differs each time: ports, times, and how wide a column is for them. */
function alike(text: string): string[] {
  const lines = text.replaceAll(/127\.0\.0\.1:\d+/g, "HOST").replaceAll(/ [\d.]+m?s /g, " TIME ");
  return lines
    .trim()
    .split("\n")
    .map((line) => line.trim().replaceAll(/ +/g, " "));
}

/** `yieldix ps` of a system with two clients, who have said something. */
async function ps(system: System, method: string): Promise<string[]> {
  const server = await launched(system);
  try {
    const clients: SocketClient[] = [];
    const responding: Promise<void>[] = [];
    for (const id of ["a", "b"]) {
      const client = await server.connect();
      clients.push(client);
      await roundTrip(client, id);
      client.send(requestText(id, method));
      await answers(client, 1);
      responding.push(respond(client));
    }
    const columns = ["--columns", "tid,state,waiting,for,name"];
    const { out } = await yieldix(["ps", "-k", String(server.pid), ...columns], root);
    for (const client of clients) client.destroy();
    await Promise.all(responding);
    return alike(out);
  } finally {
    await server.stop("SIGKILL");
  }
}

/** Responds to what the server calls, until the end. */
async function respond(client: SocketClient): Promise<void> {
  for (let text = await client.next(); text !== undefined; text = await client.next()) {
    client.send(answerText(/"id":"(.*)"/.exec(text)?.[1] ?? ""));
  }
}

test.each([
  ["kernel", "foo", 0],
  ["callbacks", "foo", 1],
  ["parallel", "connect", 2],
] as const)("ps says of %s what it says that ps says", async (system, method, place) => {
  // It may be in the middle of a call.
  const caller = /^\d+ [SM] (sleep 1000 ms|wait for event heartbeat of HOST) TIME caller HOST$/;
  const same = (line: string): string => line.replace(caller, "the caller");
  const told = alike(blocks("text")[place] ?? "").map(same);
  const lines = (await ps(system, method)).map(same);
  expect(system === "parallel" ? lines.slice(2, 5) : lines).toEqual(told);
});
