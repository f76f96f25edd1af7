// The syscalls that wait for a file, a look-up or a thread; as those of outside.ts.

import type { Program, Syscall } from "../../../kernel/syscall.ts";
import {
  type File,
  type FileLines,
  LookUp,
  Offload,
  Open,
  OpenLines,
  Read,
  Remove,
  Rename,
  Stat,
  Sync,
  Write,
} from "../../../syscalls/index.ts";
import { type CheckOptions, checkSyscallAsync, type Report } from "../../kit/index.ts";
import { Disk } from "../disk.ts";
import { heldAsync, type Table } from "./held.ts";
import type { OutsideCheck } from "./outside.ts";

const real = "test/kernel/machine/files.test.ts";

/** By the name of its class. */
export const files: Readonly<Record<string, OutsideCheck>> = {
  LookUp: {
    check: () => {
      const asked = new Asked(["192.0.2.1"]);
      const host = { lookup: () => asked.next() };
      return checkSyscallAsync(() => new LookUp("example.org"), { ...asked.options, run: { host } });
    },
    real: "test/laws/cases-look-up.test.ts",
  },
  Offload: {
    check: () => {
      const asked = new Asked("done");
      const host = { workers: { run: () => asked.next() } };
      return checkSyscallAsync(() => new Offload("file:///job.js"), { ...asked.options, run: { host } });
    },
    real: "test/kernel/machine/workers.test.ts",
  },
  Open: { check: () => onDisk(() => new Open("file")), real },
  OpenLines: { check: () => onDisk(() => new OpenLines("file")), real: "test/laws/cases-follow.test.ts" },
  Read: { check: () => onDisk(({ file }) => new Read(file, 4)), real },
  Remove: { check: () => onDisk(({ path }) => new Remove(path())), real },
  Rename: { check: () => onDisk(({ path }) => new Rename(path(), "there")), real },
  Stat: { check: () => onDisk(() => new Stat("file")), real },
  Sync: { check: () => onDisk(({ file }) => new Sync(file)), real },
  Write: { check: () => onDisk(({ file }) => new Write(file, new Uint8Array(4))), real },
};

/** By the method that makes the syscall. */
export const fileLines: Table = {
  "fileLines.next": () => {
    const { options, context } = disks();
    return heldAsync(({ lines }: OnDisk & { readonly lines: FileLines }) => lines.next(), {
      ...options,
      *setup() {
        const onDisk = yield* context();
        onDisk.disk.release();
        const lines = yield* new OpenLines("file");
        onDisk.disk.hold();
        return { ...onDisk, lines };
      },
    });
  },
};

/** Questions that are answered all at once, when the test says so. */
class Asked<T> {
  readonly options: CheckOptions<void>;
  #pending: (() => void)[] = [];
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
    const start = (): void => {
      this.#pending = [];
    };
    this.options = {
      *setup(): Program<void> {
        start();
      },
      answer: () => {
        for (const answer of this.#pending.splice(0)) answer();
      },
      late: true,
    };
  }

  next(): Promise<T> {
    return new Promise((resolve) => this.#pending.push(() => resolve(this.#value)));
  }
}

interface OnDisk {
  readonly disk: Disk;
  /** Owned by the main task. */
  readonly file: File;
  /** The path of a file that nobody else has. */
  readonly path: () => string;
}

/** Over a disk whose operations end when the test says so. */
function disks(): { context: () => Program<OnDisk>; options: Omit<CheckOptions<OnDisk>, "setup"> } {
  const host = { files: new Disk() };
  return {
    *context() {
      const disk = new Disk();
      host.files = disk;
      disk.put("file", "a line\n".repeat(9));
      const file = yield* new Open("file", "r+");
      disk.hold();
      let count = 0;
      const path = (): string => {
        disk.put(`file ${++count}`, "");
        return `file ${count}`;
      };
      return { disk, file, path };
    },
    options: { answer: ({ disk }) => disk.release(), late: true, run: { host } },
  };
}

function onDisk(make: (context: OnDisk) => Syscall<unknown>): Promise<Report> {
  const { context, options } = disks();
  return checkSyscallAsync(make, { ...options, setup: context });
}
