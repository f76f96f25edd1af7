// The named bounds and the errors that cross the wire.

import { describe, expect, it } from "vitest";
import { codes, RpcError, rpcErrorFrom, textOf } from "../../../apps/rpc/errors.ts";
import { defaultLimits, type Limits, resolveLimits } from "../../../apps/rpc/limits.ts";

describe("limits", () => {
  it("what is not given is the default, what is given holds", () => {
    expect(resolveLimits()).toEqual(defaultLimits);
    expect(resolveLimits({ maxDepth: 7 })).toEqual({ ...defaultLimits, maxDepth: 7 });
  });

  it("they do not change afterwards, whoever holds them", () => {
    const limits: { maxDepth: number } = resolveLimits({ maxDepth: 7 });
    expect(() => {
      limits.maxDepth = 8;
    }).toThrow(TypeError);
  });

  it.each(Object.keys(defaultLimits))("%s: a value that cannot be is refused by name and value", (name) => {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, "1", null]) {
      const options = { [name]: value } as Partial<Limits>; // wrong on purpose
      expect(() => resolveLimits(options)).toThrow(RangeError);
      expect(() => resolveLimits(options)).toThrow(`${name} must be an integer from 1 to`);
      expect(() => resolveLimits(options)).toThrow(`not ${String(value)}`);
    }
    expect(resolveLimits({ [name]: 1 })).toMatchObject({ [name]: 1 });
  });

  it("a name that is no limit is refused, and those that are are told", () => {
    for (const name of ["maxDeph", "constructor", "__proto__x"]) {
      expect(() => resolveLimits({ [name]: 1 })).toThrow(new RegExp(`no limit "${name}".*maxDepth`));
    }
  });

  it("depth and frame have a ceiling each", () => {
    expect(resolveLimits({ maxDepth: 1000, maxFrameBytes: 2 ** 27 })).toMatchObject({ maxDepth: 1000 });
    expect(() => resolveLimits({ maxDepth: 1001 })).toThrow(RangeError);
    expect(() => resolveLimits({ maxFrameBytes: 2 ** 27 + 1 })).toThrow(RangeError);
  });
});

describe("errors", () => {
  it("a code has its fixed text unless another is given", () => {
    expect(new RpcError(codes.invalidParams)).toMatchObject({
      code: -32602,
      message: "Invalid params",
      data: undefined,
    });
    expect(new RpcError(17, "no such lamp", { lamp: 4 })).toMatchObject({
      name: "RpcError",
      code: 17,
      message: "no such lamp",
      data: { lamp: 4 },
    });
    expect(Object.values(codes).map(textOf)).toEqual([
      "Parse error",
      "Invalid Request",
      "Method not found",
      "Invalid params",
      "Internal error",
      "Request cancelled",
      "Server overloaded",
    ]);
  });

  it("a code is an integer", () => {
    for (const code of [1.5, Number.NaN, 2 ** 53]) expect(() => new RpcError(code)).toThrow(RangeError);
  });

  it("a peer's error comes back as it was sent", () => {
    const error = rpcErrorFrom({ code: -1, message: "no", data: [1] });
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: -1, message: "no", data: [1] });
  });

  it.each([
    null,
    1,
    "x",
    [],
    {},
    { code: 1 },
    { message: "x" },
    { code: "1", message: "x" },
    { code: 1.5, message: "" },
  ])("an error member that is none, %j, is -32603", (member) => {
    expect(rpcErrorFrom(member)).toMatchObject({ code: codes.internalError });
  });
});
