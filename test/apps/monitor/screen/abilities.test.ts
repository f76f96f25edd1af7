// What is drawn with, from the environment and the command line.

import { describe, expect, test } from "vitest";
import { abilitiesOf, canDraw, hasColour } from "../../../../apps/monitor/screen/abilities.ts";

describe("Unicode", () => {
  test.each([
    [{}, false],
    [{ LANG: "en_US.UTF-8" }, true],
    [{ LANG: "C.utf8" }, true],
    [{ LC_ALL: "C", LANG: "en_US.UTF-8" }, false],
    [{ LC_ALL: "", LC_CTYPE: "de_DE.UTF-8", LANG: "C" }, true],
    [{ LC_CTYPE: "POSIX", LANG: "en_US.UTF-8" }, false],
  ])("of %j is %s", (environment, expected) => {
    expect(abilitiesOf(environment).isUnicode).toBe(expected);
    expect(abilitiesOf(environment, { isUnicode: !expected }).isUnicode).toBe(!expected);
  });
});

describe("colour", () => {
  test.each([
    [{ TERM: "xterm" }, "auto", true],
    [{ TERM: "xterm", NO_COLOR: "1" }, "auto", false],
    [{ TERM: "xterm", NO_COLOR: "" }, "auto", true],
    [{ TERM: "xterm", NO_COLOR: "1", FORCE_COLOR: "1" }, "auto", false],
    [{ TERM: "xterm", FORCE_COLOR: "0" }, "auto", false],
    [{ TERM: "xterm", NO_COLOR: "1" }, "always", true],
    [{ TERM: "xterm" }, "never", false],
  ] as const)("of %j with --color %s is %s", (environment, choice, expected) => {
    expect(abilitiesOf(environment, { colour: choice }).hasColour).toBe(expected);
  });

  test("without a terminal there is none, unless it is forced", () => {
    expect(hasColour({ TERM: "xterm" }, "auto", false)).toBe(false);
    expect(hasColour({ CLICOLOR_FORCE: "1" }, "auto", false)).toBe(true);
  });
});

test("a screen needs a terminal that takes commands", () => {
  expect(canDraw({ TERM: "xterm" }, true)).toBe(true);
  expect([canDraw({ TERM: "dumb" }, true), canDraw({}, true), canDraw({ TERM: "xterm" }, false)]).toEqual([
    false,
    false,
    false,
  ]);
});

test("every emulator is taken for the one that blessed describes right", () => {
  const terminals = ["tmux-256color", "screen", "xterm-kitty", "alacritty", "linux", "vt220"];
  expect(terminals.map((TERM) => abilitiesOf({ TERM }).terminal)).toEqual([
    ...Array(4).fill("xterm-256color"),
    "linux",
    "vt220",
  ]);
});
