// What a command says, to its end, and what becomes of it where that does not come.

import { describe, expect, test } from "vitest";
import { type OutputOptions, output } from "../../../apps/lib/index.ts";
import type { Call, Program, Runnable } from "../../../kernel/syscall.ts";
import { GetTask, KillTask, NewTask, Sleep, Timeout, WaitTask } from "../../../syscalls/index.ts";
import { hostMachines } from "../../kernel/machine/host-machines.ts";
import { onHost } from "../../kernel/machine/on-host.ts";
import { run } from "../../kit/index.ts";
import { Custom, codeOf } from "../../laws/programs.ts";

/** A shell, for the tests alone. */
const shell = (script: string, options?: OutputOptions): Call<unknown> => output("/bin/sh", ["-c", script], options);

describe.each(hostMachines)("on the %s machine", (name) => {
  const booted = <T>(program: Runnable<T>): Promise<T> => onHost(name, () => program);

  test("both outputs and the code, whatever it is", async () => {
    const value = await booted(shell("echo out; echo err >&2; exit 3"));
    expect(value).toEqual({ code: 3, signal: undefined, stdout: "out\n", stderr: "err\n" });
  });

  test("the signal that ended it", async () => {
    expect(await booted(shell("kill -HUP $$"))).toMatchObject({ code: undefined, signal: "HUP" });
  });

  test("input goes in while output comes out, more of each than any pipe holds", async () => {
    const input = "0123456789".repeat(60_000);
    const script = "process.stdin.on('data', (bytes) => { process.stdout.write(bytes); process.stderr.write(bytes); })";
    const value = await booted(output(process.execPath, ["-e", script], { input }));
    expect(value).toEqual({ code: 0, signal: undefined, stdout: input, stderr: input });
  });

  test("a command that does not read its input is none the worse", async () => {
    const value = await booted(shell("exec 0<&-; echo deaf", { input: "x".repeat(500_000) }));
    expect(value).toMatchObject({ code: 0, stdout: "deaf\n" });
  });

  test("without input there is its end; with an empty one, too", async () => {
    expect(await booted(shell("cat; echo end"))).toMatchObject({ stdout: "end\n" });
    expect(await booted(shell("cat; echo end", { input: "" }))).toMatchObject({ stdout: "end\n" });
  });

  test("bytes that are no UTF-8 are U+FFFD, and a character in pieces is whole", async () => {
    const script = "printf '\\342'; sleep 0.01; printf '\\202\\254 \\377'";
    expect(await booted(shell(script))).toMatchObject({ stdout: "€ \uFFFD" });
  });

  test("as many bytes as are allowed are, one more is EMSGSIZE, and the command is ended", async () => {
    const value = await booted(
      (function* () {
        const most = yield* shell("printf 12345", { maxBytes: 5 });
        const codes = [
          yield* codeOf(shell("printf 123456; sleep 1000", { maxBytes: 5 })),
          yield* codeOf(shell("printf 123456 >&2; sleep 1000", { maxBytes: 5 })),
        ];
        return [most, codes, yield* new Custom((task) => task.owned?.size ?? 0)];
      })(),
    );
    expect(value).toEqual([{ code: 0, signal: undefined, stdout: "12345", stderr: "" }, ["EMSGSIZE", "EMSGSIZE"], 0]);
  });

  test("a deadline ends the command, and a task that waits for it says for what", async () => {
    const value = await booted(
      (function* () {
        const code = yield* codeOf(new Timeout(20, shell("sleep 1000")));
        const tid = yield* new NewTask(shell("sleep 1000"));
        let waiting = yield* new GetTask(tid);
        while (waiting?.verb !== "select") {
          yield* new Sleep(1);
          waiting = yield* new GetTask(tid);
        }
        yield* new KillTask(tid);
        const exit = yield* new WaitTask(tid);
        return [code, waiting.object.replaceAll(/\d+/g, "PID"), exit.status];
      })(),
    );
    expect(value).toEqual(["ETIMEDOUT", "stdout: read pipe sh PID stdout, stderr: read pipe sh PID stderr", "killed"]);
  });
});

test("a bound that is none is EINVAL", () => {
  const codes = (function* (): Program<string[]> {
    const all = [];
    for (const maxBytes of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      all.push(yield* codeOf(output("true", [], { maxBytes })));
    }
    return all;
  })();
  expect(run(codes).value).toEqual(Array(4).fill("EINVAL"));
});
