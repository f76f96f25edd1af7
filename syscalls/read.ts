// Read and Write: bytes of a file, at its own position or at one that is given. A Read that nobody took (it lost a Select,
// its task was cancelled or out of time) has read nothing; a Write that was given up may have written a part.

import type { RawFile } from "../kernel/machine/files.ts";
import { type Kernel, SyscallError, shown } from "../kernel/syscall.ts";
import { File } from "./file.ts";
import { type Asking, Outside } from "./outside.ts";

const maxReadBytes = 1_048_576;

abstract class FileOperation<T> extends Outside<T> {
  readonly file: File;
  /** Undefined: the file's own. */
  readonly position: number | undefined;

  constructor(file: File, position: number | undefined, whose: string) {
    super();
    if (!(file instanceof File)) throw new TypeError(`${whose} needs a file, as Open answers`);
    if (position !== undefined && !(Number.isSafeInteger(position) && position >= 0)) {
      throw new SyscallError("EINVAL", `${whose}: position ${shown(position)} is no number of bytes from the start`);
    }
    this.file = file;
    this.position = position;
  }

  get object(): string {
    return this.file.label;
  }

  override get family(): string {
    return "file";
  }

  protected override begin(_kernel: Kernel, asking: Asking): Promise<T> {
    if (this.position !== undefined) return this.file.use(asking, (raw) => this.work(raw, asking));
    return this.file.useInTurn(asking, (raw) => this.work(raw, asking));
  }

  protected abstract work(raw: RawFile, asking: Asking): Promise<T>;
}

/**
 * Some bytes of a file, at most `max` and at most 1 MiB, which are the caller's to keep; length 0 at its end. Without a
 * position it reads where the last Read or Write without one ended, and goes on from there once it is answered. What a
 * task was killed before taking is read again by the next, unless another has read on meanwhile.
 * @throws EISDIR, EIO, ESPIPE (a pipe, a terminal) and the like; EBADF when it is closed, now or meanwhile, or not open
 * for reading; EBUSY when another task reads or writes at its position; EAGAIN when 256 operations are under way
 *
 * ```ts
 * for (let bytes = yield* new Read(file, 65_536); bytes.length > 0; bytes = yield* new Read(file, 65_536)) digest(bytes);
 * ```
 */
export class Read extends FileOperation<Uint8Array> {
  readonly verb = "read";
  readonly max: number;
  /** Where the file's own position was after this. */
  #end: number | undefined = undefined;

  /** @param max bytes, at least 1  @param position bytes from the start; left out: the file's own */
  constructor(file: File, max: number, position?: number) {
    super(file, position, "Read");
    if (!Number.isInteger(max) || max < 1) {
      throw new SyscallError("EINVAL", `Read of ${shown(max)} bytes: give a positive integer`);
    }
    this.max = Math.min(max, maxReadBytes);
  }

  protected override work(raw: RawFile): Promise<Uint8Array> {
    return raw.read(this.max, this.position ?? this.file.position);
  }

  protected override granted(bytes: Uint8Array): void {
    if (this.position === undefined) this.#end = this.file.advance(bytes.length);
  }

  override giveBack(bytes: Uint8Array): void {
    if (this.#end !== undefined) this.file.goBack(this.#end, bytes.length);
  }
}

/**
 * Writes all bytes, which must not be changed afterwards. Without a position it writes where the last Read or Write without
 * one ended; a file opened to append is written to at its end, always. One that is given up ends with the part it is at:
 * `file.position` says how far it came.
 * @throws ENOSPC, EDQUOT, EFBIG, EIO and the like, saying how much was written; EBADF when it is closed, now or meanwhile, or
 * not open for writing; EBUSY when another task reads or writes at its position; EAGAIN when 256 operations are under way;
 * EINVAL for a position in a file opened to append
 *
 * ```ts
 * yield* new Write(file, new TextEncoder().encode("hello\n"));
 * ```
 */
export class Write extends FileOperation<void> {
  readonly verb = "write";
  readonly bytes: Uint8Array;

  /** @param position bytes from the start; left out: the file's own */
  constructor(file: File, bytes: Uint8Array, position?: number) {
    super(file, position, "Write");
    if (!(bytes instanceof Uint8Array)) throw new TypeError("Write needs bytes: new TextEncoder().encode(text)");
    if (position !== undefined && file.isAppending) {
      throw new SyscallError("EINVAL", `Write: ${file.label} was opened to append, which has no positions`);
    }
    this.bytes = bytes;
  }

  protected override async work(raw: RawFile, asking: Asking): Promise<void> {
    const { bytes, file } = this;
    for (let done = 0; done < bytes.length && !asking.isOver; ) {
      const place = this.position === undefined ? file.position : this.position + done;
      let count: number;
      try {
        count = await raw.write(bytes.subarray(done), file.isAppending ? null : place);
      } catch (error) {
        if (!(error instanceof SyscallError)) throw error;
        throw new SyscallError(error.code, `${error.message}, after ${done} of ${bytes.length} bytes`, {
          cause: error.cause,
        });
      }
      done += count;
      if (this.position === undefined && !file.isAppending) file.advance(count);
    }
  }
}
