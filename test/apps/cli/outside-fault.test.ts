// Whose fault an error is: the outside's, of which the sentence is enough, or the app's, of which one wants the place.

import { expect, test } from "vitest";
import { failureOf } from "../../../apps/cli/failure.ts";
import { outsideFaults } from "../../../apps/cli/outside-fault.ts";
import { UsageError } from "../../../apps/index.ts";
import { Cancelled, SyscallError } from "../../../kernel/errors.ts";
import { systemError } from "../../../kernel/machine/node-error.ts";

const error = (code: string, cause?: unknown): SyscallError =>
  new SyscallError(code, `${code} it is`, cause === undefined ? {} : { cause });
const together = (...errors: unknown[]): AggregateError => new AggregateError(errors, "a group failed");

test.each(["EADDRINUSE", "EACCES", "ECONNREFUSED", "ENOENT", "ENOSPC", "ENOTFOUND"])("%s is the outside's", (code) => {
  expect(outsideFaults(error(code))).toEqual([error(code)]);
});

test.each(["EINVAL", "EBADF", "EBUSY", "EDEADLK", "ESRCH", "ESTALE", "ENOTSUP", "EOWNERDEAD", "EMINE"])(
  "%s is the app's, whatever caused it",
  (code) => {
    expect(outsideFaults(error(code))).toBeUndefined();
    expect(outsideFaults(error(code, { code }))).toBeUndefined();
  },
);

test.each(["EAGAIN", "EIO", "ELOOP", "EMFILE", "ENAMETOOLONG", "EPERM", "EPIPE", "ETIMEDOUT"])(
  "%s is the outside's where the system has said so",
  (code) => {
    expect(outsideFaults(error(code))).toBeUndefined();
    expect(outsideFaults(error(code, new Error("of the app's own")))).toBeUndefined();
    expect(outsideFaults(systemError({ code }, "connect"))).toHaveLength(1);
  },
);

test("what a child has died of is the app's, and so is what a cleanup threw when a time was up", () => {
  expect(outsideFaults(error("ELOOP", new TypeError("x is not a function")))).toBeUndefined();
  expect(outsideFaults(error("ELOOP", error("EINVAL")))).toBeUndefined();
  expect(outsideFaults(error("ETIMEDOUT", error("EBADF")))).toBeUndefined();
  const foreign = Object.assign(new Error("closed"), { name: "SyscallError", code: "EBADF" });
  expect(outsideFaults(error("ETIMEDOUT", foreign))).toBeUndefined();
});

test("a name that cannot be resolved just now is the outside's", () => {
  expect(outsideFaults(systemError({ code: "EAI_AGAIN" }, "connect tcp -> nowhere:80"))).toMatchObject([
    { code: "EAGAIN", message: expect.stringContaining("nowhere:80") },
  ]);
});

test("what is no error of a syscall is the app's, a cancel and a usage error too", () => {
  const system = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT", errno: -2 });
  for (const thrown of [system, new TypeError("x"), "ENOENT", undefined, new Cancelled(0, ""), new UsageError("x")]) {
    expect(outsideFaults(thrown)).toBeUndefined();
  }
});

test("errors of another copy of the package are known by their name", () => {
  const foreign = Object.assign(new Error("somebody listens there"), { name: "SyscallError", code: "EADDRINUSE" });
  expect(outsideFaults(foreign)).toEqual([foreign]);
});

test("a group's are the outside's if all of them are, each told once; what is without end or too much is not", () => {
  const [taken, gone] = [error("EADDRINUSE"), error("ENOENT")];
  expect(outsideFaults(together(taken, together(gone, taken)))).toEqual([taken, gone]);
  expect(outsideFaults(together(taken, error("EINVAL")))).toBeUndefined();
  expect(outsideFaults(together())).toBeUndefined();
  const own = together();
  own.errors.push(taken, own);
  expect(outsideFaults(own)).toBeUndefined();
  const many = Array.from({ length: 17 }, (_, n) => new SyscallError("ENOENT", `open ${n}`));
  expect(outsideFaults(together(...many.slice(1)))).toHaveLength(16);
  expect(outsideFaults(together(...many))).toBeUndefined();
});

test("such a failure is its sentences alone, escaped, unless its stack is wanted", () => {
  const errors = together(new SyscallError("ENOENT", 'open "\u001b[2J"'), error("EACCES"));
  expect(failureOf(errors, "app.ts")).toEqual({
    code: 1,
    text: 'yieldix: app.ts failed: ENOENT: open "\\u{1b}[2J"\n  and EACCES: EACCES it is\n',
  });
  expect(failureOf(error("EACCES"), "app.ts", { stack: true }).text).toMatch(/^yieldix: [^\n]*\n +at /);
  expect(failureOf(error("EINVAL"), "app.ts").text).toMatch(/^yieldix: [^\n]*\n +at /);
});
