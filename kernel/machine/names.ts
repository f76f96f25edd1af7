// Names to addresses, by the system's resolver, as `getaddrinfo` has it.

import { lookup as resolve } from "node:dns/promises";
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
