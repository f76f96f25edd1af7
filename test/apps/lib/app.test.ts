// Apps with a command line: help, faults of whoever typed it, and faults of the app's own.

import { parseArgs } from "node:util";
import { describe, expect, test } from "vitest";
import { app, environmentPort, NewTask, print, SetEnv, Sleep, UsageError, wholeNumber } from "../../../apps/index.ts";
import { run, runExit } from "../../kit/index.ts";

const synopsis = "usage: yieldix run beep.ts -- [--times 3]";
const usage = `${synopsis}

Rings the bell.

  --times n  how often (default: 3)`;

function parse(argv: readonly string[]): { times: number; words: readonly string[] } {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { times: { type: "string", default: "3" } },
  });
  if (values.times === "0") throw new UsageError("--times 0 is silence: leave the bell alone");
  if (values.times === "99") throw new TypeError("a fault of the parser's own");
  return { times: wholeNumber("times", values.times, [1, 100]), words: positionals };
}

const beep = app(usage, parse, function* beep({ times, words }) {
  yield* print([times, ...words].join(" "));
});

const said = (...argv: string[]): string => run(beep(argv)).machine.stdout.text;
const thrown = (...argv: string[]): unknown => {
  const { outcome } = runExit(beep(argv));
  return outcome.status === "threw" ? outcome.error : outcome.status;
};

describe("an app", () => {
  test("is given what its command line was read to", () => {
    expect(said()).toBe("3\n");
    expect(said("--times", "7", "a")).toBe("7 a\n");
  });

  test("that is asked for help prints its usage text, whatever else it is asked", () => {
    for (const argv of [["--help"], ["-h"], ["--times", "x", "--help"], ["a", "-h", "--", "b"]]) {
      expect(said(...argv)).toBe(`${usage}\n`);
    }
  });

  test("is not asked for help behind a --", () => {
    expect(said("--", "--help", "-h")).toBe("3 --help -h\n");
  });

  test("that cannot do as asked throws a sentence, how it is called, and where there is more", () => {
    const refused = (sentence: string): UsageError =>
      new UsageError(`${sentence}\n${synopsis}\n       --help says more`);
    expect(thrown("--times", "x")).toEqual(refused('--times "x" is not a whole number from 1 to 100'));
    expect(thrown("--times", "0")).toEqual(refused("--times 0 is silence: leave the bell alone"));
    expect(thrown("--loud")).toMatchObject({
      name: "UsageError",
      message: expect.stringMatching(/^Unknown option '--loud'.*\nusage: /s),
    });
    expect(thrown("--times")).toMatchObject({
      name: "UsageError",
      message: expect.stringMatching(/argument missing\nusage: /),
    });
  });

  test("that cannot do as asked is no crash with a place in its code, on a log either", () => {
    const { logs } = run(function* () {
      yield* new NewTask(beep(["--times", "x"]), "beep");
      yield* new Sleep(1);
    });
    expect(logs.map(({ text }) => text)).toEqual([expect.stringContaining("--help says more\n  spawned by task 1")]);
  });

  test("that has nothing more to say does not send for it", () => {
    const terse = app(synopsis, parse, function* terse() {});
    expect(runExit(terse(["--times", "x"])).outcome).toMatchObject({
      error: { message: expect.stringMatching(/is not .*\nusage: .*\]$/) },
    });
    expect(run(terse(["-h"])).machine.stdout.text).toBe(`${synopsis}\n`);
  });

  test("whose own parser is at fault throws that error, as it is", () => {
    expect(thrown("--times", "99")).toEqual(new TypeError("a fault of the parser's own"));
    expect(thrown("--times", "99")).not.toBeInstanceOf(UsageError);
  });
});

describe("the environment's port", () => {
  const portIn = (port: string | undefined) =>
    runExit(function* () {
      if (port !== undefined) yield* new SetEnv("PORT", port);
      return yield* environmentPort(7000);
    }).outcome;

  test("is taken where there is one", () => {
    expect(["81", undefined, ""].map(portIn)).toMatchObject([{ value: 81 }, { value: 7000 }, { value: 7000 }]);
  });

  test.each(["65536", "http", " 80"])("%j is none", (port) => {
    const message = `the environment's PORT ${JSON.stringify(port)} is not a whole number from 0 to 65535`;
    expect(portIn(port)).toMatchObject({ error: { name: "UsageError", message } });
  });
});
