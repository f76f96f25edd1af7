// A disk for simulated machines: files in memory, with operations that can be held back to be given up meanwhile.

import { SyscallError } from "../../kernel/errors.ts";
import type { FileFlags, FileStatus, Files, RawFile } from "../../kernel/machine/files.ts";

interface Inode {
  readonly id: string;
  bytes: number[];
}

export class Disk implements Files {
  readonly paths = new Map<string, Inode>();
  /** Files that are open. */
  openFiles = 0;
  /** Bytes that fit on it. */
  capacity = Number.POSITIVE_INFINITY;
  /** Bytes that one write takes at most. */
  mostAtOnce = Number.POSITIVE_INFINITY;
  /** What was asked of it, in order. */
  readonly log: string[] = [];
  /** Called when an operation begins, with how many have, and when it is about to end. */
  onBegin: (count: number) => void = () => {};
  onEnd: (count: number) => void = () => {};
  #isHeld = false;
  readonly #held: (() => void)[] = [];
  #inodes = 0;

  /** Puts a file there, as somebody outside would. */
  put(path: string, text: string): void {
    this.paths.set(path, { id: `inode ${++this.#inodes}`, bytes: [...new TextEncoder().encode(text)] });
  }

  append(path: string, text: string): void {
    this.#inode(path).bytes.push(...new TextEncoder().encode(text));
  }

  truncate(path: string): void {
    this.#inode(path).bytes = [];
  }

  move(from: string, to: string): void {
    this.paths.set(to, this.#inode(from));
    this.paths.delete(from);
  }

  text(path: string): string {
    return new TextDecoder().decode(Uint8Array.from(this.#inode(path).bytes));
  }

  /** From now on operations begin, and do not end until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    for (const go of this.#held.splice(0)) go();
  }

  async open(path: string, flags: FileFlags): Promise<RawFile> {
    await this.turn(`open ${path}`);
    if (flags.includes("x") && this.paths.has(path)) throw new SyscallError("EEXIST", `open ${path}`);
    if (!flags.startsWith("r") && !this.paths.has(path)) this.put(path, "");
    const inode = this.#inode(path);
    if (flags.startsWith("w")) inode.bytes = [];
    this.openFiles++;
    return new DiskFile(this, inode);
  }

  async stat(path: string): Promise<FileStatus> {
    await this.turn(`stat ${path}`);
    return statusOf(this.#inode(path));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.turn(`rename ${from}`);
    this.move(from, to);
  }

  async remove(path: string): Promise<void> {
    await this.turn(`remove ${path}`);
    this.#inode(path);
    this.paths.delete(path);
  }

  async turn(what: string): Promise<void> {
    const count = this.log.push(what);
    this.onBegin(count);
    if (this.#isHeld) await new Promise<void>((resolve) => this.#held.push(resolve));
    else await undefined;
    this.onEnd(count);
  }

  #inode(path: string): Inode {
    const inode = this.paths.get(path);
    if (inode === undefined) throw new SyscallError("ENOENT", `there is no ${path}`);
    return inode;
  }
}

function statusOf({ id, bytes }: Inode): FileStatus {
  return { id, size: bytes.length, kind: "file", mode: 0o640, modifiedMs: 0 };
}

class DiskFile implements RawFile {
  readonly #disk: Disk;
  readonly #inode: Inode;
  #closed = false;

  constructor(disk: Disk, inode: Inode) {
    this.#disk = disk;
    this.#inode = inode;
  }

  async read(max: number, position: number): Promise<Uint8Array> {
    await this.#disk.turn(`read at ${position}`);
    return Uint8Array.from(this.#inode.bytes.slice(position, position + max));
  }

  async write(bytes: Uint8Array, position: number | null): Promise<number> {
    await this.#disk.turn(`write at ${position}`);
    const all = this.#inode.bytes;
    const place = position ?? all.length;
    const count = Math.min(bytes.length, this.#disk.mostAtOnce, this.#disk.capacity - place);
    if (count <= 0 && bytes.length > 0) throw new SyscallError("ENOSPC", "the disk is full");
    all.splice(place, count, ...bytes.subarray(0, count));
    return count;
  }

  async sync(): Promise<void> {
    await this.#disk.turn("sync");
  }

  async stat(): Promise<FileStatus> {
    return statusOf(this.#inode);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#disk.openFiles--;
  }
}
