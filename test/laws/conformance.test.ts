// Every shipped syscall keeps what every syscall promises. A new one is a line in one of the tables of conformance/: how it
// is made, from what, and what answers it; test/kit/README.md says what else can be said of it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Program, type Runnable, Syscall } from "../../kernel/syscall.ts";
import * as vocabulary from "../../syscalls/index.ts";
import { All, Any, Group, Pledge, Race, Supervise } from "../../syscalls/index.ts";
import { type Report, run } from "../kit/index.ts";
import { files } from "./conformance/files.ts";
import { instant } from "./conformance/instant.ts";
import { outside } from "./conformance/outside.ts";
import { waiting } from "./conformance/waiting.ts";
import { thrownBy } from "./members.ts";

const outsiders = { ...outside, ...files };

/** For others to extend: those that do have lines. */
const bases: readonly string[] = ["Outside"];

/** Those that only the real world can answer, and the test file that has it do so. */
const elsewhere: Readonly<Record<string, string>> = {};

const root = new URL("../..", import.meta.url).pathname;

function expectKept(report: Report, name: string): void {
  expect(report.syscall).toBe(name);
  expect(report.promises.find((finding) => finding.name === "killed")).toMatchObject({ kept: true });
}

test.each(Object.entries(waiting))("%s", (name, check) => {
  expectKept(check(), name);
});

test.each(Object.entries(outsiders))("%s", async (name, { check }) => {
  expectKept(await check(), name);
});

test.each(Object.entries(instant))("%s", (name, check) => {
  const report = check();
  expect(report.syscall).toBe(name);
  expect(report.promises.find((finding) => finding.name === "killed")).toMatchObject({
    kept: "not asked",
    why: expect.stringContaining("it never waits: it was answered with"),
  });
});

const real = Object.entries(outsiders).map(([name, { real }]) => [name, real] as const);

test.each([...real, ...Object.entries(elsewhere)])("%s is made in the real world, in %s", (name, file) => {
  expect(readFileSync(join(root, file), "utf8")).toContain(`new ${name}(`);
});

const shipped = Object.entries(vocabulary).filter(
  ([name, made]) => "prototype" in made && made.prototype instanceof Syscall && !bases.includes(name),
);

const families = "env exec file inspect io log net outside random self sync task".split(" ");

test.each(shipped)("%s names the family by which it is pledged", (_name, { prototype }) => {
  expect(families).toContain((prototype as Syscall<unknown>).family); // it is one: see above
});

/** The scopes that start tasks. */
const spawning: Readonly<Record<string, (program: () => Program<void>) => Runnable<unknown>>> = {
  All: (program) => new All([program()]),
  Any: (program) => new Any([program()]),
  Group: (program) => new Group((members) => members.spawn(program())),
  Race: (program) => new Race([program()]),
  Supervise: (program) => new Supervise({ child: program }),
};

test.each(Object.entries(spawning))("who has pledged to start no task starts none by %s", (name, make) => {
  let isStarted = false;
  const program = function* (): Program<void> {
    isStarted = true;
  };
  const { value } = run(function* () {
    yield* new Pledge(["sync"]);
    return yield* thrownBy(make(program));
  });
  expect(value).toMatchObject({ code: "EPERM", message: expect.stringContaining(`${name} is of the family task`) });
  expect(isStarted).toBe(false);
});

test("every shipped syscall has a line here", () => {
  const checked = [
    ...Object.keys(waiting),
    ...Object.keys(instant),
    ...Object.keys(outsiders),
    ...Object.keys(elsewhere),
  ];
  expect(checked.sort()).toEqual(shipped.map(([name]) => name).sort());
});
