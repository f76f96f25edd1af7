// Standard input, end to end: `cat file | yieldix run app.ts`, with a real process and a real pipe or file.

import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { hostMachines } from "../../kernel/machine/host-machines.ts";
import { Folder, start } from "./command.ts";

const imports = `import { lines, OpenStdin, print, type Program, Reader, readLine, SyscallError } from "yieldix";`;

const folder = new Folder({
  "count.ts": `${imports}
    export default function* count(): Program<void> {
      const input = lines(new Reader(yield* new OpenStdin()));
      let [lineCount, characters] = [0, 0];
      for (let line = yield* input.next(); !line.done; line = yield* input.next()) {
        lineCount++;
        characters += line.value.length;
      }
      yield* print(lineCount + " " + characters);
    }`,
  "first.ts": `${imports}
    import { Join, NewTask } from "yieldix";
    function* one(): Program<string> {
      const input = yield* new OpenStdin();
      const code = yield* (function* (): Program<unknown> {
        try { yield* new OpenStdin(); return "none"; } catch (error) { return error instanceof SyscallError && error.code; }
      })();
      return code + " " + String.fromCharCode(...(yield* readTwo(input)));
    }
    import { ReadWait, routine, type Connection } from "yieldix";
    const readTwo = routine(function* readTwo(input: Connection): Program<Uint8Array> {
      for (;;) {
        const bytes = input.read(2);
        if (bytes !== null) return bytes;
        yield* new ReadWait(input);
      }
    });
    export default function* first(): Program<void> {
      for (let n = 0; n < 2; n++) yield* print(yield* new Join(yield* new NewTask(one())));
    }`,
  "lines.txt": Array.from({ length: 20_000 }, (_, n) => `line ${n}\n`).join(""),
});
afterAll(() => folder.remove());

describe.each(hostMachines)("on the %s machine", (machine) => {
  test("what is piped in is read to its end, line by line", async () => {
    const running = start(["run", "--machine", machine, "count.ts"], folder.path, "pipe");
    running.child.stdin?.end(Array.from({ length: 20_000 }, (_, n) => `line ${n}\n`).join(""));
    expect(await running.ended).toEqual({ code: 0, signal: null, out: "20000 188890\n", err: "" });
  });

  test("so is a file", async () => {
    const fd = openSync(join(folder.path, "lines.txt"), "r");
    const running = start(["run", "--machine", machine, "count.ts"], folder.path, fd);
    closeSync(fd);
    expect(await running.ended).toEqual({ code: 0, signal: null, out: "20000 188890\n", err: "" });
  });

  test("it belongs to one task at a time; what that leaves is there for the next, and a run ends before its input", async () => {
    const running = start(["run", "--machine", machine, "first.ts"], folder.path, "pipe");
    running.child.stdin?.write("abcdef");
    const ended = await running.ended;
    running.child.stdin?.destroy();
    expect(ended).toEqual({ code: 0, signal: null, out: "EBUSY ab\nEBUSY cd\n", err: "" });
  });
});
