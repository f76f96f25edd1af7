// Names to addresses, by the system's resolver, as `getaddrinfo` has it.

import { lookup as resolve } from "node:dns/promises";
import { isIP } from "node:net";
import { systemError } from "./node-error.ts";

/** The addresses of a host, in the order in which they should be tried. @throws ENOTFOUND and the like */
export async function lookup(name: string): Promise<readonly string[]> {
  try {
    const found = await resolve(name, { all: true });
    return found.map(({ address }) => address);
  } catch (error) {
    throw systemError(error, `look up ${name}`);
  }
}

/** True for what is an address already, IPv4 or IPv6 (with a zone, if it has one). */
export function isLiteralAddress(name: string): boolean {
  return isIP(name) !== 0;
}
