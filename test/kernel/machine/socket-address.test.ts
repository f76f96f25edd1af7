// Addresses of the epoll machine's sockets: what goes into the system's form comes out of it, and texts are Node's.

import { SocketAddress } from "node:net";
import { networkInterfaces } from "node:os";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressText } from "../../../kernel/machine/endpoint.ts";
import { type Libc, loadLibc, type Memory } from "../../../kernel/machine/libc.ts";
import type { Address } from "../../../kernel/machine/machine.ts";
import {
  addressBytes,
  decodeAddress,
  decodeEnd,
  encodeAddress,
  endText,
  family,
  familyOf,
  isNumeric,
} from "../../../kernel/machine/socket-address.ts";
import { codeOf } from "../../kit/contract/bench.ts";
import { hasEpoll } from "./host-machines.ts";

const ports = fc.integer({ min: 0, max: 65_535 });
const ipv4 = fc.ipV4();
/** Groups with many zeros, so that every place and length of a run comes up; and all other spellings there are. */
const groups = fc.array(fc.constantFrom(0, 0, 0, 1, 0x10, 0xf0, 0xfe80, 0xffff, 0x1234), {
  minLength: 8,
  maxLength: 8,
});
const ipv6 = fc.oneof(
  groups.map((values) => values.map((value) => value.toString(16)).join(":")),
  groups.map((values) => values.map((value) => value.toString(16).toUpperCase().padStart(4, "0")).join(":")),
  fc.ipV6(),
  ipv4.map((host) => `::ffff:${host}`),
  ipv4.map((host) => `64:ff9b::${host}`),
);
/** Deprecated since 2006 and never a socket's: Node writes its last part as IPv4, RFC 5952 does not. */
const isOfOld = (host: string): boolean => /^::\d+\.\d+\.\d+\.\d+$/.test(host);

function spelled(host: string): string {
  return new SocketAddress({ address: host, family: "ipv6" }).address;
}

describe.runIf(hasEpoll)("an address", () => {
  // Not made where there is none: this file is read on every host.
  const lib = (): Libc => loadLibc();
  function encoded(address: Address): { memory: Memory; length: number } {
    const memory = lib().memory(addressBytes);
    memory.bytes.fill(0xaa);
    return { memory, length: encodeAddress(lib(), address, memory) };
  }

  test("of IPv4 comes back as it went in, as an address and as a text", () => {
    fc.assert(
      fc.property(ipv4, ports, (host, port) => {
        const { memory, length } = encoded({ host, port });
        expect([length, familyOf({ host, port })]).toEqual([16, family.ipv4]);
        expect(decodeAddress(memory)).toEqual({ host, port });
        expect(endText(decodeEnd(memory))).toBe(`${host}:${port}`);
        expect(typeof decodeEnd(memory)).toBe("number");
      }),
    );
    for (const host of ["0.0.0.0", "255.255.255.255", "127.0.0.1", "128.0.0.0"]) {
      for (const port of [0, 1, 65_535]) expect(decodeAddress(encoded({ host, port }).memory)).toEqual({ host, port });
    }
  });

  test("of IPv6, however it is spelled, comes back as Node spells it", () => {
    fc.assert(
      fc.property(ipv6, ports, (host, port) => {
        const expected = spelled(host);
        fc.pre(!isOfOld(expected));
        const { memory, length } = encoded({ host, port });
        expect([length, familyOf({ host, port })]).toEqual([28, family.ipv6]);
        expect(decodeAddress(memory)).toEqual({ host: expected, port });
        expect(endText(decodeEnd(memory))).toBe(`[${expected}]:${port}`);
      }),
      { numRuns: 2_000 },
    );
  });

  test("of IPv6 has its ports and groups in the order of the network, and nothing of what was there before", () => {
    const { memory } = encoded({ host: "102:304::f0e", port: 0x1234 });
    const expected = Buffer.alloc(28);
    expected.writeUInt16LE(family.ipv6, 0);
    expected.set([0x12, 0x34], 2);
    expected.set([1, 2, 3, 4], 8);
    expected.set([0xf, 0xe], 22);
    expect(memory.bytes.subarray(0, 28)).toEqual(expected);
  });

  test("with a zone has the number of its interface, by number or by name", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999 }), (zone) => {
        const { memory } = encoded({ host: `fe80::1%${zone}`, port: 7 });
        expect(memory.bytes.readUInt32LE(24)).toBe(zone);
      }),
    );
    for (const [name, addresses] of Object.entries(networkInterfaces())) {
      for (const { address, family: kind, scopeid } of addresses ?? []) {
        if (kind !== "IPv6" || !scopeid) continue;
        const { memory } = encoded({ host: `${address}%${name}`, port: 7 });
        expect(memory.bytes.readUInt32LE(24)).toBe(scopeid);
      }
    }
    expect(encoded({ host: "fe80::1", port: 7 }).memory.bytes.readUInt32LE(24)).toBe(0);
  });

  test("with a zone comes back with it", () => {
    for (const [name, addresses] of Object.entries(networkInterfaces())) {
      for (const { address, family: kind, scopeid } of addresses ?? []) {
        if (kind !== "IPv6" || !scopeid) continue;
        const { memory } = encoded({ host: `${address}%${name}`, port: 7 });
        expect(decodeAddress(memory)).toEqual({ host: `${address}%${name}`, port: 7 });
        expect(endText(decodeEnd(memory))).toBe(`[${address}%${name}]:7`);
      }
    }
  });

  test("with a zone that no interface has is EINVAL, and says which", () => {
    for (const zone of ["nowhere0", "0", "x".repeat(200), "12345678901"]) {
      const address = { host: `fe80::1%${zone}`, port: 7 };
      expect(codeOf(() => encoded(address))).toBe("EINVAL");
      expect(() => encoded(address)).toThrow(`[fe80::1%${zone}]:7: no interface has the name ${zone}`);
    }
  });

  test("of a Unix socket is its bytes and a zero, and leaves the end without a name", () => {
    const texts = fc.string({ unit: "grapheme", minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(texts, (path) => {
        fc.pre(!path.includes("\0") && Buffer.byteLength(path) <= 103);
        const { memory, length } = encoded({ path });
        const bytes = Buffer.from(path);
        expect([length, familyOf({ path })]).toEqual([2 + bytes.length + 1, family.unix]);
        expect(memory.bytes.readUInt16LE(0)).toBe(family.unix);
        expect(memory.bytes.subarray(2, length)).toEqual(Buffer.concat([bytes, Buffer.alloc(1)]));
        expect(endText(decodeEnd(memory))).toBe("");
      }),
    );
  });

  test("has a text that says the same", () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), ports, (host, port) => {
        const { memory } = encoded({ host, port });
        expect(endText(decodeEnd(memory))).toBe(addressText(decodeAddress(memory)));
      }),
    );
  });
});

test("an address is numeric when nothing need be looked up", () => {
  const numeric: Address[] = [{ port: 1 }, { path: "x" }, { host: "::1", port: 1 }, { host: "fe80::1%lo", port: 1 }];
  for (const address of numeric) expect(isNumeric(address)).toBe(true);
  for (const host of ["localhost", "127.0.0", "::1::", "1.2.3.4.5", "0x7f000001"]) {
    expect(isNumeric({ host, port: 1 })).toBe(false);
  }
});
