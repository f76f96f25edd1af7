// Real files, on each machine of this process.

import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { follow, readFile, readLines, writeFile } from "../../../apps/lib/index.ts";
import { HostFiles } from "../../../kernel/machine/files.ts";
import type { Program } from "../../../kernel/syscall.ts";
import {
  KillTask,
  LookUp,
  NewTask,
  Open,
  Read,
  Remove,
  Rename,
  Sleep,
  Stat,
  type Step,
  Sync,
  Timeout,
  WaitTask,
  Write,
} from "../../../syscalls/index.ts";
import { codeOf } from "../../laws/programs.ts";
import { bytesOf, textOf } from "../../text.ts";
import { hostMachines } from "./host-machines.ts";
import { onHost, openIn, temporaryFolder } from "./on-host.ts";

describe.each(hostMachines)("on the %s machine", (machine) => {
  test("what is written is read, whole and in parts, and known", async () => {
    const path = join(temporaryFolder(), "a");
    const found = await onHost(machine, function* () {
      const file = yield* new Open(path, "wx+", 0o640);
      yield* new Write(file, bytesOf("0123456789"));
      yield* new Write(file, bytesOf("AB"), 4);
      yield* new Sync(file);
      const parts = [textOf(yield* new Read(file, 3, 3)), textOf(yield* new Read(file, 9))];
      const [open, named] = [yield* new Stat(file), yield* new Stat(path)];
      expect(named).toEqual(open);
      return [...parts, open.size, open.kind, open.mode & 0o700];
    });
    expect(found).toEqual(["3AB", "", 10, "file", 0o600]);
    expect(readFileSync(path, "utf8")).toBe("0123AB6789");
  });

  test("3 MB go through writeFile and readFile unchanged", async () => {
    const path = join(temporaryFolder(), "large");
    const bytes = Uint8Array.from({ length: 3_000_001 }, (_, n) => n % 251);
    const read = await onHost(machine, function* () {
      yield* writeFile(path, bytes);
      return yield* readFile(path);
    });
    expect(Buffer.compare(read, bytes)).toBe(0);
  });

  test("a file of the system's own, whose size is said to be 0, is read whole", async () => {
    const read = await onHost(machine, () => readFile("/proc/self/status"));
    expect(textOf(read)).toContain("Name:");
  });

  test("writeFile keeps the permissions, and leaves nothing beside", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a");
    writeFileSync(path, "old");
    chmodSync(path, 0o600);
    await onHost(machine, () => writeFile(path, bytesOf("new")));
    expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777, readdirSync(folder)]).toEqual([
      "new",
      0o600,
      ["a"],
    ]);
  });

  test("what goes wrong says what was tried, on which path, and why", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a");
    writeFileSync(path, "text");
    const codes = await onHost(machine, function* () {
      const readOnly = yield* new Open(path);
      const writeOnly = yield* new Open(path, "r+");
      const closed = yield* new Open(path);
      closed.close();
      const opened = yield* new Open(folder);
      const all = [
        new Open(join(folder, "none")),
        new Open(join(path, "below")),
        new Open(path, "wx"),
        new Open(folder, "w"),
        new Open(join(folder, "n".repeat(300)), "w"),
        new Read(opened, 10),
        new Read(closed, 10),
        new Write(readOnly, bytesOf("x")),
        new Write(writeOnly, bytesOf("x")),
        new Stat(join(folder, "none")),
        new Rename(join(folder, "none"), path),
        new Remove(join(folder, "none")),
      ];
      const codes: string[] = [];
      for (const each of all) codes.push(yield* codeOf(each));
      return codes;
    });
    expect(codes).toEqual([
      "ENOENT",
      "ENOTDIR",
      "EEXIST",
      "EISDIR",
      "ENAMETOOLONG",
      "EISDIR",
      "EBADF",
      "EBADF",
      "",
      "ENOENT",
      "ENOENT",
      "ENOENT",
    ]);
    const message = onHost(machine, () => new Open(join(folder, "none")));
    await expect(message).rejects.toThrow(`open ${JSON.stringify(join(folder, "none"))}: there is no such file`);
  });

  test.skipIf(process.getuid?.() === 0)("what may not be read is EACCES", async () => {
    const path = join(temporaryFolder(), "a");
    writeFileSync(path, "text");
    chmodSync(path, 0);
    expect(await onHost(machine, () => codeOf(new Open(path)))).toBe("EACCES");
  });

  test.skipIf(process.platform !== "linux")("a device that is full is ENOSPC", async () => {
    const code = await onHost(machine, function* () {
      const file = yield* new Open("/dev/full", "r+");
      return yield* codeOf(new Write(file, bytesOf("x")));
    });
    expect(code).toBe("ENOSPC");
  });

  test.skipIf(process.platform === "win32")(
    "a pipe never blocks a thread: it opens at once, and has no positions",
    async () => {
      const path = join(temporaryFolder(), "pipe");
      execFileSync("mkfifo", [path]);
      const codes = await onHost(machine, function* () {
        const file = yield* new Open(path);
        return [yield* codeOf(new Read(file, 1)), yield* codeOf(new Open(path, "w")), (yield* new Stat(path)).kind];
      });
      expect(codes[0]).toBe("ESPIPE");
      expect(codes[2]).toBe("other");
    },
  );

  test("killed while an operation is pending, a task leaves no descriptor", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a");
    writeFileSync(path, "x".repeat(1_000_000));
    const pending: (() => Program<unknown>)[] = [
      function* () {
        for (;;) yield* new Open(path);
      },
      function* () {
        const file = yield* new Open(path);
        for (;;) yield* new Read(file, 1_000_000, 0);
      },
      function* () {
        const file = yield* new Open(path, "r+");
        for (;;) yield* new Write(file, new Uint8Array(100_000), 0);
      },
      function* () {
        for (;;) yield* readFile(path);
      },
      function* () {
        for (;;) yield* writeFile(join(folder, "b"), new Uint8Array(100_000));
      },
      function* () {
        for (;;) yield* (yield* readLines(path, { maxBytes: 2_000_000 })).next();
      },
    ];
    await onHost(machine, function* () {
      for (const each of pending) {
        for (let n = 0; n < 4; n++) {
          const task = yield* new NewTask(each());
          yield* new Sleep(n);
          yield* new KillTask(task);
          yield* new WaitTask(task);
        }
      }
      // What was under way ends in the thread pool, which takes what comes after in order.
      for (let n = 0; n < 8; n++) yield* new Stat(path);
      yield* new Timeout(
        10_000,
        (function* (): Program<void> {
          while (openIn(folder).length > 0) yield* new Sleep(1);
        })(),
      );
    });
    expect(openIn(folder)).toEqual([]);
  });

  test("a machine that is closed closes what was left open", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "a"), "text");
    await onHost(machine, function* () {
      yield* new Open(join(folder, "a"));
      expect(openIn(folder)).toHaveLength(process.platform === "linux" ? 1 : 0);
    });
    expect(openIn(folder)).toEqual([]);
  });

  test("a log is followed through growth, rotation and truncation", async () => {
    const path = join(temporaryFolder(), "log");
    writeFileSync(path, "old\n");
    const lines = await onHost(machine, function* () {
      const log = yield* follow(path, { pollMs: 1 });
      const found: Step<string>[] = [];
      appendFileSync(path, "grown\nha");
      found.push(yield* log.next());
      appendFileSync(path, "lf\n");
      found.push(yield* log.next());
      renameSync(path, `${path}.1`);
      appendFileSync(`${path}.1`, "late\n");
      found.push(yield* log.next());
      writeFileSync(path, "first of the new one\n");
      found.push(yield* log.next());
      writeFileSync(path, "cut\n");
      found.push(yield* log.next());
      return found;
    });
    const texts = ["grown", "half", "late", "first of the new one", "cut"];
    expect(lines).toEqual(texts.map((value) => ({ done: false, value })));
  });

  test("names are looked up", async () => {
    const addresses = await onHost(machine, () => new LookUp("localhost"));
    expect(addresses.some((address) => address === "127.0.0.1" || address === "::1")).toBe(true);
    expect(await onHost(machine, () => codeOf(new LookUp("no-such-host.invalid")))).toMatch(/^(ENOTFOUND|EAGAIN)$/);
  });
});

test("a file that is opened while its machine is closed is closed as well", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "a"), "text");
  const files = new HostFiles();
  const opening = files.open(join(folder, "a"), "r", 0);
  files.close();
  await expect(opening).rejects.toMatchObject({ code: "ECANCELED" });
  expect(openIn(folder)).toEqual([]);
});

test("a folder can be asked about", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "sub"));
  expect((await onHost("node", () => new Stat(join(folder, "sub")))).kind).toBe("folder");
});
