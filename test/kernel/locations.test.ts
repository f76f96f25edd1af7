// Where suspended generators stand, as the inspector tells.

import { expect, test } from "vitest";
import { locate } from "../../kernel/machine/locations.ts";

function* counting(from: number): Generator<number, void> {
  const list = [from, from + 1];
  for (const item of list) {
    yield item;
  }
}

const line = "function* counting(from: number): Generator<number, void> {";

test("a suspended generator has a file, a line and a column, its source line, and its variables if asked", () => {
  const suspended = counting(7);
  suspended.next();
  const [without] = locate([suspended]);
  expect(without).toEqual({
    at: expect.stringMatching(/locations\.test\.ts:9:\d+$/),
    source: "yield item;",
    locals: {},
  });
  const [location] = locate([suspended], { withLocals: true });
  expect(location?.locals).toMatchObject({ from: "7", item: "7", list: "[7, 8]" });
});

test("a variable of any kind is shown as what it is", () => {
  function* holding(): Generator<void, unknown> {
    const [symbol, big, nothing, none, below] = [Symbol("\u001b[2J"), 10n, null, undefined, -0];
    yield;
    return [symbol, big, nothing, none, below];
  }
  const suspended = holding();
  suspended.next();
  const [location] = locate([suspended], { withLocals: true });
  expect(location?.locals).toMatchObject({
    symbol: "Symbol(\u001b[2J)",
    big: "10n",
    nothing: "null",
    none: "undefined",
    below: "-0",
  });
});

test("one that has not begun is where it is written; one that runs or is over is nowhere", () => {
  const over = counting(1);
  over.return();
  let inside: unknown;
  function* looking(itself: () => Generator): Generator<number, void> {
    inside = locate([itself()])[0]?.at;
    yield 1;
  }
  const running: Generator = looking(() => running);
  running.next();
  const [fresh, ended] = locate([counting(1), over]);
  expect([fresh?.source, ended?.at, inside]).toEqual([line, "", ""]);
});

test("of more than 256 the others are nowhere, and nothing is left behind", () => {
  const many = Array.from({ length: 300 }, () => counting(1));
  const found = locate(many);
  expect([found.length, found[255]?.source, found[256]?.at]).toEqual([300, line, ""]);
  expect("yieldix.located" in globalThis).toBe(false);
});
