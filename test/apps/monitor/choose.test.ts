// The list of kernels: it moves, it is left, it gives the place of the one that is meant.

import { expect, test } from "vitest";
import { choose } from "../../../apps/monitor/choose.ts";
import { topEvents } from "../../../apps/monitor/top.ts";
import { Join, NewTask, Sleep } from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";
import { Canvas } from "./stage.ts";

const choices = ["echo", "town", "a\x1b[2Jb"].map((name, at) => ({ name, pid: 100 + at, text: `unix:${at}.sock` }));

const press = (name: string) => ({ kind: "key", name, text: "" }) as const;

function chosen(...names: string[]): { place: number; lines: string[] } {
  const canvas = new Canvas();
  const { value } = run(function* () {
    const events = topEvents();
    const tid = yield* new NewTask(choose(canvas, events, choices));
    for (const name of names) {
      yield* new Sleep(20_000);
      events.trySend(press(name));
    }
    return yield* new Join(tid);
  });
  return { place: value, lines: canvas.text };
}

test.each([
  [["enter"], 0],
  [["down", "enter"], 1],
  [["end", "up", "down", "down", "enter"], 2],
  [["3"], 2],
  [["9", "up", "enter"], 0],
  [["escape"], -1],
  [["q"], -1],
  [["C-c"], -1],
])("%j", (names, place) => {
  expect(chosen(...names).place).toBe(place);
});

test("every line is exactly as wide as the screen, whatever a kernel is called", () => {
  const { lines } = chosen("down", "down", "enter");
  expect(lines.join("")).not.toMatch(/[\x00-\x1f]/);
  expect(lines.some((line) => line.startsWith(">") && line.includes("102"))).toBe(true);
});
