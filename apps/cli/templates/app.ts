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
        ["../syscalls/index.ts", "Sleep"],
        ["./lib/index.ts", "type App", "app", "print", "UsageError"],
      ])
    : imports([["yieldix", "type App", "app", "print", "Sleep", "UsageError"]]);
  return `// Says hello, once a second.
//
//   yieldix run ${path} [who] [times]

${needed}

const usage = \`usage: yieldix run ${path} [who] [times]

Says hello, once a second.

  who    to whom (default: world)
  times  how often (default: 3)\`;

interface Options {
  readonly who: string;
  readonly times: number;
}

const main: App = app(usage, parse, function* main({ who, times }) {
  for (let left = times; left > 0; left--) {
    yield* print(\`hello \${who}\`);
    if (left > 1) yield* new Sleep(1_000);
  }
});

export default main;

function parse([who = "world", times = "3", another]: readonly string[]): Options {
  if (another !== undefined) throw new UsageError(\`there is one argument too many: \${another}\`);
  if (!/^[0-9]{1,6}$/.test(times)) throw new UsageError(\`there is no number of times in: \${times}\`);
  return { who, times: Number(times) };
}
`;
}

function test(file: string, isInside: boolean): string {
  const [own, kit] = isInside ? [`../../apps/${file}.ts`, "../kit/index.ts"] : [`./${file}.js`, "yieldix/testing"];
  return `// Hello is said as often as asked, a second apart: on virtual time, so that the test takes none.

${imports([["vitest", "expect", "test"]])}
import main from "${own}";
${imports([[kit, "run"]])}

test("says hello twice, a second apart", () => {
  const { machine, now } = run(main(["you", "2"]));
  expect(machine.stdout.text).toBe("hello you\\nhello you\\n");
  expect(now).toBeGreaterThanOrEqual(1_000);
});

test("refuses what is no number of times", () => {
  expect(() => run(main(["you", "often"]))).toThrow("usage");
});

test("says how it is called", () => {
  expect(run(main(["--help"])).machine.stdout.text).toContain("how often (default: 3)");
});
`;
}
