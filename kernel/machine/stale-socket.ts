// The file of a Unix socket outlives a process that was killed, and the next one cannot bind to it. A connect that is
// refused tells a stale file from a live one. A file that is no socket refuses connections as well, and is left alone.

import { lstatSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { errorCode } from "./node-error.ts";

/**
 * Removes a Unix socket's file where nobody listens.
 * @param path a path that bind found in use
 * @param done told once, later: true when the path is free, so that binding again is worth it
 */
export function removeStale(path: string, done: (free: boolean) => void): void {
  const before = socketFile(path);
  const probe = connect({ path });
  probe.once("connect", () => {
    probe.destroy();
    done(false);
  });
  probe.once("error", (cause) => {
    const code = errorCode(cause);
    done(code === "ENOENT" || (code === "ECONNREFUSED" && before !== undefined && removeSame(path, before)));
  });
}

/** Removes the file if it is still the one that was probed, and not that of somebody who came in between. */
function removeSame(path: string, file: string): boolean {
  if (socketFile(path) !== file) return true;
  try {
    unlinkSync(path);
    return true;
  } catch {
    // Not ours to remove: the caller reports the path as in use, which it is.
    return false;
  }
}

/**
 * What tells a socket's file from another in its place: its inode and its birth, because inodes are used again at once.
 * Undefined for anything else, for nothing, and for what may not be looked at.
 */
export function socketFile(path: string): string | undefined {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false, bigint: true });
    return found?.isSocket() ? `${found.ino} ${found.birthtimeNs}` : undefined;
  } catch {
    return undefined;
  }
}
