// Addresses as the system has them, `struct sockaddr_in`, `_in6` and `_un`, to and from ours. Numeric hosts only: names
// are looked up first, by Node (`resolve`).

import { lookup } from "node:dns";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { SyscallError } from "../errors.ts";
import { addressText } from "./endpoint.ts";
import type { Libc, Memory } from "./libc.ts";
import type { Address } from "./machine.ts";

/** An address whose host is a number. */
export type NumericAddress = Address;

export const family = { unix: 1, ipv4: 2, ipv6: 10 } as const;
/** The largest there is, `struct sockaddr_storage`. */
export const addressBytes = 128;

/** An IPv4 end in one number, so that a connection need not hold its text until somebody asks; any other as text. */
export type End = number | string;

/** The address family that a socket for it has. */
export function familyOf(address: NumericAddress): number {
  if ("path" in address) return family.unix;
  return isIP(hostOf(address)) === 6 ? family.ipv6 : family.ipv4;
}

/**
 * Writes the system's form of an address.
 * @returns its length, bytes
 * @throws EINVAL for an IPv6 zone ("%eth0") that no interface has
 */
export function encodeAddress(libc: Libc, address: NumericAddress, memory: Memory): number {
  const { bytes } = memory;
  bytes.fill(0);
  if ("path" in address) {
    bytes.writeUInt16LE(family.unix, 0);
    return 2 + bytes.write(address.path, 2) + 1;
  }
  bytes.writeUInt16BE(address.port, 2);
  const [host = "", zone] = hostOf(address).split("%");
  const which = familyOf(address);
  bytes.writeUInt16LE(which, 0);
  if (which === family.ipv4) {
    libc.inetPton(which, host, memory.address + 4);
    return 16;
  }
  libc.inetPton(which, host, memory.address + 8);
  if (zone !== undefined) bytes.writeUInt32LE(scopeOf(libc, zone, address), 24);
  return 28;
}

function scopeOf(libc: Libc, zone: string, address: Address): number {
  const index = /^\d{1,9}$/.test(zone) ? Number(zone) : libc.ifNametoindex(zone);
  if (index === 0) throw new SyscallError("EINVAL", `${addressText(address)}: no interface has the name ${zone}`);
  return index;
}

/** The end that the system wrote; "" for a Unix socket without a path. */
export function decodeEnd({ bytes }: Memory): End {
  const which = bytes.readUInt16LE(0);
  if (which === family.ipv4) return bytes.readUInt32BE(4) * 65536 + bytes.readUInt16BE(2);
  if (which !== family.ipv6) return "";
  return addressText({ host: ipv6Text(bytes), port: bytes.readUInt16BE(2) });
}

/** "127.0.0.1:7000". */
export function endText(end: End): string {
  if (typeof end === "string") return end;
  const host = Math.floor(end / 65536);
  return `${host >>> 24}.${(host >>> 16) & 255}.${(host >>> 8) & 255}.${host & 255}:${end % 65536}`;
}

/** Host and port that the system wrote for a bound socket. */
export function decodeAddress(memory: Memory): { host: string; port: number } {
  const { bytes } = memory;
  const port = bytes.readUInt16BE(2);
  if (bytes.readUInt16LE(0) === family.ipv6) return { host: ipv6Text(bytes), port };
  return { host: bytes.subarray(4, 8).join("."), port };
}

/** With its zone, where it is good on one interface only: "fe80::1%eth0". */
function ipv6Text(bytes: Buffer): string {
  const scope = bytes.readUInt32LE(24);
  return scope === 0 ? groupsText(bytes) : `${groupsText(bytes)}%${interfaceName(scope)}`;
}

function interfaceName(scope: number): string {
  const found = Object.entries(networkInterfaces()).find(([, addresses = []]) =>
    addresses.some((address) => address.family === "IPv6" && address.scopeid === scope),
  );
  return found?.[0] ?? String(scope);
}

/** As RFC 5952 writes it: lower case, the longest run of two or more zero groups left out; IPv4 in IPv6 mixed. */
function groupsText(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(8 + 2 * index).toString(16));
  if (groups.slice(0, 6).join(":") === "0:0:0:0:0:ffff") return `::ffff:${bytes.subarray(20, 24).join(".")}`;
  const zeros = groups.join(":").match(/\b0(?::0)+\b/g) ?? [];
  const longest = zeros.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return groups.join(":");
  const [before = "", ...after] = groups.join(":").split(new RegExp(`\\b${longest}\\b`));
  // Split by its first occurrence only.
  const rest = after.join(longest);
  return `${before.replace(/:$/, "")}::${rest.replace(/^:/, "")}`;
}

/** True when nothing needs to be looked up. */
export function isNumeric(address: Address): boolean {
  return "path" in address || isIP(hostOf(address)) !== 0;
}

/**
 * Looks up a host's name, later.
 * @param done told the addresses, best first; or what went wrong, and none
 */
export function resolve(
  address: { readonly host?: string; readonly port: number },
  done: (failure: unknown, found: readonly NumericAddress[]) => void,
): void {
  lookup(hostOf(address), { all: true }, (failure, found) => {
    done(
      failure ?? undefined,
      (found ?? []).map(({ address: host }) => ({ host, port: address.port })),
    );
  });
}

function hostOf(address: { readonly host?: string }): string {
  return address.host ?? "127.0.0.1";
}
