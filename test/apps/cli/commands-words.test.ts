// What the shell makes of what is typed: words, completions, a history, jobs.

import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { complete, type Sources } from "../../../apps/cli/shell/completion.ts";
import { History, historyPath, maxHistory } from "../../../apps/cli/shell/history.ts";
import { Jobs, jobText } from "../../../apps/cli/shell/jobs.ts";
import { readWords } from "../../../apps/cli/shell/words.ts";
import { Folder } from "./command.ts";
import { acts, hostileTexts } from "./records.ts";

describe("a line of the shell", () => {
  test.each([
    ["", []],
    ["  \t ", []],
    ["# all a comment", []],
    ["echo.ts --port 1", ["echo.ts", "--port", "1"]],
    ["kill 1 # not this", ["kill", "1"]],
    ["a#b", ["a#b"]],
    [`ps --filter "state:W | cpu>5"`, ["ps", "--filter", "state:W | cpu>5"]],
    [String.raw`'a "b" \n' "it's" \"x\" a\ b ''`, ['a "b" \\n', "it's", '"x"', "a b", ""]],
    [String.raw`"a\"b\\c\d"`, ['a"b\\c\\d']],
    ["'$HOME' `".slice(0, 7), ["$HOME"]],
    ["two'words'joined", ["twowordsjoined"]],
  ])("%j is words", (line, words) => {
    expect(readWords(line)).toEqual({ words, isBackground: false });
  });

  test("that ends in & is for the background", () => {
    expect(readWords("a.ts b &")).toEqual({ words: ["a.ts", "b"], isBackground: true });
    expect(readWords("a.ts& # go")).toEqual({ words: ["a.ts"], isBackground: true });
    expect(readWords("a.ts '&'")).toEqual({ words: ["a.ts", "&"], isBackground: false });
  });

  test.each([
    ["say 'it", /quote at 5 is not closed.*another '/],
    ['"', /quote at 1 is not closed/],
    ["a \\", /ends in \\/],
    ["ps | head", /no pipes/],
    ["ps > file", /no redirections/],
    ["kill $X", /no variables/],
    ["a `b`", /no substitutions/],
    ["a; b", /one command a line/],
    ["a && b", /last of a line/],
    ["&", /give an app/],
    ["x".repeat(70_000), /at most 65536/],
  ])("is refused when it is %#", (line, way) => {
    expect(() => readWords(line)).toThrow(way);
    expect(() => readWords(line)).toThrow(expect.objectContaining({ name: "UsageError" }));
  });

  test("gives any words back that were quoted", () => {
    const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 6 }), (words) => {
        expect(readWords(words.map(quoted).join(" ")).words).toEqual(words);
      }),
    );
  });

  test.each(hostileTexts)("that cannot be read says so in safe words, with hostile text %#", (text) => {
    expect(() => readWords(`'${text.replaceAll("'", "")}`)).toThrow(/not closed/);
    expect(() => readWords(`'${text.replaceAll("'", "")}`)).not.toThrow(acts);
  });
});

describe("completion", () => {
  const sources: Sources = {
    commands: new Map([
      ["kill", ["--signal", "--list"]],
      ["ps", ["--sort", "--filter"]],
      ["pst", []],
    ]),
    takesTids: new Set(["kill"]),
    tids: [1, 14, 140, 31],
    jobs: ["%1", "%2"],
    files: () => ["apps/", "echo.ts", "echo.d.ts", "notes.txt", "kit.mjs"],
  };

  test.each([
    ["k", ["kill ", "kit.mjs "]],
    ["ps", ["ps ", "pst "]],
    ["e", ["echo.ts "]],
    ["a", ["apps/"]],
    ["kill 14", ["14 ", "140 "]],
    ["kill 1 %", ["%1 ", "%2 "]],
    ["kill --s", ["--signal "]],
    ["ps n", []],
    ["echo.ts n", ["notes.txt "]],
    ["unknown --", []],
    [`echo.ts "n`, []],
  ])("of %j", (line, candidates) => {
    expect(complete(line, sources)[0]).toEqual(candidates);
  });

  test("replaces the last word alone", () => {
    expect(complete("kill 1 14", sources)[1]).toBe("14");
    expect(complete("kill ", sources)[1]).toBe("");
  });

  test("offers a bounded number", () => {
    const many = { ...sources, tids: Array.from({ length: 5_000 }, (_, at) => at + 1) };
    expect(complete("kill ", many)[0]).toHaveLength(200);
  });
});

describe("the history", () => {
  const folder = new Folder({});
  afterAll(() => folder.remove());
  const path = (name: string): string => join(folder.path, name, "yieldix", "history");

  test("is kept from one shell to the next, for its user alone", () => {
    const first = new History(path("a"));
    for (const line of ["ps", "ps", "", "   ", " secret", "kill 1"]) first.add(line);
    expect(new History(path("a")).newestFirst).toEqual(["kill 1", "ps"]);
    expect(statSync(path("a")).mode & 0o777).toBe(0o600);
    expect(statSync(join(path("a"), "..")).mode & 0o777).toBe(0o700);
  });

  test("keeps the latest lines, in memory and in the file", () => {
    const first = new History(path("b"));
    for (let line = 0; line < maxHistory + 50; line++) first.add(`ps ${line}`);
    expect(first.newestFirst).toHaveLength(maxHistory);
    const second = new History(path("b"));
    expect([second.newestFirst.length, second.newestFirst[0]]).toEqual([maxHistory, `ps ${maxHistory + 49}`]);
    expect(readFileSync(path("b"), "utf8").split("\n")).toHaveLength(maxHistory + 1);
  });

  test("leaves out what could act on a terminal, and what is too long", () => {
    mkdirSync(join(path("c"), ".."), { recursive: true });
    const lines = [...hostileTexts.flatMap((text) => text.split("\n")), "x".repeat(5_000), "ps"];
    writeFileSync(path("c"), lines.join("\n"));
    const { newestFirst } = new History(path("c"));
    expect(newestFirst).toContain("ps");
    for (const line of newestFirst) expect(line).not.toMatch(acts);
    expect(newestFirst.every((line) => line.length < 5_000)).toBe(true);
  });

  test.each(["/dev/null/history", "/proc/nothing/history", "\u0000"])(
    "that cannot be kept at place %# is still one",
    (place) => {
      const history = new History(place);
      history.add("ps");
      expect(history.newestFirst).toEqual(["ps"]);
    },
  );

  test("lies where XDG says, unless that is no absolute path", () => {
    expect(historyPath({ XDG_STATE_HOME: "/state" })).toBe("/state/yieldix/history");
    expect(historyPath({ XDG_STATE_HOME: "state" })).toMatch(/\/\.local\/state\/yieldix\/history$/);
  });
});

describe("jobs", () => {
  test("have the smallest number that is free, and are found by it or by their tid", () => {
    const jobs = new Jobs();
    const [first, second] = [jobs.add(12, "a.ts &"), jobs.add(15, "b.ts &")];
    expect([first.number, second.number, jobs.find("%2").tid, jobs.find("15").job, jobs.find("99").job]).toEqual([
      1,
      2,
      15,
      second,
      undefined,
    ]);
    jobs.remove(first);
    expect([jobs.add(17, "c.ts &").number, jobs.latest().tid]).toEqual([1, 17]);
    expect(() => jobs.find("%7")).toThrow(/there is no job %7/);
    expect(() => jobs.find("seven")).toThrow(/no tid/);
  });

  test("are bounded", () => {
    const jobs = new Jobs();
    for (let tid = 1; tid <= 1_000; tid++) jobs.add(tid, "a.ts &");
    expect(() => jobs.mustHaveRoom()).toThrow(/1000 apps run/);
  });

  test("are shown with what became of them", () => {
    const job = new Jobs().add(12, "a.ts \u001b[2J &");
    expect(jobText(job, null)).toBe("[1] 12 running   a.ts \\u{1b}[2J &");
    job.isStopped = true;
    expect(jobText(job, null)).toContain("stopped");
    expect(jobText(job, { status: "threw", text: "Error: bang" })).toContain("threw Error: bang");
  });
});
