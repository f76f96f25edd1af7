// An end that is neither success nor failure, and what the command makes of it.

import { expect, test } from "vitest";
import { failureOf } from "../../../apps/cli/failure.ts";
import { ExitStatus } from "../../../apps/lib/index.ts";

test("an exit status is the command's, and nothing is said but what it says", () => {
  expect(failureOf(new ExitStatus(1), "app.ts")).toEqual({ code: 1, text: "" });
  expect(failureOf(new ExitStatus(70, "no \x1b[31m"), "app.ts")).toEqual({
    code: 70,
    text: "yieldix: no \\u{1b}[31m\n",
  });
});

test("so is that of an app with a copy of the package of its own, and of nothing that only looks like one", () => {
  const foreign = Object.assign(new Error(""), { name: "ExitStatus", status: 9, said: "" });
  expect(failureOf(foreign, "app.ts")).toEqual({ code: 9, text: "" });
  const other = Object.assign(new Error("x"), { name: "ExitStatus", status: "9", said: "" });
  expect(failureOf(other, "app.ts").code).toBe(1);
});

test.each([[-1], [256], [1.5], [Number.NaN]])("%d is no exit status", (status) => {
  expect(() => new ExitStatus(status)).toThrow(expect.objectContaining({ code: "EINVAL" }));
});
