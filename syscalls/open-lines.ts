// OpenLines: a file to be read line by line. Routines around it, `readLines` and `follow`, are in apps/lib.

import { type Kernel, needed, SyscallError, shown, type Task } from "../kernel/syscall.ts";
import { checkPath, pathText } from "./file.ts";
import { FileLines, type LinesOptions } from "./file-lines.ts";
import { type Asking, Outside } from "./outside.ts";
import { checkedMs } from "./sleep.ts";

const mostBytes = 2 ** 30;

/**
 * Opens a file to be read by lines, owned by the calling task: `lines.next()` is the syscall that gives the next.
 * @throws ENOENT, EACCES and the like, naming the path; EINVAL for an option that cannot be; EINVAL and ENAMETOOLONG for such
 * a path; ENOTSUP on a machine without files
 */
export class OpenLines extends Outside<FileLines> {
  readonly verb = "open";
  readonly path: string;
  readonly options: Required<LinesOptions>;

  constructor(path: string, options: LinesOptions = {}) {
    super();
    this.path = checkPath(path, "OpenLines");
    const { maxBytes = 65_536, follow = false, from = follow ? "end" : "start", pollMs = 250 } = options;
    if (!Number.isInteger(maxBytes) || maxBytes < 1 || maxBytes > mostBytes) {
      throw new SyscallError("EINVAL", `OpenLines: maxBytes ${shown(maxBytes)}, give 1 to ${mostBytes}`);
    }
    if (from !== "start" && from !== "end") {
      throw new SyscallError("EINVAL", `OpenLines: from ${shown(from)}, give "start" or "end"`);
    }
    if (checkedMs(pollMs, "OpenLines: pollMs") < 1) {
      throw new SyscallError("EINVAL", `OpenLines: pollMs ${pollMs}, give at least 1`);
    }
    this.options = { maxBytes, follow, from, pollMs };
  }

  get object(): string {
    return pathText(this.path);
  }

  override get family(): string {
    return "file";
  }

  override giveBack(lines: FileLines): void {
    lines.close();
  }

  protected override async begin(kernel: Kernel, asking: Asking, task: Task): Promise<FileLines> {
    const files = needed(kernel, "files");
    const raw = await files.open(this.path, "r", 0);
    try {
      const position = this.options.from === "end" ? (await raw.stat()).size : 0;
      const lines = new FileLines(files, this.path, raw, position, this.options);
      if (!asking.isOver) kernel.adopt(lines, task);
      return lines;
    } catch (error) {
      raw.close();
      throw error;
    }
  }
}
