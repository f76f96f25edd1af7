// What a web server's log says: its lines, the counts, and the table.

import { describe, expect, test } from "vitest";
import { entryOf } from "../../../apps/pipelines/access-log/entry.ts";
import { grouped, sized, Tally, tableOf } from "../../../apps/pipelines/access-log/tally.ts";
import { Top } from "../../../apps/pipelines/access-log/top.ts";

const common = '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif?size=2 HTTP/1.0" 200 2326';
const combined = `${common} "-" "curl/8"`;
const entry = {
  host: "127.0.0.1",
  time: "10/Oct/2000:13:55:36 -0700",
  method: "GET",
  path: "/apache_pb.gif",
  status: 200,
};

describe("a line", () => {
  test.each([
    ["in the common format", common, { ...entry, bytes: 2326 }],
    ["in the combined format", `${common} "http://a/?x=\\"y\\"" "Mozilla (X; \\\\)"`, { ...entry, bytes: 2326 }],
    ["without a body", common.replace("2326", "-"), { ...entry, bytes: 0 }],
    [
      "of what was no request",
      '::1 - - [x] "\\x16\\x03\\x01" 400 166 "-" "-"',
      { method: "-", path: "-", status: 400 },
    ],
    ["of no request at all", '::1 - - [x] "-" 408 0', { method: "-", path: "-", status: 408 }],
    ["of a query alone", '::1 - - [x] "GET ?a" 200 0', { path: "/" }],
    ["that ends in a CR", `${common}\r`, { bytes: 2326 }],
    ["with the address it was forwarded for", `${combined} "10.0.0.9, 10.0.0.1"`, { ...entry, bytes: 2326 }],
    ["with times and a virtual host", `${combined} rt=0.004 uct="0.001, 0.002" example.org 0.003 -\r`, entry],
    ["with 32 further fields", combined + " 1".repeat(32), entry],
  ])("%s", (_how, text, expected) => {
    expect(entryOf(text)).toMatchObject(expected);
  });

  test.each([
    [""],
    ["garbage"],
    [common.slice(0, 60)],
    [common.replace(" 200 ", " 20 ")],
    [`${common} "only one"`],
    [`x${common.slice(4)} more`],
    [`${combined} "not closed`],
    [`${combined} a"b"c`],
    [`${combined} "a""b"`],
    [`${combined}more`],
    [combined + " 1".repeat(33)],
  ])("%j is malformed", (text) => {
    expect(entryOf(text)).toBeUndefined();
  });

  test("that is made to take long does not", () => {
    const hostile = `a b c [d] "${'\\"'.repeat(30_000)}`;
    expect(entryOf(hostile)).toBeUndefined();
    expect(entryOf(`${combined} ${"a".repeat(60_000)}"`)).toBeUndefined();
    expect(entryOf(`${combined} ${'x="'.repeat(20_000)}`)).toBeUndefined();
    expect(entryOf(`${combined}${` a="${"b ".repeat(900)}"`.repeat(32)} "`)).toBeUndefined();
    expect(entryOf(`a b c [d] "${"GET ".repeat(15_000)}" 200 1 "${"\\".repeat(1_000)}`)).toBeUndefined();
  });
});

describe("counts by key", () => {
  test("are exact while there are few keys, largest first, and the rest is other", () => {
    const top = new Top(3);
    for (const key of [..."aaabbc"]) top.add(key, 10);
    expect(top.first(2)).toEqual({
      rows: [
        { key: "a", count: 3, bytes: 30, missed: 0 },
        { key: "b", count: 2, bytes: 20, missed: 0 },
      ],
      other: { count: 1, bytes: 10 },
    });
  });

  test("are bounded: nothing is lost in sum, and a count is too small by no more than it says", () => {
    const top = new Top(10);
    const real = new Map<string, number>();
    for (let n = 0; n < 20_000; n++) {
      const key = n % 4 === 0 ? "often" : n > 10_000 && n % 4 === 1 ? "late" : `key ${(n * 7_919) % 5_003}`;
      real.set(key, (real.get(key) ?? 0) + 1);
      top.add(key, 2);
      expect(top.size).toBeLessThanOrEqual(20);
    }
    const { rows, other } = top.first(10);
    expect(rows[0]).toEqual({ key: "often", count: 5_000, bytes: 10_000, missed: 0 });
    expect(rows[1]?.key).toBe("late");
    for (const { key, count, missed } of rows) {
      expect(count).toBeLessThanOrEqual(real.get(key) ?? 0);
      expect(count + missed).toBeGreaterThanOrEqual(real.get(key) ?? 0);
    }
    expect(rows.reduce((sum, { count }) => sum + count, other.count)).toBe(20_000);
    expect(rows.reduce((sum, { bytes }) => sum + bytes, other.bytes)).toBe(40_000);
  });

  test("keep of a key what fits", () => {
    const top = new Top(1);
    top.add("x".repeat(100_000), 1);
    expect(top.first(1).rows[0]?.key).toBe(`${"x".repeat(512)}…`);
  });
});

test("the table says it all, and is safe to show", () => {
  const tally = new Tally();
  tally.lines = 4;
  tally.malformed = 1;
  for (const path of ["/a\x1b[2J", "/b", "/b"]) {
    tally.add({ host: "", time: "", method: "GET", path, status: path === "/b" ? 404 : 200, bytes: 1_536 });
  }
  expect(tableOf(tally.summary(1))).toEqual([
    "4 lines, 1 malformed, 3 requests, 4.5 KiB",
    "",
    "       COUNT      BYTES  STATUS",
    "           1    1.5 KiB  200",
    "           2    3.0 KiB  404",
    "",
    "       COUNT      BYTES  PATH",
    "           2    3.0 KiB  /b",
    "           1    1.5 KiB  other",
  ]);
  expect(tableOf(tally.summary(2)).at(-1)).toContain("/a\\u{1b}[2J");
});

test("numbers are for people", () => {
  expect([0, 999, 1_000, 1_234_567].map(grouped)).toEqual(["0", "999", "1,000", "1,234,567"]);
  expect([0, 1_023, 1_024, 2 ** 60].map(sized)).toEqual(["0 B", "1023 B", "1.0 KiB", "1024.0 PiB"]);
});
