// Lines of a file, to its end or on and on: through rotation and truncation, in simulated time. A line that nobody took is
// the next one's.

import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { follow, readLines } from "../../apps/lib/index.ts";
import { type Program, type Runnable, SyscallError, type Tid } from "../../kernel/syscall.ts";
import {
  CancelTask,
  type FileLines,
  GetTime,
  Join,
  KillTask,
  ListTasks,
  NewTask,
  OpenLines,
  Select,
  SendSignal,
  Sleep,
  type Step,
  Timeout,
  WaitTask,
} from "../../syscalls/index.ts";
import { run, runAsync } from "../kit/index.ts";
import { Disk } from "./disk.ts";
import { Custom, codeOf } from "./programs.ts";

function diskWith(text: string): Disk {
  const disk = new Disk();
  disk.put("log", text);
  return disk;
}

async function on<T>(disk: Disk, program: () => Runnable<T>): Promise<T> {
  const { value, kernel } = await runAsync(program, { host: { files: disk }, turn: () => setImmediate() });
  expect([disk.openFiles, kernel.timers.size]).toEqual([0, 0]);
  return value;
}

function textOf(step: Step<string>): string {
  return step.done ? "the end" : step.value;
}

function* all(lines: FileLines): Program<string[]> {
  const found: string[] = [];
  for (let line = yield* lines.next(); !line.done; line = yield* lines.next()) found.push(line.value);
  return found;
}

/** The lines that come until nothing has come for a second; codes for those that are refused. */
function* until(lines: FileLines): Program<string[]> {
  const found: string[] = [];
  for (;;) {
    try {
      const first = yield* new Select({ line: lines.next(), idle: new Sleep(1_000) });
      if (first.key === "idle") return found;
      found.push(textOf(first.value));
    } catch (error) {
      found.push((error as { code: string }).code); // a SyscallError
    }
  }
}

describe("readLines", () => {
  test("gives each line, a last one without a newline too, then the end for ever", async () => {
    const found = await on(diskWith("a\r\n\nb"), function* () {
      const lines = yield* readLines("log");
      return [...(yield* all(lines)), textOf(yield* lines.next())];
    });
    expect(found).toEqual(["a", "", "b", "the end"]);
  });

  test("a file of many chunks is read on as it is used, one chunk at a time", async () => {
    const disk = diskWith(`${"x".repeat(99)}\n`.repeat(5_000));
    const count = await on(disk, function* () {
      const lines = yield* readLines("log");
      yield* lines.next();
      expect(disk.log.filter((line) => line.startsWith("read"))).toHaveLength(1);
      return 1 + (yield* all(lines)).length;
    });
    expect(count).toBe(5_000);
    expect(disk.log.filter((line) => line.startsWith("read"))).toHaveLength(9);
  });

  test("a line that is too long is EMSGSIZE, and the next call has the one after it", async () => {
    const found = await on(diskWith(`a\n${"x".repeat(200_000)}\nb\n`), function* () {
      const lines = yield* readLines("log", { maxBytes: 10 });
      const first = textOf(yield* lines.next());
      return [first, yield* codeOf(lines.next()), ...(yield* all(lines))];
    });
    expect(found).toEqual(["a", "EMSGSIZE", "b"]);
  });
});

describe("follow", () => {
  test("begins at the end, and gives lines once they are whole", async () => {
    const disk = diskWith("old\nhal");
    const found = await on(disk, function* () {
      const lines = yield* follow("log");
      const reader = yield* new NewTask(until(lines));
      yield* new Sleep(300);
      disk.append("log", "f\nnew");
      yield* new Sleep(300);
      disk.append("log", "er\n");
      return yield* new Join(reader);
    });
    expect(found).toEqual(["f", "newer"]);
  });

  test("looks again every pollMs, and no more often", async () => {
    const disk = diskWith("");
    const [at, looks] = await on(disk, function* () {
      const lines = yield* follow("log", { pollMs: 100 });
      const reader = yield* new NewTask(
        (function* (): Program<number> {
          yield* lines.next();
          return yield* new GetTime();
        })(),
      );
      yield* new Sleep(1_050);
      disk.append("log", "new\n");
      return [yield* new Join(reader), disk.log.filter((line) => line.startsWith("read")).length];
    });
    expect(at).toBeGreaterThanOrEqual(1_100);
    expect(at).toBeLessThan(1_101);
    expect(looks).toBe(12);
  });

  test("goes through a rotation: the rest of the old file, also what came late, then the new one from its start", async () => {
    const disk = diskWith("old\n");
    const found = await on(disk, function* () {
      const lines = yield* follow("log", { from: "start" });
      const reader = yield* new NewTask(until(lines));
      yield* new Sleep(300);
      disk.append("log", "before\n");
      disk.move("log", "log.1");
      yield* new Sleep(600); // nothing has the path for a while
      disk.append("log.1", "late\nunfinished");
      disk.put("log", "first\nsec");
      yield* new Sleep(300);
      expect(disk.openFiles).toBe(1);
      disk.append("log", "ond\n");
      return yield* new Join(reader);
    });
    expect(found).toEqual(["old", "before", "late", "unfinished", "first", "second"]);
  });

  test("goes through two rotations between two looks, but for the file in the middle", async () => {
    const disk = diskWith("old\n");
    const found = await on(disk, function* () {
      const lines = yield* follow("log", { from: "start" });
      const reader = yield* new NewTask(until(lines));
      yield* new Sleep(10);
      disk.move("log", "log.1");
      disk.put("log", "missed\n");
      disk.move("log", "log.2");
      disk.put("log", "new\n");
      return yield* new Join(reader);
    });
    expect(found).toEqual(["old", "new"]);
  });

  test("goes through a truncation: from the start again, without what was left of a line", async () => {
    const disk = diskWith("one\nunfini");
    const found = await on(disk, function* () {
      const lines = yield* follow("log", { from: "start" });
      const reader = yield* new NewTask(until(lines));
      yield* new Sleep(300);
      disk.truncate("log");
      disk.append("log", "two\n");
      return yield* new Join(reader);
    });
    expect(found).toEqual(["one", "two"]);
  });

  test("a line that is too long is refused once, however it comes", async () => {
    const disk = diskWith("");
    const found = await on(disk, function* () {
      const lines = yield* follow("log", { maxBytes: 10 });
      const reader = yield* new NewTask(until(lines));
      for (let n = 0; n < 5; n++) {
        disk.append("log", "0123456789");
        yield* new Sleep(150);
      }
      disk.append("log", "\nshort\n");
      return yield* new Join(reader);
    });
    expect(found).toEqual(["EMSGSIZE", "short"]);
  });

  test("a line that is too long and has no end when its file is rotated away takes none of the new file's with it", async () => {
    const disk = diskWith("");
    const found = await on(disk, function* () {
      const lines = yield* follow("log", { maxBytes: 10 });
      const reader = yield* new NewTask(until(lines));
      yield* new Sleep(300);
      disk.append("log", "x".repeat(20));
      yield* new Sleep(300);
      disk.move("log", "log.1");
      disk.put("log", "first\nsecond\n");
      return yield* new Join(reader);
    });
    expect(found).toEqual(["EMSGSIZE", "first", "second"]);
  });

  test("waiting for ever is no deadlock, and is on the list", async () => {
    const record = await on(diskWith(""), function* () {
      const lines = yield* follow("log");
      const reader = yield* new NewTask(lines.next());
      yield* new Sleep(3_600_000);
      const found = (yield* new ListTasks()).find(({ tid }) => tid === reader);
      yield* new KillTask(reader);
      yield* new WaitTask(reader);
      return [found?.verb, found?.object, found?.state];
    });
    expect(record).toEqual(["read", 'lines of "log"', "blocked"]);
  });
});

function* reading(lines: FileLines, how: string, ms: number, taken: string[]): Program<void> {
  try {
    if (how === "deadline") taken.push(textOf(yield* new Timeout(ms, lines.next())));
    else {
      const first = yield* new Select({ line: lines.next(), idle: new Sleep(how === "select" ? ms : 999) });
      if (first.key === "line") taken.push(textOf(first.value));
    }
  } catch {
    // out of time, or cancelled
  }
}

describe.each(["kill", "cancel", "deadline", "select"])("given up by %s", (how) => {
  test("waits leave no timer, and between them and the next no line is lost or doubled", async () => {
    const disk = diskWith("");
    const lines = await on(disk, function* () {
      const opened = yield* follow("log", { pollMs: 20 });
      const taken: string[] = [];
      for (let n = 0; n < 12; n++) {
        const reader = yield* new NewTask(reading(opened, how, 10 * n, taken));
        if (n % 3 === 0) disk.hold();
        yield* new Sleep(5);
        disk.append("log", `line ${n}a\nline ${n}b\n`);
        yield* new Sleep(5 * n);
        if (how === "kill") yield* new KillTask(reader);
        if (how === "cancel") yield* new CancelTask(reader);
        yield* new WaitTask(reader);
        disk.release();
      }
      expect(taken.length).toBeGreaterThan(0);
      expect(taken.length).toBeLessThan(12);
      return [...taken, ...(yield* until(opened))];
    });
    expect(lines).toEqual(Array.from({ length: 24 }, (_, n) => `line ${n >> 1}${n % 2 === 0 ? "a" : "b"}`));
  });

  test("an open that comes late is closed", async () => {
    const disk = diskWith("");
    disk.hold();
    await on(disk, function* () {
      const open = new OpenLines("log");
      const program =
        how === "deadline" ? new Timeout(1, open) : how === "select" ? new Select({ open, idle: new Sleep(1) }) : open;
      const opener = yield* new NewTask(codeOf(program));
      yield* new Sleep(2);
      if (how === "kill") yield* new KillTask(opener);
      if (how === "cancel") yield* new CancelTask(opener);
      yield* new WaitTask(opener);
      disk.release();
      yield* new Sleep(1);
    });
  });
});

test("a line granted to a task that is killed before taking it is the next one's", async () => {
  const found = await on(diskWith("a\nb\n"), function* () {
    const lines = yield* readLines("log");
    const kernel = yield* new Custom((task) => task.kernel);
    const reader = yield* new NewTask(new Select({ line: lines.next(), idle: new Sleep(50) }));
    kernel.addObserver({
      ready: (task) => {
        if (task.tid === reader && task.answer !== undefined) kernel.kill(reader, 0, "the test");
      },
    });
    const { status } = yield* new WaitTask(reader);
    return [status, ...(yield* all(lines))];
  });
  expect(found).toEqual(["killed", "a", "b"]);
});

test("lines granted to tasks that are stopped, and then killed, come again in their order", async () => {
  const disk = diskWith("");
  const found = await on(disk, function* () {
    const lines = yield* follow("log", { pollMs: 10 });
    const readers: Tid[] = [];
    for (const line of ["a", "b"]) {
      const reader = yield* new NewTask(lines.next());
      yield* new Sleep(5);
      yield* new SendSignal(reader, "STOP");
      disk.append("log", `${line}\n`);
      yield* new Sleep(50);
      readers.push(reader);
    }
    for (const reader of readers) yield* new KillTask(reader);
    for (const reader of readers) yield* new WaitTask(reader);
    return yield* until(lines);
  });
  expect(found).toEqual(["a", "b"]);
});

test("an error of the disk is thrown, and the next call tries again", async () => {
  const disk = diskWith("a\n");
  const found = await on(disk, function* () {
    const lines = yield* follow("log", { from: "start" });
    disk.onBegin = () => {
      disk.onBegin = () => {};
      throw new SyscallError("EIO", "the disk failed");
    };
    return [yield* codeOf(lines.next()), textOf(yield* lines.next())];
  });
  expect(found).toEqual(["EIO", "a"]);
});

test("one task at a time waits for the next line; closing wakes it with EBADF", async () => {
  const codes = await on(diskWith(""), function* () {
    const lines = yield* follow("log");
    const reader = yield* new NewTask(codeOf(lines.next()));
    yield* new Sleep(1);
    const second = yield* codeOf(lines.next());
    lines.close();
    return [second, yield* new Join(reader), yield* codeOf(lines.next())];
  });
  expect(codes).toEqual(["EBUSY", "EBADF", "EBADF"]);
});

test("the lines are closed with the task that opened them, also while it follows a rotation", async () => {
  const disk = diskWith("");
  await on(disk, function* () {
    const reader = yield* new NewTask(
      (function* (): Program<never> {
        const lines = yield* follow("log");
        for (;;) yield* lines.next();
      })(),
    );
    yield* new Sleep(300);
    disk.put("log", "another");
    disk.hold();
    yield* new Sleep(300);
    yield* new KillTask(reader);
    yield* new WaitTask(reader);
    disk.release();
    yield* new Sleep(1);
  });
});

test("options and machines that cannot be are refused", async () => {
  for (const maxBytes of [0, -1, 0.5, 2 ** 31]) {
    expect(() => new OpenLines("log", { maxBytes })).toThrow(expect.objectContaining({ code: "EINVAL" }));
  }
  for (const pollMs of [-1, 0, Number.NaN]) {
    expect(() => follow("log", { pollMs })).toThrow(expect.objectContaining({ code: "EINVAL" }));
  }
  expect(() => follow("log", { from: "middle" as "end" })).toThrow(expect.objectContaining({ code: "EINVAL" }));
  expect((await runAsync(codeOf(follow("log")))).value).toBe("ENOTSUP");
  expect(run(codeOf(follow("log")), { host: { files: diskWith("") } }).value).toBe("ENOTSUP");
  expect(await on(diskWith(""), () => codeOf(follow("none")))).toBe("ENOENT");
});
