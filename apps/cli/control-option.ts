// What `yieldix run` is told of its control port.

import { printable } from "../../kernel/text.ts";
import type { Access } from "../control/records.ts";
import { UsageError } from "../lib/usage.ts";

/** What `--control` says. */
export interface ControlWords {
  readonly access: Access;
  /** A port on TCP beside the socket; 0: any that is free. */
  readonly tcpPort?: number;
}

/** What there is to be. */
export interface ControlOptions {
  readonly access: Access;
  /** A port on TCP; undefined: none. */
  readonly tcp: ControlPortOptions | undefined;
  /** A turn that takes longer is ended, ms; undefined: none is. */
  readonly watchdogMs: number | undefined;
}

/** A port on TCP, and what it wants to be told. */
export interface ControlPortOptions {
  readonly port: number;
  readonly token: string;
  /** Whoever is to know the token has it already. */
  readonly isTold: boolean;
}

/**
 * What `--control` was given.
 * @param word "read-only", or "tcp:PORT"
 * @param before what it was given before this
 * @throws UsageError for anything else
 */
export function controlOption(word: string, before: ControlWords | boolean | undefined): ControlWords {
  const options: ControlWords = typeof before === "object" ? before : { access: "full" };
  if (word === "read-only") return { ...options, access: "read-only" };
  const port = /^tcp:(\d{1,5})$/.exec(word)?.[1];
  if (port !== undefined && Number(port) <= 65_535) return { ...options, tcpPort: Number(port) };
  throw new UsageError(`--control ${printable(word)}: give "read-only", or "tcp:" and a port from 0 to 65535`);
}

/**
 * The port on TCP.
 * @param tokenFile where its token is; undefined: one is made up
 * @throws UsageError for a file that holds none, or where there is no port for it
 */
export async function tcpOptions(
  port: number | undefined,
  tokenFile: string | undefined,
): Promise<ControlPortOptions | undefined> {
  if (port === undefined) {
    if (tokenFile === undefined) return undefined;
    throw new UsageError("--token-file is for a port on TCP: give --control tcp:<port>, too");
  }
  if (tokenFile !== undefined) {
    const { readToken } = await import("./token-file.ts");
    return { port, token: readToken(tokenFile), isTold: true };
  }
  const { randomBytes } = await import("node:crypto");
  return { port, token: randomBytes(16).toString("hex"), isTold: false };
}
