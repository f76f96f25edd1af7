// Where the control sockets of a user's kernels are: one folder, its owner's alone. The folder is what protects them, so
// one that is a link, somebody else's, or open to others is refused, never repaired: who made it so is not known.

import { chmodSync, lstatSync, mkdirSync, readdirSync, type Stats, statSync, unlinkSync } from "node:fs";
import process from "node:process";
import { SyscallError } from "../../../kernel/errors.ts";
import { printable } from "../../../kernel/text.ts";

/** Bytes of a socket's path, the least that any system takes; longer ones are cut in silence. */
const longestPath = 103;
/** As long as the name of a socket gets: 4,194,304 is the largest pid of Linux. */
const longestName = "/4194304.sock";

/**
 * The folder of this user: `$XDG_RUNTIME_DIR/yieldix` where there is such a place and sockets fit in it, else
 * `/tmp/yieldix-<uid>`. Looked at by nobody yet, and perhaps not there.
 */
export function controlFolder(): string {
  const runtime = process.env["XDG_RUNTIME_DIR"] ?? "";
  const folder = `${runtime}/yieldix`;
  const fits = Buffer.byteLength(folder + longestName) <= longestPath;
  const isUsable = runtime.startsWith("/") && fits && statSync(runtime, { throwIfNoEntry: false })?.isDirectory();
  return isUsable === true ? folder : `/tmp/yieldix-${userId()}`;
}

/** The socket of a kernel. */
export function socketPath(folder: string, pid: number): string {
  return `${folder}/${pid}.sock`;
}

/** Makes the folder if it is not there. @throws EPERM for one that others could get into; what mkdir throws */
export function makeFolder(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) {
    try {
      mkdirSync(folder, { mode: 0o700 });
      chmodSync(folder, 0o700); // whatever the umask has left of it
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // what node:fs throws; another was faster
    }
  }
  checkFolder(folder);
}

/** @throws EPERM for a folder that others could get into; ENOENT where there is none */
export function checkFolder(folder: string): void {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  const shown = printable(folder);
  if (found === undefined) throw new SyscallError("ENOENT", `there is no folder ${shown}`);
  const fault = faultOf(found);
  if (fault !== undefined) {
    throw new SyscallError("EPERM", `${shown} is not safe for control sockets: ${fault}; remove it, or move it away`);
  }
}

function faultOf(found: Stats): string | undefined {
  if (found.isSymbolicLink()) return "it is a link";
  if (!found.isDirectory()) return "it is no folder";
  if (found.uid !== userId()) return `it belongs to user ${found.uid}`;
  if ((found.mode & 0o077) !== 0) return `its mode is ${(found.mode & 0o777).toString(8)}, not 700`;
  return undefined;
}

/** The sockets in the folder, live and stale, by pid. @throws EPERM as `checkFolder`; none where there is no folder */
export function socketsIn(folder: string): { readonly pid: number; readonly path: string }[] {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  checkFolder(folder);
  return readdirSync(folder)
    .flatMap((name) => {
      const pid = /^([1-9]\d{0,9})\.sock$/.exec(name)?.[1];
      return pid === undefined ? [] : [{ pid: Number(pid), path: `${folder}/${name}` }];
    })
    .sort((one, other) => one.pid - other.pid);
}

/**
 * Removes the socket of a process that is no more. One that refuses to be connected to, while its process lives, may be about
 * to listen. What is no socket, or gone, is left alone.
 */
export function removeStaleSocket(pid: number, path: string): void {
  if (isAlive(pid)) return;
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch {
    // Somebody else has removed it, or may and we may not: nothing depends on it.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH"; // what node throws
  }
}

function userId(): number {
  const { getuid } = process;
  if (getuid === undefined)
    throw new SyscallError("ENOTSUP", "control sockets need users with ids: not on this system");
  return getuid();
}
