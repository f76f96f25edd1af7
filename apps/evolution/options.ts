// The command line of every server in this folder, `--port 7000 --host 127.0.0.1`.

import { parseArgs } from "node:util";
import { UsageError, wholeNumber } from "../lib/usage.ts";

/** Where a server is to listen. */
export interface ServerAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** How a server is called, and what it is. @param style the file's name without its ending */
export function usageOf(style: string): string {
  return `usage: yieldix run apps/evolution/${style}.ts -- [--port 7000]
       [--host 127.0.0.1]

One server, in the style that is the file's name: JSON-RPC 2.0, each message
behind its length in four bytes. It goes on until it is stopped;
apps/evolution/client.ts talks to it.

  --port n     where it listens, 0 for any port that is free (default: 7000)
  --host name  on which address (default: 127.0.0.1)`;
}

/**
 * Where the command line says to listen.
 * @throws UsageError for a port that is none; what parseArgs throws
 */
export function addressIn(argv: readonly string[]): ServerAddress {
  const text = { type: "string" } as const; // the literal that parseArgs wants
  const { values } = parseArgs({ args: [...argv], options: { port: text, host: text } });
  const { port = "7000", host = "127.0.0.1" } = values;
  if (host === "") throw new UsageError(`--host "" is none: leave it out for 127.0.0.1`);
  return { host, port: wholeNumber("port", port, [0, 65_535]) };
}
