// The table of keys: what the program, help and the key bar say is the same.

import { describe, expect, test } from "vitest";
import { draw } from "../../../apps/monitor/views/draw.ts";
import { helpLines } from "../../../apps/monitor/views/help.ts";
import { actionOf, keysIn, keysOf, keyTable, keyText } from "../../../apps/monitor/views/keys.ts";
import type { Screen, ViewName } from "../../../apps/monitor/views/model.ts";
import { frame, screenOf } from "./fixtures.ts";

const views: readonly ViewName[] = ["tasks", "tree", "detail", "io", "syscalls", "log", "apps", "trace"];
const size = { columns: 120, rows: 40 };

const textOf = (screen: Screen): readonly string[] =>
  draw(screen).lines.map((line) => line.map(({ text }) => text).join(""));

describe("keys", () => {
  test("no key means two things in one view, with vi's keys or without", () => {
    for (const view of views) {
      for (const isVi of [false, true]) {
        const keys = keysIn(view).flatMap((binding) => keysOf(binding, isVi));
        const twice = keys.filter((key, place) => keys.indexOf(key) !== place);
        expect({ view, isVi, twice }).toEqual({ view, isVi, twice: [] });
      }
    }
  });

  test("htop's are where its users look for them", () => {
    const htop = {
      f1: "help",
      f2: "columns",
      f3: "find",
      f4: "filter",
      f5: "tree",
      f6: "sortMenu",
      f7: "raisePriority",
      f8: "lowerPriority",
      f9: "signal",
      f10: "quit",
      space: "tag",
      P: "sortByCpu",
      T: "sortByRun",
      N: "sortByTid",
      q: "quit",
      "C-c": "quit",
      F: "follow",
      U: "untagAll",
      k: "signal",
      "/": "find",
      "\\": "filter",
      s: "traceTasks",
      l: "endpoints",
    };
    for (const [key, action] of Object.entries(htop))
      expect([key, actionOf(key, "tasks", false)]).toEqual([key, action]);
  });

  test("with --vi j and k move, h and l fold a tree, and K kills", () => {
    expect(["h", "j", "k", "l", "K"].map((key) => actionOf(key, "tree", true))).toEqual([
      "fold",
      "down",
      "up",
      "unfold",
      "signal",
    ]);
    expect(["h", "k", "l"].map((key) => actionOf(key, "tasks", false))).toEqual(["help", "signal", "endpoints"]);
  });

  test("a view has the keys that do something in it, and only those", () => {
    expect(actionOf("C", "trace", false)).toBe("traceCounts");
    expect(actionOf("C", "tasks", false)).toBeUndefined();
    expect(actionOf("]", "detail", false)).toBe("nextTask");
    expect(actionOf("p", "tasks", false)).toBe("pin");
    expect(actionOf("p", "trace", false)).toBe("tracePause");
    for (const view of views) {
      for (const key of ["q", "C-c", "f1", "escape", "1", "8", "tab"]) expect(actionOf(key, view, false)).toBeDefined();
    }
  });

  test("help has every key of its view, with its text", () => {
    for (const view of views) {
      const text = helpLines(screenOf(view, size), 72)
        .map((line) => line.map((part) => part.text).join(""))
        .join("\n");
      for (const binding of keysIn(view)) {
        expect(text).toContain(binding.text);
        for (const key of binding.keys) expect(text).toContain(keyText(key));
      }
    }
  });

  test("says what quitting does: to a kernel elsewhere, and to the user's own run", () => {
    const quitting = (isOwner: boolean): string =>
      helpLines(screenOf("tasks", size, { isOwner }), 72)
        .map((line) => line.map(({ text }) => text).join(""))
        .filter((text) => text.includes("quit"))
        .join();
    expect(quitting(false)).toContain("quit; the kernel goes on");
    expect(quitting(true)).toContain("quit, and end the app");
  });

  test("on a read-only port help says what does not work", () => {
    const readOnly = { ...frame, kernel: { ...frame.kernel, access: "read-only" as const } };
    const text = helpLines(screenOf("tasks", size, { frame: readOnly }), 72)
      .flat()
      .map((part) => part.text)
      .join("\n");
    const changing = keysIn("tasks").filter(({ isChanging }) => isChanging === true);
    expect(changing.map(({ action }) => action)).toEqual(["raisePriority", "lowerPriority", "signal", "reset"]);
    for (const { text: what } of changing) expect(text).toContain(`${what} (read-only)`);
  });

  test("the way out is on every key bar, and a click on a key is that key", () => {
    for (const view of views) {
      for (const columns of [40, 80, 120]) {
        const screen = screenOf(view, { columns, rows: 24 });
        expect(textOf(screen).at(-1)).toContain("qQuit");
        const { regions, lines } = draw(screen);
        const bar =
          lines
            .at(-1)
            ?.map(({ text }) => text)
            .join("") ?? "";
        for (const { row, from, to, target } of regions) {
          if (row !== 23 || target.kind !== "action") continue;
          const binding = keysIn(view).find(({ action }) => action === target.action);
          expect(bar.slice(from, to).trim()).toContain(binding?.bar);
        }
      }
    }
  });

  test("each action that changes something is refused by no other name", () => {
    const changing = new Set(keyTable.filter(({ isChanging }) => isChanging).map(({ action }) => action));
    for (const { action, isChanging } of keyTable) expect(isChanging === true).toBe(changing.has(action));
  });
});
