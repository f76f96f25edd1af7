// Files, on a disk that can be slow: what a task was not given was not read, one at a time at a file's own position, and no
// file outlives its task.

import { describe, expect, test } from "vitest";
import { readFile, writeFile } from "../../apps/lib/index.ts";
import type { FileFlags } from "../../kernel/machine/files.ts";
import type { Program, Runnable, Syscall } from "../../kernel/syscall.ts";
import {
  Adopt,
  CancelTask,
  type File,
  Join,
  KillTask,
  Limit,
  ListTasks,
  NewTask,
  Open,
  Pledge,
  Read,
  Rename,
  Select,
  Sleep,
  Stat,
  Sync,
  Timeout,
  WaitTask,
  Write,
} from "../../syscalls/index.ts";
import { run, runAsync } from "../kit/index.ts";
import { bytesOf, textOf } from "../text.ts";
import { Disk } from "./disk.ts";
import { Custom, codeOf } from "./programs.ts";

function diskWith(text: string): Disk {
  const disk = new Disk();
  disk.put("a", text);
  return disk;
}

async function on<T>(disk: Disk, program: () => Runnable<T>, seed = 1): Promise<T> {
  const { value } = await runAsync(program, { host: { files: disk }, seed });
  expect(disk.openFiles).toBe(0);
  return value;
}

describe("at a file's own position", () => {
  test("reads and writes go on where the one before ended, to the end, where there is nothing", async () => {
    const disk = diskWith("0123456789");
    const read = await on(disk, function* () {
      const file = yield* new Open("a", "r+");
      const parts = [textOf(yield* new Read(file, 4))];
      yield* new Write(file, bytesOf("xy"));
      parts.push(textOf(yield* new Read(file, 100)), textOf(yield* new Read(file, 100)));
      return [...parts, file.position];
    });
    expect(read).toEqual(["0123", "6789", "", 10]);
    expect(disk.text("a")).toBe("0123xy6789");
  });

  test("a position of one's own moves nothing", async () => {
    const read = await on(diskWith("0123456789"), function* () {
      const file = yield* new Open("a");
      return [textOf(yield* new Read(file, 2, 7)), file.position, textOf(yield* new Read(file, 2))];
    });
    expect(read).toEqual(["78", 0, "01"]);
  });

  test("what is written in parts is written whole", async () => {
    const disk = diskWith("");
    disk.mostAtOnce = 3;
    const position = await on(disk, function* () {
      const file = yield* new Open("a", "w");
      yield* new Write(file, bytesOf("0123456789"));
      yield* new Write(file, bytesOf("ABCDE"), 1);
      return file.position;
    });
    expect([position, disk.text("a")]).toEqual([10, "0ABCDE6789"]);
  });

  test("a file opened to append is written to at its end, whoever else writes", async () => {
    const disk = diskWith("one ");
    await on(disk, function* () {
      const file = yield* new Open("a", "a");
      yield* new Write(file, bytesOf("two "));
      disk.append("a", "three ");
      yield* new Write(file, bytesOf("four"));
      expect(() => new Write(file, bytesOf("x"), 0)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    });
    expect(disk.text("a")).toBe("one two three four");
  });
});

type End = "kill" | "cancel" | "deadline" | "select";
const ends: readonly End[] = ["kill", "cancel", "deadline", "select"];

/** Gives a syscall up while the disk holds it back. */
function* givenUp(how: End, disk: Disk, syscall: Syscall<unknown>): Program<string> {
  disk.hold();
  const program =
    how === "deadline"
      ? new Timeout(2, syscall)
      : how === "select"
        ? new Select({ syscall, idle: new Sleep(2) })
        : syscall;
  const task = yield* new NewTask(codeOf(program));
  yield* new Sleep(1);
  if (how === "kill") yield* new KillTask(task);
  if (how === "cancel") yield* new CancelTask(task);
  return (yield* new WaitTask(task)).status;
}

describe.each(ends)("given up by %s", (how) => {
  test("a Read has read nothing, also when another begins before it has ended", async () => {
    const disk = diskWith("0123456789");
    const read = await on(disk, function* () {
      const file = yield* new Open("a");
      yield* givenUp(how, disk, new Read(file, 4));
      const next = yield* new NewTask(new Read(file, 4));
      yield* new Sleep(1);
      disk.release();
      return [textOf(yield* new Join(next)), file.position];
    });
    expect(read).toEqual(["0123", 4]);
    expect(disk.log).toEqual(["open a", "read at 0", "read at 0"]);
  });

  test("a Write ends with the part it is at, and the next begins behind that", async () => {
    const disk = diskWith("");
    disk.mostAtOnce = 3;
    await on(disk, function* () {
      const file = yield* new Open("a", "w");
      yield* givenUp(how, disk, new Write(file, bytesOf("0123456789")));
      disk.release();
      yield* new Write(file, bytesOf("xyz"));
      expect(file.position).toBe(6);
    });
    expect(disk.text("a")).toBe("012xyz");
  });

  test("one that had not begun is never begun", async () => {
    const disk = diskWith("0123456789");
    await on(disk, function* () {
      const file = yield* new Open("a");
      yield* givenUp(how, disk, new Read(file, 1));
      yield* givenUp(how, disk, new Read(file, 2));
      yield* givenUp(how, disk, new Read(file, 3));
      disk.release();
      return yield* new Read(file, 4);
    });
    expect(disk.log).toEqual(["open a", "read at 0", "read at 0"]);
  });

  test("an Open that comes late is closed, and what an x flag created is gone", async () => {
    const disk = diskWith("kept");
    await on(disk, function* () {
      yield* givenUp(how, disk, new Open("a"));
      disk.release();
      yield* new Sleep(1);
      expect(disk.openFiles).toBe(0);
      yield* givenUp(how, disk, new Open("b", "wx"));
      disk.release();
      yield* new Sleep(1);
      yield* givenUp(how, disk, new Open("a", "wx"));
      disk.release();
      yield* new Sleep(1);
    });
    expect([...disk.paths.keys()]).toEqual(["a"]);
  });
});

describe("one at a time", () => {
  test("a second one that waits at a file's own position is EBUSY, and the first is untouched", async () => {
    const disk = diskWith("0123456789");
    const read = await on(disk, function* () {
      const file = yield* new Open("a");
      disk.hold();
      const first = yield* new NewTask(new Read(file, 2));
      yield* new Sleep(1);
      const codes = [yield* codeOf(new Read(file, 2)), yield* codeOf(new Write(file, bytesOf("x")))];
      const third = yield* new NewTask(new Read(file, 2, 8));
      yield* new Sleep(1);
      disk.release();
      return [...codes, textOf(yield* new Join(first)), textOf(yield* new Join(third))];
    });
    expect(read).toEqual(["EBUSY", "EBUSY", "01", "89"]);
  });

  test("more than 256 operations on a file are EAGAIN, those given up included, until they are over", async () => {
    const disk = diskWith("0123456789");
    const codes = await on(disk, function* () {
      const file = yield* new Open("a");
      disk.hold();
      for (let n = 0; n < 256; n++) yield* codeOf(new Timeout(0, new Read(file, 1, n)));
      const full = yield* codeOf(new Read(file, 1, 0));
      disk.release();
      yield* new Sleep(1);
      return [full, yield* codeOf(new Read(file, 1, 0))];
    });
    expect(codes).toEqual(["EAGAIN", ""]);
  });
});

test("bytes granted to a task that is killed before taking them are read again by the next", async () => {
  const disk = diskWith("0123456789");
  const read = await on(disk, function* () {
    const file = yield* new Open("a");
    class Doomed extends Read {
      protected override granted(bytes: Uint8Array): void {
        super.granted(bytes);
        kill();
      }
    }
    let kill = (): void => {};
    const reader = yield* new NewTask(new Doomed(file, 4));
    const kernel = yield* new Custom((task) => task.kernel);
    kill = () => kernel.kill(reader, 0, "the test");
    const { status } = yield* new WaitTask(reader);
    return [status, file.position, textOf(yield* new Read(file, 4))];
  });
  expect(read).toEqual(["killed", 0, "0123"]);
});

describe("a file and its owner", () => {
  test("it is closed with the task that opened it, or the one that adopted it", async () => {
    const disk = diskWith("text");
    const left = await on(disk, function* () {
      const opener = yield* new NewTask(new Open("a"));
      const file = yield* new Join(opener);
      const keeper = yield* new NewTask(
        (function* (): Program<File> {
          const mine = yield* new Open("a");
          yield* new Sleep(5);
          return mine;
        })(),
      );
      yield* new Sleep(1);
      const open = disk.openFiles;
      const kept = yield* new Join(keeper);
      return [file.closed, open, kept.closed, disk.openFiles];
    });
    expect(left).toEqual([true, 1, true, 0]);
  });

  test("adopted, it stays open when the one that opened it ends", async () => {
    await on(diskWith("text"), function* () {
      let file: File | undefined;
      const opener = yield* new NewTask(
        (function* (): Program<void> {
          file = yield* new Open("a");
          yield* new Sleep(2);
        })(),
      );
      yield* new Sleep(1);
      yield* new Adopt(file as File); // opened by then
      yield* new WaitTask(opener);
      expect(textOf(yield* new Read(file as File, 9))).toBe("text");
    });
  });

  test("closing it wakes those that wait with EBADF; later uses are EBADF", async () => {
    const disk = diskWith("0123");
    const codes = await on(disk, function* () {
      const file = yield* new Open("a");
      disk.hold();
      const waiting = [];
      for (const use of [new Read(file, 1), new Read(file, 1, 2), new Stat(file), new Sync(file)]) {
        waiting.push(yield* new NewTask(codeOf(use)));
      }
      yield* new Sleep(1);
      file.close();
      file.close();
      const codes = [];
      for (const tid of waiting) codes.push(yield* new Join(tid));
      disk.release();
      return [...codes, yield* codeOf(new Read(file, 1)), yield* codeOf(new Adopt(file))];
    });
    expect(codes).toEqual(["EBADF", "EBADF", "", "EBADF", "EBADF", "EBADF"]);
  });

  test("one over the limit of what a task may own is EMFILE, and is closed", async () => {
    const code = await on(diskWith("text"), function* () {
      yield* new Limit({ sockets: 1 });
      yield* new Open("a");
      return yield* codeOf(new Open("a"));
    });
    expect(code).toBe("EMFILE");
  });
});

describe("errors", () => {
  test("a disk that is full says how much was written", async () => {
    const disk = diskWith("");
    disk.capacity = 5;
    const message = await on(disk, function* () {
      const file = yield* new Open("a", "w");
      try {
        yield* new Write(file, bytesOf("0123456789"));
        return "";
      } catch (error) {
        return `${(error as { code: string }).code} ${(error as Error).message} at ${file.position}`; // thrown above
      }
    });
    expect(message).toBe("ENOSPC the disk is full, after 5 of 10 bytes at 5");
  });

  test("a machine without files is ENOTSUP, and so is a synchronous run", async () => {
    expect((await runAsync(codeOf(new Open("a")))).value).toBe("ENOTSUP");
    expect(run(codeOf(new Open("a")), { host: { files: new Disk() } }).value).toBe("ENOTSUP");
  });

  test("arguments that cannot be are refused when it is made", async () => {
    const refused = (make: () => unknown, code: string) => expect(make).toThrow(expect.objectContaining({ code }));
    for (const path of ["", "a\0b"]) refused(() => new Open(path), "EINVAL");
    refused(() => new Open("a".repeat(5_000)), "ENAMETOOLONG");
    refused(() => new Open("a", "q" as FileFlags), "EINVAL");
    refused(() => new Open("a", "r", -1), "EINVAL");
    refused(() => new Rename("a", ""), "EINVAL");
    expect(() => new Open(7 as unknown as string)).toThrow(TypeError);
    await on(diskWith(""), function* () {
      const file = yield* new Open("a");
      for (const max of [0, -1, 1.5, Number.NaN]) refused(() => new Read(file, max), "EINVAL");
      for (const position of [-1, 0.5, 2 ** 60]) refused(() => new Read(file, 1, position), "EINVAL");
      expect(() => new Write(file, "text" as unknown as Uint8Array)).toThrow(TypeError);
      expect(() => new Read({} as File, 1)).toThrow(TypeError);
    });
  });

  test("a task that has pledged otherwise may not touch files", async () => {
    const code = await on(diskWith(""), function* () {
      yield* new Pledge(["task"]);
      return yield* codeOf(new Open("a"));
    });
    expect(code).toBe("EPERM");
  });
});

test("the list says what a task waits for", async () => {
  const disk = diskWith("text");
  const record = await on(disk, function* () {
    const file = yield* new Open("a");
    disk.hold();
    const reader = yield* new NewTask(new Read(file, 1));
    yield* new Sleep(1);
    const { verb, object } = (yield* new ListTasks()).find(({ tid }) => tid === reader) ?? {};
    disk.release();
    return [verb, object];
  });
  expect(record).toEqual(["read", 'file "a"']);
});

describe("whole files", () => {
  test("readFile reads all of it, up to its bound", async () => {
    const disk = diskWith("0123456789");
    const read = await on(disk, function* () {
      const all = textOf(yield* readFile("a", { maxBytes: 10 }));
      return [all, yield* codeOf(readFile("a", { maxBytes: 9 })), disk.openFiles];
    });
    expect(read).toEqual(["0123456789", "EMSGSIZE", 0]);
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "a bound of %f bytes is EINVAL, and nothing is opened",
    async (maxBytes) => {
      const disk = diskWith("0123456789");
      const code = await on(disk, () => codeOf(readFile("a", { maxBytes })));
      expect([code, disk.log]).toEqual(["EINVAL", []]);
    },
  );

  test("writeFile replaces it in one step, after it is on the disk", async () => {
    const disk = diskWith("old");
    await on(disk, () => writeFile("a", bytesOf("new")));
    expect([...disk.paths.keys()]).toEqual(["a"]);
    expect(disk.text("a")).toBe("new");
    expect(disk.log.map((line) => line.split(" ")[0])).toEqual(["stat", "open", "write", "sync", "rename"]);
  });

  // stat, open, write, sync, rename
  const moments = [1, 2, 3, 4, 5].flatMap((count) => [`onBegin ${count}`, `onEnd ${count}`]);
  test.each(moments.flatMap((moment) => [`kill ${moment}`, `cancel ${moment}`]))(
    "ended in between, it leaves the old or the new, and nothing beside it (%s)",
    async (text) => {
      const [how, when, count] = text.split(" ") as ["kill" | "cancel", "onBegin" | "onEnd", string]; // as made above
      const disk = diskWith("old");
      const status = await on(disk, function* () {
        const kernel = yield* new Custom((task) => task.kernel);
        const writer = yield* new NewTask(writeFile("a", bytesOf("new")));
        disk[when] = (now) => now === Number(count) && kernel[how](writer, 0, "the test");
        const exit = yield* new WaitTask(writer);
        yield* new Sleep(1); // for what comes late
        return exit.status;
      });
      expect(status).toBe("killed");
      expect([...disk.paths.keys()]).toEqual(["a"]);
      expect(disk.text("a")).toBe(disk.log.some((line) => line.startsWith("rename")) ? "new" : "old");
    },
  );

  test("a disk that is full leaves the old one", async () => {
    const disk = diskWith("old");
    disk.capacity = 2;
    expect(await on(disk, () => codeOf(writeFile("a", bytesOf("new"))))).toBe("ENOSPC");
    expect([...disk.paths.keys(), disk.text("a")]).toEqual(["a", "old"]);
  });
});
