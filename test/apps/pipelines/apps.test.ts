// The apps of pipelines as their users run them: real processes, files, pipes and terminals.

import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { commandOf, type Ended, Folder, Running, root, start } from "../cli/command.ts";
import { LaunchedApp } from "../launched-app.ts";
import { Terminal } from "../monitor/terminal.ts";

const app = (name: string): string => join(root, "apps/pipelines", `${name}.ts`);
const requestLine = (n: number, path = `/item/${n}`): string =>
  `10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET ${path} HTTP/1.1" ${n % 2 === 0 ? 200 : 404} 100 "-" "agent ${"x".repeat(100)}"\n`;

const folder = new Folder({
  "a.txt": "hello a\nbye\noh hello\nhello \x1b[31mb\n",
  "b.txt": "Hello c\r\nlast without a newline: hello",
  "slow.txt": `${"a".repeat(50)}b\n`,
  "quick.txt": "aaa\n",
  "many.txt": "hello\n".repeat(100_000),
  "access.log": `${Array.from({ length: 300 }, (_, n) => requestLine(n, n % 3 === 0 ? "/" : `/a?${n}`)).join("")}garbage\n`,
  "bus.xml": `<buses>${Array.from({ length: 300 }, (_, n) => `<bus><id>${n}</id><route>${n % 3}</route></bus>\n`).join("")}</buses>`,
});
writeFileSync(
  join(folder.path, "bad.txt"),
  Buffer.concat([Buffer.from("hello 1\n"), Buffer.of(0xff, 10), Buffer.from("hello 2\n")]),
);
afterAll(() => folder.remove());
afterEach(() => Terminal.closeAll());

/** The app's end. */
function run(name: string, args: readonly string[]): Promise<Ended> {
  return start(["run", app(name), "--", ...args], folder.path).ended;
}

/** A line of a shell, in which "$app" runs an app; it tells the exit status of each. */
function shell(name: string, line: string): Promise<Ended> {
  const command = commandOf(["run", app(name), "--"])
    .map((word) => `'${word}'`)
    .join(" ");
  const running = new Running(
    "bash",
    ["-c", `app() { ${command} "$@"; }; ${line}; echo "status \${PIPESTATUS[*]}" >&2`],
    folder.path,
  );
  return running.ended;
}

describe("grep", () => {
  test.each([
    [["^hello", "a.txt"], 0, "hello a\nhello \\u{1b}[31mb\n"],
    [["nothing", "a.txt"], 1, ""],
    [["-i", "^hello", "a.txt", "b.txt"], 0, "a.txt:hello a\na.txt:hello \\u{1b}[31mb\nb.txt:Hello c\n"],
    [["-v", "hello", "a.txt"], 0, "bye\n"],
    [["-c", "hello", "a.txt", "b.txt"], 0, "a.txt:3\nb.txt:1\n"],
  ])("%j ends with %i", async (args, code, out) => {
    expect(await run("grep", args)).toEqual({ code, signal: null, out, err: "" });
  });

  test("a file that cannot be read is said, is a failure, and keeps the others from nothing", async () => {
    const { code, out, err } = await run("grep", ["hello a", "missing.txt", "a.txt"]);
    expect({ code, out }).toEqual({ code: 2, out: "a.txt:hello a\n" });
    expect(err).toMatch(/^\[[ .\d]+\] error task 1 \(grep\.ts\): .*missing\.txt.*no such file/);
  });

  test("a turn that the watchdog ended is not taken for a file without such a line", async () => {
    const args = ["run", "--watchdog", "500", app("grep"), "--", "^(a+)+$", "slow.txt", "quick.txt"];
    const { code, out, err } = await start(args, folder.path).ended;
    expect({ code, out }).toEqual({ code: 2, out: "quick.txt:aaa\n" });
    expect(err).toMatch(/task 1 \(grep\.ts\): slow\.txt: match was ended before its time/);
  });

  test("a pipe is no file: one sentence says so", async () => {
    const { out, err } = await shell("grep", "app hello <(echo hello)");
    expect(out).toBe("");
    expect(err).toMatch(/^\[[ .\d]+\] error task 1 \(grep\.ts\): read ".*": it has no positions, .*\nstatus 2\n$/);
  });

  test("a line that is not UTF-8 is left out, and that is said", async () => {
    const { code, out, err } = await run("grep", ["hello", "bad.txt"]);
    expect({ code, out }).toEqual({ code: 0, out: "hello 1\nhello 2\n" });
    expect(err).toContain("bad.txt: lines left out, over 65,536 bytes or not UTF-8: 1");
  });

  test.each([
    [[], "a pattern is missing"],
    [["(", "a.txt"], '"(" is no regular expression: Unterminated group'],
    [["--wrong", "x"], "Unknown option '--wrong'"],
  ])("%j is a fault of the command line", async (args, message) => {
    const { code, out, err } = await run("grep", args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(`yieldix: ${message}`);
    expect(err).toContain("usage: yieldix run apps/pipelines/grep.ts");
  });

  test("reads standard input, and ends quietly when nobody reads its output any more", async () => {
    const { out, err } = await shell("grep", "cat many.txt many.txt many.txt | app hello | head -1");
    expect(out).toBe("hello\n");
    expect(err).toMatch(/^status (141|0) 0 0\n$/); // cat is ended by SIGPIPE, if it still wrote
  });

  test
    .skipIf(process.platform !== "linux")
    .each(["hello a.txt", "hello many.txt", "-c hello a.txt", "-c nothing a.txt"])(
    "%s into a full disk is a failure, whatever was found, and is said in one sentence",
    async (args) => {
      const { err } = await shell("grep", `app ${args} > /dev/full`);
      expect(err).toMatch(/^yieldix: write stdout: [^\n]*the device is full[^\n]*\nstatus 2\n$/);
    },
  );

  test("waits for standard input that stays open, and ends with it", async () => {
    const running = new LaunchedApp("apps/pipelines/grep.ts", ["hello"], { stdin: "pipe" });
    running.process.stdin?.write("hello 1\nbye\n");
    await running.wrote(/hello 1/);
    running.process.stdin?.end("hello 2");
    expect(await running.ended).toEqual({ code: 0, signal: null });
    expect(running.output).toBe("hello 1\nhello 2\n");
  });
});

describe("follow", () => {
  test("prints what is appended, each pattern's lines, through a rotation, until it is stopped", async () => {
    const log = join(folder.path, "app.log");
    writeFileSync(log, "error 0\n");
    const running = new LaunchedApp("apps/pipelines/follow.ts", ["--start", "--poll", "5", log, "error", "^warn"]);
    await running.wrote(/error: error 0/);
    appendFileSync(log, "info\nwarn 1\nhalf a line with an err");
    await running.wrote(/\^warn: warn 1/);
    appendFileSync(log, "or 2\n");
    await running.wrote(/error: half a line with an error 2/);
    renameSync(log, `${log}.1`);
    appendFileSync(`${log}.1`, "error 3, late\n");
    writeFileSync(log, "error 4\n");
    await running.wrote(/error: error 4/);
    expect(await running.stop()).toEqual({ code: 0, signal: null });
    expect(running.output.split("\n").filter((line) => !line.includes("SIGTERM"))).toEqual([
      "error: error 0",
      "^warn: warn 1",
      "error: half a line with an error 2",
      "error: error 3, late",
      "error: error 4",
      "",
    ]);
  });

  test.each([
    [[], "a log to follow is missing"],
    [["--poll", "0", "a.txt"], '--poll "0" is not a whole number from 1 to 9999999'],
    [["a.txt", "["], '"[" is no regular expression'],
  ])("%j is a fault of the command line", async (args, message) => {
    const { code, err } = await run("follow", args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe("access-log", () => {
  test("counts per status and path, and malformed lines, as a table", async () => {
    const { code, out, err } = await run("access-log", ["access.log"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out.split("\n")).toEqual([
      "301 lines, 1 malformed, 300 requests, 29.3 KiB",
      "",
      "       COUNT      BYTES  STATUS",
      "         150   14.6 KiB  200",
      "         150   14.6 KiB  404",
      "",
      "       COUNT      BYTES  PATH",
      "         200   19.5 KiB  /a",
      "         100    9.8 KiB  /",
      "",
    ]);
  });

  test("filters, and gives JSON", async () => {
    const { out } = await run("access-log", ["--json", "--status", "4xx", "--path", "^/a", "--top", "1", "access.log"]);
    expect(JSON.parse(out)).toEqual({
      lines: 301,
      malformed: 1,
      requests: 100,
      bytes: 10_000,
      statuses: [{ key: "404", count: 100, bytes: 10_000, missed: 0 }],
      paths: [{ key: "/a", count: 100, bytes: 10_000, missed: 0 }],
      other: { count: 0, bytes: 0 },
    });
  });

  test("gives JSON that is JSON, and safe to show, whatever is in the log", async () => {
    writeFileSync(join(folder.path, "odd.log"), requestLine(0, "/\u202e\u0085\u{e0001}"));
    const { out } = await run("access-log", ["--json", "odd.log"]);
    expect(JSON.parse(out).paths[0].key).toBe("/\u202e\u0085\u{e0001}");
    expect(out).not.toMatch(/[\u202e\u0085]/);
  });

  test("has no more memory for 300,000 lines of as many paths than for a tenth of them", async () => {
    const running = new LaunchedApp("apps/pipelines/access-log.ts", ["--json"], { stdin: "pipe" });
    const stdin = running.process.stdin;
    if (stdin === null) throw new Error("it has no standard input");
    let early = 0;
    for (let n = 0; n < 300_000; n += 1_000) {
      const lines = Array.from({ length: 1_000 }, (_, at) => requestLine(n + at)).join("");
      // When a piece is written, all but what a pipe holds has been read.
      await new Promise<void>((done) => stdin.write(lines, () => done()));
      if (n === 30_000) early = running.residentBytes;
    }
    const late = running.residentBytes;
    stdin.end();
    expect((await running.ended).code).toBe(0);
    const { requests, other } = JSON.parse(running.output);
    expect([requests, other.count]).toEqual([300_000, 299_990]);
    expect(late - early).toBeLessThan(64 * 1_048_576); // they are 60 MB of lines, and would be more as strings
  });

  test.each([
    [["--status", "6x", "a"], "--status"],
    [["--top", "0", "a"], "--top"],
    [["--path", "(", "a"], "no regular expression"],
    [["a", "b"], "one log at a time"],
  ])("%j is a fault of the command line", async (args, message) => {
    const { code, err } = await run("access-log", args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  describe.skipIf(!Terminal.isThere)("on a real terminal (needs tmux and bash)", () => {
    test("the table is there while it grows, above a bar, and what is left is the whole one", async () => {
      writeFileSync(join(folder.path, "long.log"), Array.from({ length: 300_000 }, (_, n) => requestLine(n)).join(""));
      const command = commandOf(["run", app("access-log"), "--", "--top", "2", "long.log"]);
      const terminal = await Terminal.start(command, { columns: 70, rows: 30, cwd: folder.path });
      const screen = await terminal.until((lines) => lines.some((line) => /^\[=*>? *\] \d+ % of \d/.test(line)));
      expect(screen.some((line) => line.endsWith("STATUS"))).toBe(true);
      expect(await terminal.exitCode()).toBe(0);
      const left = (await terminal.screen()).join("\n");
      expect(left).toContain("300,000 lines, 0 malformed");
      expect(left.match(/STATUS/g)?.length).toBe(1);
      expect(left).not.toContain("% of");
    });
  });
});

test.each([["follow"], ["access-log"], ["bus"]])("%s says in one sentence that there is no such file", async (name) => {
  const { code, out, err } = await run(name, ["missing.txt"]);
  expect([code, out]).toEqual([2, name === "bus" ? expect.stringMatching(/^ID +ROUTE/) : ""]);
  expect(err).toMatch(/^yieldix: .*missing\.txt.*: there is no such file\n$/);
});

describe("bus", () => {
  test("prints the buses that are wanted", async () => {
    const { code, out, err } = await run("bus", ["--route", "1", "--columns", "id,route,speed", "bus.xml"]);
    expect([code, err]).toEqual([0, ""]);
    const rows = out
      .trimEnd()
      .split("\n")
      .map((row) => row.split(/ +/));
    expect(rows.slice(0, 3)).toEqual([
      ["ID", "ROUTE", "SPEED"],
      ["1", "1", "-"],
      ["4", "1", "-"],
    ]);
    expect(rows.length).toBe(101);
  });

  test("of a stream that breaks off it prints what came, and fails", async () => {
    const { out, err } = await shell("bus", "head -c 300 bus.xml | app --columns id");
    expect(out).toMatch(/^ID\n0\n1\n2\n/);
    expect(err).toMatch(/^yieldix: stdin is no whole XML: <\w+> is not closed\nstatus 0 2\n$/);
  });

  test("ends quietly with who reads its output", async () => {
    const { out, err } = await shell("bus", "app --columns id bus.xml | head -2");
    expect(out).toBe("ID\n0\n");
    expect(err).toBe("status 0 0\n");
  });

  test.each([
    [["--columns", "a,,b"], "--columns"],
    [["a", "b"], "one document at a time"],
  ])("%j is a fault of the command line", async (args, message) => {
    const { code, err } = await run("bus", args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});
