// The agent as its clients see it: what it answers, what it refuses, what it undoes.

import { describe, expect, test } from "vitest";
import { NewTask, Sleep } from "../../../syscalls/index.ts";
import { runWithDesk } from "./desk.ts";

describe("a session", () => {
  test("says hello, and refuses another version", () => {
    runWithDesk(function* (desk) {
      expect(desk.session.answer("hello", { version: 1 })).toEqual({
        version: 1,
        name: "town",
        pid: 4021,
        access: "full",
      });
      expect(() => desk.session.answer("hello", { version: 2 })).toThrow(/version 2/);
      yield* new Sleep(0);
    });
  });

  test("shows every task with what it does", () => {
    runWithDesk(function* (desk) {
      const sleeper = yield* new NewTask(new Sleep(5_000), "sleeper");
      yield* new Sleep(1_000);
      const rows = desk.rows();
      expect(rows.get(sleeper)).toMatchObject({ name: "sleeper", state: "S", verb: "sleep", forMs: 1_000, parent: 1 });
    });
  });
});
