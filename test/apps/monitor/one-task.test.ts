// The view of one task as its user has it: what is asked for it, and what it says, against a real agent, on simulated time.

import { describe, expect, test } from "vitest";
import type { Program } from "../../../kernel/syscall.ts";
import { NewTask, Sleep } from "../../../syscalls/index.ts";
import { onStage } from "./stage.ts";

function* forever(): Program<void> {
  for (;;) yield* new Sleep(1_000_000);
}

/** Tasks 2 and up: "baker-1" … */
const town = (count: number) =>
  function* (): Program<void> {
    for (let at = 1; at <= count; at++) yield* new NewTask(forever(), `baker-${at}`);
  };

describe("one task", () => {
  test("is opened by Enter, traced while it is looked at, and left by Escape", async () => {
    await onStage(town(3), function* (stage) {
      yield* stage.type("g", "3", "\r", "\r");
      expect(stage.viewer.screen.view).toBe("detail");
      expect(stage.asked).toContainEqual(["trace", { tids: [3] }]);
      expect(stage.text.some((line) => line.includes("baker-2"))).toBe(true);
      yield* stage.type("]");
      expect(stage.viewer.screen.frame?.detail?.task.tid).toBe(4);
      expect(stage.asked.filter(([method]) => method === "trace").at(-1)).toEqual(["trace", { tids: [4] }]);
      yield* stage.type("\x1b");
      expect(stage.viewer.screen.view).toBe("tasks");
      expect(stage.asked.at(-1)).toEqual(["trace", { tids: [] }]);
    });
  });

  test("is asked where it stands once each time its view is opened, and again by b", async () => {
    await onStage(town(3), function* (stage) {
      const asked = (): unknown[] => stage.asked.filter(([method]) => method === "where").map(([, params]) => params);
      yield* stage.type("g", "3", "\r");
      yield* new Sleep(3_000);
      expect(asked()).toEqual([]);
      yield* stage.type("\r");
      yield* new Sleep(3_000);
      expect(asked()).toEqual([{ tid: 3, withLocals: false }]);
      expect(stage.viewer.screen.where).toMatchObject({ tid: 3, turns: 1 });
      yield* stage.type("]", "\x1b", "\r", "b");
      yield* new Sleep(3_000);
      expect(asked().map((params) => Object(params).tid)).toEqual([3, 4, 4, 4]);
      expect(stage.text.join("\n")).not.toContain("b asks again");
    });
  });

  test("that has had turns since it was asked where it stands says so", async () => {
    const walker = function* (): Program<void> {
      const walk = function* (): Program<void> {
        for (;;) yield* new Sleep(700);
      };
      yield* new NewTask(walk(), "walker");
    };
    await onStage(walker, function* (stage) {
      yield* stage.type("g", "2", "\r", "\r");
      expect(stage.text.join("\n")).not.toContain("b asks again");
      yield* new Sleep(3_000);
      expect(stage.text.join("\n")).toContain("it has had turns since: b asks again");
    });
  });

  test("is traced with one line for each syscall, which has its end when that has come", async () => {
    const ticking = function* (): Program<void> {
      const tick = function* (): Program<void> {
        for (;;) yield* new Sleep(700);
      };
      yield* new NewTask(tick(), "clock");
    };
    await onStage(ticking, function* (stage) {
      yield* stage.type("g", "2", "\r", "\r");
      yield* new Sleep(10_000);
      const { records } = stage.viewer.screen.trace;
      expect(records.length).toBeGreaterThan(10);
      expect(records.filter(({ result }) => result === "")).toHaveLength(1);
      expect(new Set(records.map(({ at }) => at)).size).toBe(records.length);
      expect(records.at(-2)?.blockedMs).toBeCloseTo(700, 0);
    });
  });

  test("what is traced by hand goes on when its view is left", async () => {
    await onStage(town(3), function* (stage) {
      yield* stage.type("N", "\x1b[B", " ", " ", "s");
      expect(stage.viewer.screen.view).toBe("trace");
      yield* stage.type("1", "\r", "\x1b");
      expect(stage.asked.filter(([method]) => method === "trace")).toEqual([["trace", { tids: [2, 3] }]]);
      yield* stage.type(":", "\x1b[200~trace off\x1b[201~", "\r");
      expect(stage.asked.at(-1)).toEqual(["trace", { tids: [] }]);
    });
  });

  test("its text is scrolled to its end and no further, so that the way back is as long", async () => {
    await onStage(town(60), function* (stage) {
      stage.canvas.rows = 16;
      yield* stage.type("g", "1", "\r", "\r", "\x1b[B");
      const second = stage.text;
      yield* stage.type("\x1b[F");
      const end = stage.text;
      yield* stage.type("\x1b[B", "\x1b[6~");
      expect(stage.text).toEqual(end);
      const { top } = stage.viewer.placeOf("detail");
      for (let at = 1; at < top; at++) yield* stage.type("\x1b[A");
      expect(stage.text).toEqual(second);
    });
  });
});
