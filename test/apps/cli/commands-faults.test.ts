// What goes wrong between a command and a kernel: the exit code, and the sentence.

import { describe, expect, test } from "vitest";
import { ClientError } from "../../../apps/cli/client-error.ts";
import { OutputClosed } from "../../../apps/cli/client-program.ts";
import { failureOf } from "../../../apps/cli/failure.ts";
import { askFault, attachFault, isGone, isNoTask } from "../../../apps/cli/faults.ts";
import { errorCodes } from "../../../apps/control/protocol.ts";
import type { Stuck } from "../../../apps/control/records.ts";
import { UsageError } from "../../../apps/lib/usage.ts";
import { codes, RpcError } from "../../../apps/rpc/index.ts";
import { SyscallError } from "../../../kernel/index.ts";

const stuck: Stuck = {
  tid: 28,
  name: "evil\u001b[2J",
  forMs: 1_240,
  stack: ["app.ts:28:3 in evil", "app.ts:40:1 in main"],
};

describe("a kernel that answers with an error", () => {
  test.each([
    [codes.invalidParams, 2],
    [errorCodes.readOnly, 1],
    [errorCodes.system, 1],
    [codes.methodNotFound, 1],
    [errorCodes.gone, 3],
    [errorCodes.notResponding, 3],
  ])("with %i makes the exit code %i", (code, exitCode) => {
    expect(failureOf(askFault(new RpcError(code, "because")), "the command")).toEqual({
      code: exitCode,
      text: expect.stringContaining("because"),
    });
  });

  test("because it is stuck names the task, its line and the way out, and nothing that acts", () => {
    const { text } = failureOf(askFault(new RpcError(errorCodes.notResponding, "stuck", stuck)), "the command");
    expect(text).toBe(
      "yieldix: the kernel does not answer: a turn of task 28 evil\\u{1b}[2J has not ended for 1.2 s, at app.ts:28:3 in evil: " +
        "yieldix kill -s KILL 28 ends it\n",
    );
  });

  test("because its thread is busy outside its tasks names no task to kill", () => {
    const data = { ...stuck, tid: 0, name: "" };
    const { text } = failureOf(askFault(new RpcError(errorCodes.notResponding, "busy outside", data)), "the command");
    expect(text).toBe("yieldix: busy outside\n");
  });

  test.each([null, 7, {}, { tid: 28 }, { tid: {}, stack: [7], forMs: "long" }])(
    "stuck, with data %j, still makes a sentence",
    (data) => {
      expect(failureOf(askFault(new RpcError(errorCodes.notResponding, "stuck", data)), "the command").code).toBe(3);
    },
  );
});

test("a kernel that cannot be found or reached is 3, and one of several that is not named is 2", () => {
  const codeOf = (error: unknown): number => failureOf(attachFault(error), "the command").code;
  const system = ["ENOENT", "ECONNREFUSED", "ETIMEDOUT", "EPROTO", "EPERM"].map((code) =>
    codeOf(new SyscallError(code, "no")),
  );
  expect(system).toEqual([3, 3, 3, 3, 3]);
  expect(codeOf(new SyscallError("EINVAL", "2 kernels run"))).toBe(2);
  expect(codeOf(new RpcError(codes.invalidParams, "no such token"))).toBe(3);
});

test("a fault of another kind is passed on as it is", () => {
  const others = [
    new UsageError("no"),
    new ClientError(1, "no"),
    new OutputClosed("EPIPE", "stdout"),
    new TypeError("ours"),
    7,
  ];
  expect(others.map((error) => askFault(error))).toEqual(others);
  expect(attachFault(others[3])).toBe(others[3]);
});

test("a task that never was or is forgotten is told from a kernel that is gone", () => {
  const errors = [
    new SyscallError("ESRCH", "no"),
    new RpcError(errorCodes.system, "no", { code: "ESTALE" }),
    new RpcError(errorCodes.gone, "no"),
    new SyscallError("EPIPE", "no"),
    new RpcError(errorCodes.system, "no", { code: "EPERM" }),
  ];
  expect(errors.map(isNoTask)).toEqual([true, true, false, false, false]);
  expect(errors.map(isGone)).toEqual([false, false, true, true, false]);
});
