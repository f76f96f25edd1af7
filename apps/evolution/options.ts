// The command line of every server in this folder, `--port 7000 --host 127.0.0.1`.

import { parseArgs } from "node:util";
import { UsageError } from "../lib/usage.ts";

/** Where a server is to listen. */
export interface ServerAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/**
 * Where the command line says to listen.
 * @param style the file's name without its ending, for the usage text
 * @throws UsageError for an option that is not known, and for a port that is none
 */
export function addressIn(argv: readonly string[], style: string): ServerAddress {
  const usage = `usage: yieldix run apps/evolution/${style}.ts -- [--port 7000] [--host 127.0.0.1]`;
  let values: { port?: string; host?: string };
  try {
    values = parseArgs({ args: [...argv], options: { port: { type: "string" }, host: { type: "string" } } }).values;
  } catch (error) {
    throw UsageError.from(error, usage);
  }
  const { port: text = "7000", host = "127.0.0.1" } = values;
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port > 65_535) {
    throw new UsageError(`port ${JSON.stringify(text)} is not a number from 0 to 65535\n${usage}`);
  }
  if (host === "") throw new UsageError(`host "" is none: leave it out for 127.0.0.1\n${usage}`);
  return { host, port };
}
