// Whole files, and files line by line, built from the syscalls on files.

import { type Routine, routine, SyscallError } from "../../kernel/syscall.ts";
import {
  GetRandom,
  type LinesOptions,
  Log,
  Open,
  OpenLines,
  Read,
  Remove,
  Rename,
  Stat,
  Sync,
  Write,
} from "../../syscalls/index.ts";
import { checkedCount } from "./checked.ts";

const chunkBytes = 1_048_576;

/** How much of a file may be read at once. */
export interface ReadFileOptions {
  /** Default 64 MiB. */
  readonly maxBytes?: number;
}

/**
 * All bytes of a file.
 * @throws EMSGSIZE for one that is larger than `maxBytes`, EINVAL for a `maxBytes` that cannot be, and as Open and Read
 *
 * ```ts
 * const text = new TextDecoder().decode(yield* readFile("config.json", { maxBytes: 65_536 }));
 * ```
 */
export const readFile: Routine<[path: string, options?: ReadFileOptions], Uint8Array> = routine(function* readFile(
  path,
  { maxBytes = 67_108_864 } = {},
) {
  checkedCount(maxBytes, "maxBytes of readFile", 0, Number.MAX_SAFE_INTEGER);
  const file = yield* new Open(path);
  try {
    const chunks: Uint8Array[] = [];
    for (let length = 0; ; ) {
      const bytes = yield* new Read(file, Math.min(chunkBytes, maxBytes - length + 1));
      if (bytes.length === 0) return joined(chunks, length);
      length += bytes.length;
      if (length > maxBytes) throw new SyscallError("EMSGSIZE", `${file.label} is larger than ${maxBytes} bytes`);
      chunks.push(bytes);
    }
  } finally {
    file.close();
  }
});

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const all = new Uint8Array(length);
  let end = 0;
  for (const chunk of chunks) {
    all.set(chunk, end);
    end += chunk.length;
  }
  return all;
}

/** How a file is written. */
export interface WriteFileOptions {
  /** Permissions, less the process's umask. Default: those of the file that is there, or 0o666. */
  readonly mode?: number;
}

/**
 * Writes a whole file, in one step: whoever looks, and whatever fails, sees all of the old one or all of the new one. The
 * bytes go to a new file beside it, and to the disk, and that one is then given the path; a link that was there is replaced.
 * Given up, it leaves the old file, or, in its last step, either.
 * @throws ENOSPC, EACCES, ENOENT (no such folder) and the like, as Open, Write, Sync and Rename
 *
 * ```ts
 * yield* writeFile("state.json", new TextEncoder().encode(JSON.stringify(state)));
 * ```
 */
export const writeFile: Routine<[path: string, bytes: Uint8Array, options?: WriteFileOptions], void> = routine(
  function* writeFile(path, bytes, options = {}) {
    const mode = options.mode ?? (yield* modeOf(path));
    const beside = `${path}.${(yield* new GetRandom()).toString(36).slice(2)}.tmp`;
    const file = yield* new Open(beside, "wx", mode);
    let isDone = false;
    try {
      yield* new Write(file, bytes);
      yield* new Sync(file);
      file.close();
      yield* new Rename(beside, path);
      isDone = true;
    } finally {
      file.close();
      if (!isDone) yield* removed(beside);
    }
  },
);

const modeOf: Routine<[path: string], number> = routine(function* modeOf(path) {
  try {
    return (yield* new Stat(path)).mode;
  } catch (error) {
    if (isMissing(error)) return 0o666;
    throw error;
  }
});

// What failed before is what is to be thrown.
const removed: Routine<[path: string], void> = routine(function* removed(path) {
  try {
    yield* new Remove(path);
  } catch (error) {
    if (error instanceof SyscallError && error.code !== "ENOENT") yield* new Log(error.message);
  }
});

function isMissing(error: unknown): boolean {
  return error instanceof SyscallError && error.code === "ENOENT";
}

/**
 * Opens a file to be read line by line, in constant memory: `lines.next()` waits for the next, as a stream's `lines` does.
 * @throws as OpenLines
 *
 * ```ts
 * const lines = yield* readLines("words.txt");
 * for (let line = yield* lines.next(); !line.done; line = yield* lines.next()) yield* print(line.value);
 * lines.close();
 * ```
 */
export function readLines(path: string, options: Pick<LinesOptions, "maxBytes"> = {}): OpenLines {
  return new OpenLines(path, { ...options, follow: false });
}

/**
 * Opens a file to be read on as it grows, as `tail -F` does: `lines.next()` waits until there is another line, and never
 * gives an end. When another file takes its path (a log is rotated), it goes on with that one once the old one is read;
 * when it is truncated, from its start. It begins at the end, or where `from` says. Between two looks it cannot see a file
 * that came and went, nor that one was truncated which has grown past where it was.
 * @throws as OpenLines
 *
 * ```ts
 * const log = yield* follow("/var/log/app.log");
 * for (let line = yield* log.next(); !line.done; line = yield* log.next()) yield* print(line.value);
 * ```
 */
export function follow(path: string, options: Omit<LinesOptions, "follow"> = {}): OpenLines {
  return new OpenLines(path, { ...options, follow: true });
}
