// Files, by Node's thread pool: every call here returns a promise, and none can be stopped once it has begun. What blocks a
// thread for ever (opening a pipe that nobody writes to) is never asked for: four such would stop all files and look-ups
// of the process. Positions are given with each call, so that no state is the system's; a close waits for calls under way.

import * as fs from "node:fs";
import { type ErrorCode, SyscallError } from "../errors.ts";
import { shown, truncated } from "../text.ts";
import { errorCode } from "./node-error.ts";

/** As C's fopen: r reads, w empties, a appends; + for both ways, x where the file must not exist. */
export type FileFlags = "r" | "r+" | "w" | "w+" | "wx" | "wx+" | "a" | "a+" | "ax" | "ax+";

/** What is known of a file. */
export interface FileStatus {
  /** Bytes. */
  readonly size: number;
  readonly kind: "file" | "folder" | "other";
  /** Permissions, as in 0o644. */
  readonly mode: number;
  /** When its content last changed, ms since 1970. */
  readonly modifiedMs: number;
  /** The file itself, whatever its name: the same for two paths that lead to the same file. */
  readonly id: string;
}

/** An open file of the system's. */
export interface RawFile {
  /** At most `max` bytes from a position, which are the caller's to keep; length 0 at or past the end. */
  read(max: number, position: number): Promise<Uint8Array>;
  /** Writes a part and says how many bytes; `null`: at the end, for a file opened to append. */
  write(bytes: Uint8Array, position: number | null): Promise<number>;
  /** Waits until what was written is on the disk. */
  sync(): Promise<void>;
  stat(): Promise<FileStatus>;
  /** Gives it back, once the calls under way are over. Later ones are EBADF. Twice is once. */
  close(): void;
}

/** The files of a host. Rejects with ENOENT, EACCES, EISDIR, ENOSPC and the like. */
export interface Files {
  open(path: string, flags: FileFlags, mode: number): Promise<RawFile>;
  stat(path: string): Promise<FileStatus>;
  /** Gives a file another path, in one step; what was there is gone. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a link. */
  remove(path: string): Promise<void>;
}

const advice: ReadonlyMap<ErrorCode, string> = new Map([
  ["EACCES", "permission denied"],
  ["EBADF", "it is not open for that: look at the flags it was opened with"],
  ["EDQUOT", "the quota of its owner is used up"],
  ["EEXIST", "there is one already"],
  ["EFBIG", "it would be larger than the system allows"],
  ["EIO", "the device failed"],
  ["EISDIR", "it is a folder"],
  ["ELOOP", "its links lead in a circle"],
  ["EMFILE", "out of file descriptors: close some, or raise the limit (ulimit -n)"],
  ["ENAMETOOLONG", "the path is longer than the system allows"],
  ["ENFILE", "the whole system is out of file descriptors: close some"],
  ["ENOENT", "there is no such file"],
  ["ENOSPC", "the device is full"],
  ["ENOTDIR", "a part of the path is no folder"],
  ["ENXIO", "it is a pipe that nobody reads, or a device that is not there"],
  ["EPERM", "the system does not permit it"],
  ["EROFS", "the file system is read-only"],
  ["ESPIPE", "it has no positions, a pipe or a terminal: take it as a stream"],
  ["EXDEV", "the two paths are on different devices"],
]);

/** The error of a file as tasks meet it. @param attempt what was tried: "open" */
function fileError(cause: unknown, attempt: string, path: string): SyscallError {
  const code = errorCode(cause);
  const reason = advice.get(code) ?? `the system refused with ${code}`;
  return new SyscallError(code, `${attempt} ${pathText(path)}: ${reason}`, { cause });
}

function pathText(path: string): string {
  return shown(truncated(path, 256));
}

type Done<T> = (error: Error | null, value?: T) => void;

function asked<T>(attempt: string, path: string, call: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error === null)
        resolve(value as T); // without an error there is one, or none is expected
      else reject(fileError(error, attempt, path));
    });
  });
}

const { O_APPEND, O_CREAT, O_EXCL, O_NONBLOCK = 0, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = fs.constants;

function numeric(flags: FileFlags): number {
  const access = flags.endsWith("+") ? O_RDWR : flags === "r" ? O_RDONLY : O_WRONLY;
  const exclusive = flags.includes("x") ? O_EXCL : 0;
  const how = { r: 0, w: O_CREAT | O_TRUNC, a: O_CREAT | O_APPEND }[flags[0] as "r" | "w" | "a"]; // so each begins
  return access | how | exclusive | O_NONBLOCK; // a file never blocks; a pipe must not
}

function statusOf(stats: fs.BigIntStats): FileStatus {
  return {
    size: Number(stats.size),
    kind: stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "other",
    mode: Number(stats.mode) & 0o7777,
    modifiedMs: Number(stats.mtimeNs) / 1e6,
    id: `${stats.dev}:${stats.ino}`,
  };
}

class HostFile implements RawFile {
  readonly #fd: number;
  readonly #path: string;
  readonly #onClose: (file: HostFile) => void;
  #underWay = 0;
  #closed = false;

  constructor(fd: number, path: string, onClose: (file: HostFile) => void) {
    this.#fd = fd;
    this.#path = path;
    this.#onClose = onClose;
  }

  async read(max: number, position: number): Promise<Uint8Array> {
    const buffer = new Uint8Array(max);
    const count = await this.#call<number>("read", (done) => fs.read(this.#fd, buffer, 0, max, position, done));
    return count * 2 < max ? buffer.slice(0, count) : buffer.subarray(0, count);
  }

  write(bytes: Uint8Array, position: number | null): Promise<number> {
    return this.#call("write", (done) => fs.write(this.#fd, bytes, 0, bytes.length, position, done));
  }

  sync(): Promise<void> {
    return this.#call("sync", (done) => fs.fsync(this.#fd, done));
  }

  async stat(): Promise<FileStatus> {
    return statusOf(await this.#call("stat", (done) => fs.fstat(this.#fd, { bigint: true }, done)));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#underWay === 0) this.#release();
  }

  async #call<T>(attempt: string, call: (done: Done<T>) => void): Promise<T> {
    if (this.#closed) throw new SyscallError("EBADF", `${attempt} ${pathText(this.#path)}: it is closed`);
    this.#underWay++;
    try {
      return await asked(attempt, this.#path, call);
    } finally {
      this.#underWay--;
      if (this.#closed && this.#underWay === 0) this.#release();
    }
  }

  // In this thread: closing a file takes a microsecond, and with its task's end the descriptor is free. What it could still
  // report, a disk that failed late, is what `sync` is for.
  #release(): void {
    this.#onClose(this);
    try {
      fs.closeSync(this.#fd);
    } catch (error) {
      throw fileError(error, "close", this.#path);
    }
  }
}

/** The files of this process. */
export class HostFiles implements Files {
  readonly #open = new Set<HostFile>();
  #isClosed = false;

  async open(path: string, flags: FileFlags, mode: number): Promise<RawFile> {
    const fd = await asked<number>("open", path, (done) => fs.open(path, numeric(flags), mode, done));
    const file = new HostFile(fd, path, (closed) => this.#open.delete(closed));
    this.#open.add(file);
    if (!this.#isClosed) return file;
    file.close();
    throw new SyscallError("ECANCELED", `open ${pathText(path)}: its machine was closed meanwhile`);
  }

  async stat(path: string): Promise<FileStatus> {
    return statusOf(await asked("stat", path, (done) => fs.stat(path, { bigint: true }, done)));
  }

  rename(from: string, to: string): Promise<void> {
    return asked("rename", from, (done) => fs.rename(from, to, done));
  }

  remove(path: string): Promise<void> {
    return asked("remove", path, (done) => fs.unlink(path, done));
  }

  /** Closes every file that is left. */
  close(): void {
    this.#isClosed = true;
    for (const file of this.#open) file.close();
  }
}
