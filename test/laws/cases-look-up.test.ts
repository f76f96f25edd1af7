// Names to addresses: what is an address already needs no resolver.

import { describe, expect, test } from "vitest";
import { LookUp } from "../../syscalls/index.ts";
import { run, runAsync } from "../kit/index.ts";
import { codeOf } from "./programs.ts";

describe("LookUp", () => {
  const lookup = async (name: string): Promise<string[]> => [`address of ${name}`];

  test("answers what the host says", async () => {
    expect((await runAsync(new LookUp("example.org"), { host: { lookup } })).value).toEqual(["address of example.org"]);
  });

  test.each(["127.0.0.1", "::1", "fe80::1%eth0"])("%s is an address already, on any machine", (address) => {
    expect(run(new LookUp(address)).value).toEqual([address]);
  });

  test("is ENOTSUP on a machine without a resolver", async () => {
    expect((await runAsync(codeOf(new LookUp("example.org")))).value).toBe("ENOTSUP");
  });

  test("a name that cannot be is refused when it is made", () => {
    expect(() => new LookUp("")).toThrow(expect.objectContaining({ code: "EINVAL" }));
    expect(() => new LookUp("a\0b")).toThrow(expect.objectContaining({ code: "EINVAL" }));
    expect(() => new LookUp("a".repeat(254))).toThrow(expect.objectContaining({ code: "ENAMETOOLONG" }));
    expect(new LookUp(`${"a".repeat(253)}.`).name).toHaveLength(254);
    expect(() => new LookUp(7 as unknown as string)).toThrow(TypeError);
  });
});
