// Child processes of an app, end to end: however the command ends, its children do. The children hold its standard output
// too, so that a run that is over, output and all, is one that has left nobody behind.

import { afterAll, describe, expect, test } from "vitest";
import { hostMachines } from "../../kernel/machine/host-machines.ts";
import { Folder, start } from "./command.ts";

const child = `yield* new Exec("/bin/sh", ["-c", "trap '' TERM; echo started; while :; do sleep 0.01; done"], {
      stdin: "ignore", stdout: "inherit", stderr: "ignore" })`;

const folder = new Folder({
  "waits.ts": `
    import { Exec, type Program, WaitProcess } from "yieldix";
    export default function* waits(): Program<void> { yield* new WaitProcess(${child}); }`,
  "exits.ts": `
    import { Exec, type Program, Sleep } from "yieldix";
    export default function* exits(): Program<void> {
      ${child};
      yield* new Sleep(20);
      process.exit(9);
    }`,
  "full.ts": `
    import { Exec, Listen, output, print, type Program } from "yieldix";
    const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
    export default function* full(): Program<void> {
      yield* output("true"); // so that all it needs is loaded
      const listeners = [];
      try { for (;;) listeners.push(yield* new Listen({ port: 0 })); } catch (error) { yield* print("listen " + codeOf(error)); }
      try { yield* new Exec("true"); } catch (error) { yield* print("exec " + codeOf(error)); }
      for (const listener of listeners) listener.close();
      yield* print("then " + (yield* output("echo", ["fine"])).stdout);
    }`,
});
afterAll(() => folder.remove());

describe.each(hostMachines)("on the %s machine", (machine) => {
  test("a run that is told to end ends its children", async () => {
    const running = start(["run", "--machine", machine, "waits.ts"], folder.path);
    await running.wrote("started");
    running.child.kill("SIGTERM");
    expect(await running.ended).toMatchObject({ code: 0, out: "started\n" });
  });

  test("so does a process that calls process.exit", async () => {
    const running = start(["run", "--machine", machine, "exits.ts"], folder.path);
    expect(await running.ended).toMatchObject({ code: 9 });
  });
});

test("out of descriptors, Exec is EMFILE, and works again when there are some", async () => {
  const running = start(["run", "--no-control", "--machine", "node", "full.ts"], folder.path, "ignore", 200);
  expect(await running.ended).toMatchObject({ out: "listen EMFILE\nexec EMFILE\nthen fine\n\n", err: "" });
});
