// A token of a control port on TCP, in a file: neither a command line nor an environment, both of which others may see. As with
// keys of ssh, a file that others can read is refused.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import process from "node:process";
import { printable } from "../../kernel/text.ts";
import { UsageError } from "../lib/usage.ts";

/** Characters of a token: enough not to be guessed, and no more than a line. */
const [leastLength, mostLength] = [16, 256];

/**
 * Reads a token, without the space around it.
 * @throws UsageError for a file that is not there, others can read, or holds no token
 */
export function readToken(path: string): string {
  const shown = printable(path, 1_024);
  const token = textOf(path, shown).trim();
  if (!/^[\x21-\x7e]+$/.test(token) || token.length < leastLength || token.length > mostLength) {
    throw new UsageError(
      `${shown} holds no token: that is ${leastLength} to ${mostLength} letters, digits and signs (openssl rand -hex 16)`,
    );
  }
  return token;
}

// The same file is looked at and read.
function textOf(path: string, shown: string): string {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    const { code = "EIO" } = error as NodeJS.ErrnoException; // what node:fs throws
    throw new UsageError(`the token file ${shown} cannot be read: ${code}`);
  }
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) throw new UsageError(`the token file ${shown} is no file`);
    if (found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) {
      throw new UsageError(`the token file ${shown} is not yours alone: chmod 600 it, and own it`);
    }
    const bytes = Buffer.alloc(2 * mostLength);
    return bytes.toString("utf8", 0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}
