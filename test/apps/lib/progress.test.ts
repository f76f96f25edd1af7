// A line that says how far something is: on a simulated terminal, and on none.

import { describe, expect, test } from "vitest";
import {
  GetTerminal,
  Group,
  KillTask,
  NewTask,
  type Program,
  type Runnable,
  Sleep,
  WaitTask,
} from "../../../apps/index.ts";
import { progress, progressBar } from "../../../apps/lib/index.ts";
import type { Terminal } from "../../../kernel/machine/host-parts.ts";
import { run } from "../../kit/index.ts";
import { thrownBy } from "../../laws/members.ts";

/** A terminal that keeps all that was shown on it. */
class Screen implements Terminal {
  columns = 20;
  readonly rows = 5;
  readonly shown: string[] = [];

  showStatus(text: string): void {
    this.shown.push(text);
  }
}

function runOn(screen: Screen | undefined, program: () => Runnable<unknown>): unknown {
  return run(program, { host: { terminal: (output) => (output === "stderr" ? screen : undefined) } }).value;
}

describe("a progress line", () => {
  test("is drawn anew ten times a second while its program runs, and taken away when that returns", () => {
    const screen = new Screen();
    let done = 0;
    const value = runOn(screen, function* () {
      const program = (function* (): Program<string> {
        for (; done < 100; done++) yield* new Sleep(2.4);
        return "value";
      })();
      return yield* progress(() => `${done} done`, program);
    });
    expect(value).toBe("value");
    expect(screen.shown).toEqual(["41 done", "83 done", ""]);
  });

  test.each([
    ["throws", new Error("bang")],
    ["throws undefined", undefined],
  ])("is taken away when its program %s, whose error comes through as it is", (_how, error) => {
    const screen = new Screen();
    const value = runOn(screen, function* () {
      return yield* thrownBy(
        progress(
          () => "half",
          (function* (): Program<void> {
            yield* new Sleep(150);
            throw error;
          })(),
        ),
      );
    });
    expect(value).toBe(error);
    expect(screen.shown).toEqual(["half", ""]);
  });

  test("is taken away when its task is killed, and the program is closed", () => {
    const screen = new Screen();
    let isClosed = false;
    runOn(screen, function* () {
      const program = (function* (): Program<void> {
        try {
          yield* new Sleep(1_000);
        } finally {
          isClosed = true;
        }
      })();
      const tid = yield* new NewTask(progress(() => "half", program));
      yield* new Sleep(150);
      yield* new KillTask(tid);
      yield* new WaitTask(tid);
      expect(screen.shown.at(-1)).toBe("");
    });
    expect(isClosed).toBe(true);
    expect(screen.shown[0]).toBe("half");
  });

  test("is cut to the width, which may change, and is safe to show", () => {
    const screen = new Screen();
    runOn(screen, function* () {
      const program = (function* (): Program<void> {
        yield* new Sleep(150);
        screen.columns = 8;
        yield* new Sleep(100);
      })();
      yield* progress(() => "\x1b[2J a long line from outside", program);
    });
    expect(screen.shown).toEqual(["\\u{1b}[2J a long l~", "\\u{1b}~", ""]);
  });

  test("may be a few lines, each cut, of which the last are kept where there is no room for all", () => {
    const screen = new Screen();
    runOn(screen, () => progress(() => "1\n2\n3 of a long line\n4\n5\n6", new Sleep(150)));
    expect(screen.shown).toEqual(["3 of a long line\n4\n5\n6", ""]);
    screen.columns = 8;
    runOn(screen, () => progress(() => "a long line\nb", new Sleep(150)));
    expect(screen.shown.slice(2)).toEqual(["a long~\nb", ""]);
  });

  test("is not made at all where stderr is no terminal", () => {
    let isMade = false;
    const value = runOn(undefined, function* () {
      const line = (): string => {
        isMade = true;
        return "";
      };
      return yield* progress(
        line,
        new Group<string>(function* () {
          yield* new Sleep(1_000);
          return "value";
        }),
      );
    });
    expect(value).toBe("value");
    expect(isMade).toBe(false);
  });

  test("that cannot be made ends its program", () => {
    const screen = new Screen();
    const value = runOn(screen, function* () {
      const line = (): string => {
        throw new Error("no line");
      };
      return yield* thrownBy(progress(line, new Sleep(1_000)));
    });
    expect(value).toMatchObject({ message: "no line" });
    expect(screen.shown).toEqual([""]);
  });
});

test("GetTerminal knows two outputs, and no terminal where the machine has none", () => {
  const { value } = run(function* () {
    return [
      yield* new GetTerminal(),
      yield* thrownBy(
        (function* (): Program<void> {
          yield* new GetTerminal("stdin" as "stdout"); // not for the compiler either
        })(),
      ),
    ];
  });
  expect(value).toMatchObject([
    undefined,
    { code: "EINVAL", message: 'GetTerminal of "stdin": give "stdout" or "stderr"' },
  ]);
});

test.each([
  [0, 6, "[    ]"],
  [0.5, 6, "[=>  ]"],
  [0.99, 6, "[==> ]"],
  [1, 6, "[====]"],
  [7, 6, "[====]"],
  [-1, 6, "[    ]"],
  [Number.NaN, 6, "[    ]"],
  [0.5, 2, ""],
  [0.5, Number.NaN, ""],
])("a bar of %d in %d cells is %j", (share, cells, bar) => {
  expect(progressBar(share, cells)).toBe(bar);
});
