// The laws every machine keeps, as one suite: run it against a machine of your own, and the kernel will run on it.
// Driven through the Machine interface alone, for machines whose poll is synchronous as for those that return
// promises. Times are the machine's own. This is the only file of the kit that needs vitest.

import { describe, expect, test } from "vitest";
import type { Connection, Machine } from "../../kernel/machine/machine.ts";
import type { Bench } from "./contract/bench.ts";
import { byteLaws } from "./contract/bytes.ts";
import { closingLaws } from "./contract/closing.ts";
import { openingLaws } from "./contract/opening.ts";
import { pollLaws } from "./contract/polling.ts";
import { watchLaws } from "./contract/watching.ts";

export interface ContractOptions {
  /** A path for a Unix socket, a new one each time. Without it the laws of Unix sockets are skipped. */
  readonly unixPath?: () => string;
  /** False: the laws of IPv6 are skipped. Default true; a host without IPv6 skips them by itself. */
  readonly ipv6?: boolean;
  /** Breaks a connection off so that its peer gets ECONNRESET. Without it the laws of resets are skipped. */
  readonly reset?: (connection: Connection) => void;
}

/**
 * Registers the suite with vitest.
 * @param name the machine's name, for the report
 * @param boot makes a machine; each law gets a new one, which is closed after it
 * @param options what this machine can do beyond TCP over IPv4
 */
export function machineContract(
  name: string,
  boot: () => Machine | Promise<Machine>,
  options: ContractOptions = {},
): void {
  const law: Bench["law"] = (title, body) => {
    test(title, async ({ skip }) => {
      const machine = await boot();
      try {
        await body(machine, skip);
      } finally {
        machine.close();
      }
    });
  };
  const bench: Bench = { law, expect, options };
  describe(`the ${name} machine keeps the contract`, () => {
    describe("opening", () => openingLaws(bench));
    describe("bytes", () => byteLaws(bench));
    describe("watching", () => watchLaws(bench));
    describe("closing", () => closingLaws(bench));
    describe("polling", () => pollLaws(bench));
  });
}
