// Open, and the file it answers with: what Read and Write work on. A file is owned like an endpoint: it is closed with the
// task that opened or adopted it. Its position is kept here and not by the system, so that what nobody took was not read.

import type { FileFlags, Files, RawFile } from "../kernel/machine/files.ts";
import type { Closable, Owner } from "../kernel/machine/machine.ts";
import { type Kernel, needed, SyscallError, shown, type Task, truncated } from "../kernel/syscall.ts";
import { type Asking, Outside } from "./outside.ts";

/** Operations on one file that the system has not finished, those that were given up included. */
const maxUnderWay = 256;

/** An open file. It is never waited for: reading and writing are syscalls, `Read` and `Write`. */
export class File implements Closable {
  readonly path: string;
  readonly flags: FileFlags;
  owner: Owner | undefined = undefined;
  readonly #raw: RawFile;
  #position = 0;
  #closed = false;
  #underWay = 0;
  readonly #waiting = new Set<Asking>();
  /** Of those in turn: the one that waits now, and the end of the latest. */
  #turn: Asking | undefined = undefined;
  #latest: Promise<unknown> = Promise.resolve();

  constructor(raw: RawFile, path: string, flags: FileFlags) {
    this.#raw = raw;
    this.path = path;
    this.flags = flags;
  }

  get label(): string {
    return `file ${pathText(this.path)}`;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Where the next Read or Write without a position begins, bytes from the start. */
  get position(): number {
    return this.#position;
  }

  get isAppending(): boolean {
    return this.flags.startsWith("a");
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.owner?.disown(this);
    this.owner = undefined;
    for (const asking of [...this.#waiting]) asking.fail(this.#closedError());
    this.#raw.close();
  }

  /**
   * For syscalls on files: an operation at a position of its own. Many may be under way.
   * @throws EBADF when closed, EAGAIN when 256 are under way
   */
  use<T>(asking: Asking, work: (raw: RawFile) => Promise<T>): Promise<T> {
    this.#mustBeOpen();
    if (this.#underWay >= maxUnderWay) {
      throw new SyscallError("EAGAIN", `${this.label}: ${maxUnderWay} operations are under way, let some end`);
    }
    return this.#counted(asking, work);
  }

  /**
   * For syscalls on files: an operation at the file's own position. It begins when the one before is over, which may have
   * been given up.
   * @throws EBUSY when another task waits for one, and as `use`
   */
  useInTurn<T>(asking: Asking, work: (raw: RawFile) => Promise<T>): Promise<T> {
    if (this.#turn?.isOver === false) {
      throw new SyscallError(
        "EBUSY",
        `${this.label}: another task reads or writes at its position, one at a time: give positions, or take turns`,
      );
    }
    const before = this.#latest;
    const ended = this.use(asking, async (raw) => {
      await before;
      if (asking.isOver) throw new SyscallError("ECANCELED", `${this.label}: nobody waits for it any more`);
      return work(raw);
    });
    this.#turn = asking;
    this.#latest = ended.then(ignore, ignore);
    return ended;
  }

  /** For syscalls on files: moves the position on, and says where it is. */
  advance(bytes: number): number {
    this.#position += bytes;
    return this.#position;
  }

  /** For syscalls on files: moves the position back, if nobody has moved it on from `end` since. */
  goBack(end: number, bytes: number): void {
    if (this.#position === end) this.#position -= bytes;
  }

  async #counted<T>(asking: Asking, work: (raw: RawFile) => Promise<T>): Promise<T> {
    this.#underWay++;
    this.#waiting.add(asking);
    try {
      return await work(this.#raw);
    } finally {
      this.#underWay--;
      this.#waiting.delete(asking);
    }
  }

  #mustBeOpen(): void {
    if (this.#closed) throw this.#closedError();
  }

  #closedError(): SyscallError {
    return new SyscallError("EBADF", `${this.label} is closed`);
  }
}

function ignore(): void {}

/**
 * Opens a file, owned by the calling task. What was created by an x flag and then given up is removed again. Pipes and
 * terminals have no positions to read at: take them as streams.
 * @throws ENOENT, EACCES, EEXIST (x), EISDIR, ENOTDIR, EMFILE, EROFS and the like, naming the path; EINVAL and
 * ENAMETOOLONG for a path that cannot be; ENOTSUP on a machine without files
 *
 * ```ts
 * const file = yield* new Open("notes.txt", "a");
 * yield* new Write(file, new TextEncoder().encode("one more line\n"));
 * file.close();
 * ```
 */
export class Open extends Outside<File> {
  readonly verb = "open";
  readonly path: string;
  readonly flags: FileFlags;
  readonly mode: number;
  #files: Files | undefined = undefined;

  /**
   * @param path relative to the process's working directory, or absolute
   * @param flags "r" (default), "w", "a", with "+" for both ways and "x" where it must not exist, as C's fopen
   * @param mode permissions of a file that is created, less the process's umask; default 0o666
   */
  constructor(path: string, flags: FileFlags = "r", mode = 0o666) {
    super();
    this.path = checkPath(path, "Open");
    if (!/^(r\+?|[wa]x?\+?)$/.test(flags)) {
      throw new SyscallError("EINVAL", `Open: flags ${shown(flags)}, give r, w, a, with + or x`);
    }
    if (!Number.isInteger(mode) || mode < 0 || mode > 0o7777) {
      throw new SyscallError("EINVAL", `Open: mode ${shown(mode)} is no set of permissions such as 0o644`);
    }
    this.flags = flags;
    this.mode = mode;
  }

  get object(): string {
    return pathText(this.path);
  }

  override get family(): string {
    return "file";
  }

  override giveBack(file: File): void {
    file.close();
    // Nobody else can have known of it. That it cannot be removed either is nobody's to hear.
    if (this.flags.includes("x")) this.#files?.remove(this.path).then(ignore, ignore);
  }

  protected override async begin(kernel: Kernel, asking: Asking, task: Task): Promise<File> {
    const files = needed(kernel, "files");
    this.#files = files;
    const file = new File(await files.open(this.path, this.flags, this.mode), this.path, this.flags);
    if (asking.isOver) return file;
    try {
      kernel.adopt(file, task);
    } catch (error) {
      this.giveBack(file);
      throw error;
    }
    return file;
  }
}

const maxPathLength = 4_096;
const shownPathLength = 256;

/** A path that the system can be asked for. @throws TypeError, EINVAL, ENAMETOOLONG, naming whose it is */
export function checkPath(path: string, whose: string): string {
  if (typeof path !== "string") throw new TypeError(`${whose} needs a path that is text, not ${shown(path)}`);
  if (path === "" || path.includes("\0")) {
    throw new SyscallError("EINVAL", `${whose}: ${pathText(path)} is no path: it is empty or has a NUL`);
  }
  if (path.length <= maxPathLength) return path;
  throw new SyscallError("ENAMETOOLONG", `${whose}: a path of ${path.length} characters, at most ${maxPathLength}`);
}

/** A path for people. */
export function pathText(path: string): string {
  return shown(truncated(path, shownPathLength));
}
