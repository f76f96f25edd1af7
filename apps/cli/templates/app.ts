// The app to start from: it reads its arguments, waits on the kernel's clock, and prints.

import { type Files, imports } from "./files.ts";

/**
 * An app and its test.
 * @param file the file's name, without an ending
 * @param isInside whether they are for this repository
 */
export function appFiles(file: string, isInside: boolean): Files {
  return isInside
    ? { [`apps/${file}.ts`]: source(file, true), [`test/apps/${file}.test.ts`]: test(file, true) }
    : { [`${file}.ts`]: source(file, false), [`${file}.test.ts`]: test(file, false) };
}

function source(file: string, isInside: boolean): string {
  const path = `${isInside ? "apps/" : ""}${file}.ts`;
  const needed = isInside
    ? imports([
        ["../kernel/syscall.ts", "type Routine", "routine"],
        ["../syscalls/index.ts", "Sleep"],
        ["./lib/index.ts", "print", "UsageError"],
      ])
    : imports([["yieldix", "print", "type Routine", "routine", "Sleep", "UsageError"]]);
  return `// Says hello, once a second.
//
//   yieldix run ${path} [who] [times]

${needed}

const usage = "usage: yieldix run ${path} [who] [times]";

const app: Routine<[argv: readonly string[]], void> = routine(function* main(argv) {
  const [who = "world", times = "3", ...rest] = argv;
  if (rest.length > 0 || !/^[0-9]{1,6}$/.test(times)) throw new UsageError(usage);
  for (let left = Number(times); left > 0; left--) {
    yield* print("hello " + who);
    if (left > 1) yield* new Sleep(1_000);
  }
});

export default app;
`;
}

function test(file: string, isInside: boolean): string {
  const [own, kit] = isInside ? [`../../apps/${file}.ts`, "../kit/index.ts"] : [`./${file}.js`, "yieldix/testing"];
  return `// Hello is said as often as asked, a second apart: on virtual time, so that the test takes none.

${imports([["vitest", "expect", "test"]])}
import app from "${own}";
${imports([[kit, "run"]])}

test("says hello twice, a second apart", () => {
  const { machine, now } = run(app(["you", "2"]));
  expect(machine.stdout.text).toBe("hello you\\nhello you\\n");
  expect(now).toBeGreaterThanOrEqual(1_000);
});

test("refuses what is no number of times", () => {
  expect(() => run(app(["you", "often"]))).toThrow("usage");
});
`;
}
