// Stat, Sync, Rename, Remove: what else a program does with files.

import type { FileStatus } from "../kernel/machine/files.ts";
import { type Kernel, needed } from "../kernel/syscall.ts";
import { checkPath, File, pathText } from "./file.ts";
import { type Asking, Outside } from "./outside.ts";

abstract class FileWait<T> extends Outside<T> {
  override get family(): string {
    return "file";
  }
}

/**
 * What is known of a file, open or by its path (links are followed): `{size, kind, mode, modifiedMs, id}`.
 * @throws ENOENT, EACCES, ENOTDIR and the like; EBADF for a file that is closed
 *
 * ```ts
 * const { size } = yield* new Stat("notes.txt");
 * ```
 */
export class Stat extends FileWait<FileStatus> {
  readonly verb = "stat";
  readonly of: File | string;

  constructor(of: File | string) {
    super();
    this.of = of instanceof File ? of : checkPath(of, "Stat");
  }

  get object(): string {
    return typeof this.of === "string" ? pathText(this.of) : this.of.label;
  }

  protected override begin(kernel: Kernel, asking: Asking): Promise<FileStatus> {
    const { of } = this;
    return typeof of === "string" ? needed(kernel, "files").stat(of) : of.use(asking, (raw) => raw.stat());
  }
}

/**
 * Waits until what was written to a file is on its disk.
 * @throws EIO, ENOSPC and the like: what was written may be lost; EBADF for a file that is closed, now or meanwhile
 */
export class Sync extends FileWait<void> {
  readonly verb = "sync";
  readonly file: File;

  constructor(file: File) {
    super();
    if (!(file instanceof File)) throw new TypeError("Sync needs a file, as Open answers");
    this.file = file;
  }

  get object(): string {
    return this.file.label;
  }

  protected override begin(_kernel: Kernel, asking: Asking): Promise<void> {
    return this.file.use(asking, (raw) => raw.sync());
  }
}

/**
 * Gives a file another path, in one step: whoever looks sees the one or the other. What had that path is gone. Given up, it
 * may have happened or not.
 * @throws ENOENT, EACCES, EXDEV (paths on different devices), EISDIR and the like
 */
export class Rename extends FileWait<void> {
  readonly verb = "rename";
  readonly from: string;
  readonly to: string;

  constructor(from: string, to: string) {
    super();
    this.from = checkPath(from, "Rename");
    this.to = checkPath(to, "Rename");
  }

  get object(): string {
    return `${pathText(this.from)} to ${pathText(this.to)}`;
  }

  protected override begin(kernel: Kernel): Promise<void> {
    return needed(kernel, "files").rename(this.from, this.to);
  }
}

/**
 * Removes a file or a link, no folder. Tasks that have it open keep it. Given up, it may have happened or not.
 * @throws ENOENT, EACCES, EISDIR or EPERM (a folder) and the like
 */
export class Remove extends FileWait<void> {
  readonly verb = "remove";
  readonly path: string;

  constructor(path: string) {
    super();
    this.path = checkPath(path, "Remove");
  }

  get object(): string {
    return pathText(this.path);
  }

  protected override begin(kernel: Kernel): Promise<void> {
    return needed(kernel, "files").remove(this.path);
  }
}
