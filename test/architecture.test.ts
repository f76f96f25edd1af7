// The architecture, enforced from the real imports: apps -> syscalls -> kernel and never back, and every input from
// outside through the machine. One row of `rules` speaks for each file, the first that matches. Each rule is shown to
// fail on a planted violation.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readSource, type Source } from "./architecture/source.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

interface Rule {
  /** The files it is for: a file, or a folder with all that is in it. */
  readonly files: string;
  /** What they import values from: files, folders, packages, or "node:" for any module of Node. */
  readonly values: readonly string[];
  /** Where types may come from as well. */
  readonly types: readonly string[];
  /** Globals of the outside that they use. */
  readonly globals?: readonly string[];
}

const pureNode = ["node:buffer", "node:util"];
const clockAndChance = [
  "Date",
  "Math.random",
  "crypto",
  "performance",
  "queueMicrotask",
  "setImmediate",
  "setInterval",
  "setTimeout",
];
const terminal = ["console", "process"];
const watched = new Set([...clockAndChance, ...terminal]);

// What an app sees of the kernel beside syscalls: routines, error classes, text that is safe to print.
const abi = ["kernel/syscall.ts", "kernel/errors.ts", "kernel/text.ts"];
const userSpace = ["syscalls/", "apps/lib/", "apps/rpc/"];

const rules: readonly Rule[] = [
  { files: "kernel/machine/console.ts", values: ["kernel/", "node:"], types: [], globals: [...terminal, "Date"] },
  { files: "kernel/machine/libc.ts", values: ["kernel/", "node:"], types: ["koffi"], globals: [] },
  { files: "kernel/machine/descriptor-watch.ts", values: ["kernel/", "node:"], types: ["koffi"], globals: [] },
  { files: "kernel/machine/workers.ts", values: ["kernel/", "node:", "piscina"], types: [] },
  { files: "kernel/machine/worker-job.ts", values: ["kernel/", "node:", "tsx/cjs/api", "tsx/esm/api", "?"], types: [] },
  { files: "kernel/machine/thread.ts", values: ["kernel/", "node:", "?"], types: [], globals: terminal },
  { files: "kernel/machine/", values: ["kernel/", "node:"], types: [], globals: clockAndChance },
  { files: "kernel/", values: ["kernel/", ...pureNode], types: [] },
  { files: "syscalls/", values: ["kernel/syscall.ts", "syscalls/", ...pureNode], types: ["kernel/"] },
  {
    files: "apps/cli/load.ts",
    values: ["kernel/", ...userSpace, "apps/cli/", "node:", "?"],
    types: [],
    globals: terminal,
  },
  {
    files: "apps/cli/",
    values: [
      "kernel/",
      ...userSpace,
      "apps/cli/",
      "apps/control/",
      "apps/monitor/",
      "node:",
      "commander",
      "tsx/esm/api",
    ],
    types: [],
    globals: terminal,
  },
  { files: "apps/control/agent/", values: ["kernel/", ...userSpace, "apps/control/", ...pureNode], types: [] },
  {
    files: "apps/control/guard/",
    values: ["kernel/", ...userSpace, "apps/control/", "node:"],
    types: [],
    globals: terminal,
  },
  { files: "apps/control/", values: [...abi, ...userSpace, "apps/control/", ...pureNode], types: ["kernel/"] },
  {
    files: "apps/monitor/screen/",
    values: [...abi, ...userSpace, "apps/control/", "apps/monitor/", "node:", "blessed"],
    types: ["kernel/"],
    globals: [...terminal, "setTimeout"],
  },
  {
    files: "apps/monitor/",
    values: [...abi, ...userSpace, "apps/control/", "apps/monitor/", "node:"],
    types: ["kernel/"],
    globals: terminal,
  },
  ...["apps/demo.ts", "apps/demo/"].map((files) => ({
    files,
    values: [...abi, ...userSpace, "apps/demo/", ...pureNode],
    types: ["kernel/"],
  })),
  {
    files: "apps/lib/http/",
    values: [...abi, "syscalls/", "apps/lib/", "http-parser-js", ...pureNode],
    types: ["kernel/"],
  },
  { files: "apps/lib/", values: [...abi, "syscalls/", "apps/lib/", ...pureNode], types: ["kernel/"] },
  // Systems that came before kernels: what Node itself has is what they are made of.
  {
    files: "apps/evolution/",
    values: [...abi, ...userSpace, "apps/evolution/", "node:net", "node:events", ...pureNode],
    types: ["kernel/"],
    globals: ["queueMicrotask", "setImmediate", "setTimeout"],
  },
  // Each step is an operating system of its own.
  { files: "apps/pyos/", values: [...abi, ...userSpace, "apps/pyos/", ...pureNode], types: ["kernel/"] },
  {
    files: "apps/pipelines/",
    values: [...abi, ...userSpace, "apps/pipelines/", "htmlparser2", ...pureNode],
    types: ["kernel/"],
  },
  ...["apps/crawler.ts", "apps/crawler/"].map((files) => ({
    files,
    values: [...abi, ...userSpace, "apps/crawler/", "htmlparser2", "robots-parser", ...pureNode],
    types: ["kernel/"],
  })),
  ...["apps/http.ts", "apps/http/"].map((files) => ({
    files,
    values: [...abi, ...userSpace, "apps/http/", ...pureNode],
    types: ["kernel/"],
  })),
  { files: "apps/", values: [...abi, ...userSpace, ...pureNode], types: ["kernel/"] },
  { files: "test/kit/contract.ts", values: ["kernel/", "test/kit/", "vitest", ...pureNode], types: [] },
  { files: "test/kit/contract/", values: ["kernel/", "test/kit/", ...pureNode], types: ["vitest"] },
  { files: "test/kit/", values: ["kernel/", "syscalls/", "test/kit/", ...pureNode], types: [] },
];

function covers(place: string, target: string): boolean {
  return target === place || (/[/:]$/.test(place) && target.startsWith(place));
}

function faults({ path, imports, globals }: Source): string[] {
  const rule = rules.find(({ files }) => covers(files, path));
  if (rule === undefined) return [`${path}: no rule speaks for it`];
  const wrong = imports.filter(({ target, isType }) => {
    const allowed = isType ? [...rule.values, ...rule.types] : rule.values;
    return !allowed.some((place) => covers(place, target));
  });
  const outside = globals.filter((name) => !(rule.globals ?? []).includes(name));
  return [
    ...wrong.map(({ target, isType }) => `${path}: imports ${isType ? "types" : "values"} from ${target}`),
    ...outside.map((name) => `${path}: uses ${name}`),
  ];
}

function filesIn(folder: string): string[] {
  const found = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile() && entry.name.endsWith(".ts"));
  return files.map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll("\\", "/")).sort();
}

const texts = new Map(
  ["kernel", "syscalls", "apps", "test/kit"]
    .flatMap(filesIn)
    .map((path) => [path, readFileSync(join(root, path), "utf8")]),
);
const sources = [...texts].map(([path, text]) => readSource(path, text, watched));

const check = (path: string, text: string): string[] => faults(readSource(path, text, watched));

/** A ring of value imports, if there is one. */
function cycleIn(all: readonly Source[]): readonly string[] {
  const next = new Map(all.map(({ path, imports }) => [path, imports.filter(({ isType }) => !isType)]));
  const done = new Set<string>();
  function follow(path: string, trail: readonly string[]): readonly string[] {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return [];
    for (const { target } of next.get(path) ?? []) {
      const cycle = follow(target, [...trail, path]);
      if (cycle.length > 0) return cycle;
    }
    done.add(path);
    return [];
  }
  return all.map(({ path }) => follow(path, [])).find((cycle) => cycle.length > 0) ?? [];
}

/** A file, and all that is loaded with it. */
function loadedWith(all: readonly Source[], file: string): ReadonlySet<string> {
  const imports = new Map(all.map((source) => [source.path, source.imports]));
  const loaded = new Set([file]);
  for (const path of loaded) {
    for (const { target, isType, isLazy } of imports.get(path) ?? []) if (!isType && !isLazy) loaded.add(target);
  }
  return loaded;
}

/** The names that syscalls and calls go by in traces and counts: of each class that extends one, by any detour. */
function kindsIn(all: Iterable<string>): readonly string[] {
  const classes = [...all]
    .flatMap((text) => text.match(/^(export )?(abstract )?class [^{]*/gm) ?? [])
    .map((head) => /class (\w+) extends (\w+)/.exec(withoutTypes(head)) ?? []);
  const kinds = new Set(["Syscall", "Call"]);
  const found = new Set<readonly string[]>();
  for (let size = -1; size < found.size; ) {
    size = found.size;
    for (const made of classes) {
      const [, name = "", base = ""] = made;
      if (!kinds.has(base)) continue;
      found.add(made);
      kinds.add(name);
    }
  }
  return [...found].map(([, name = ""]) => name);
}

function withoutTypes(head: string): string {
  const shorter = head.replaceAll(/<[^<>]*>/g, "");
  return shorter === head ? head : withoutTypes(shorter);
}

const twice = (names: readonly string[]): string[] => names.filter((name, place) => names.indexOf(name) !== place);

const hasHeader = (text: string): boolean => /^(#![^\n]*\n)?\/\/ \S/.test(text);
const lineCount = (text: string): number => text.split("\n").length - 1;

describe("the architecture", () => {
  test("imports point one way, and the outside comes in through the machine", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.flatMap(faults)).toEqual([]);
  });

  test("no file imports itself by a detour, as far as values go", () => {
    expect(cycleIn(sources)).toEqual([]);
  });

  test.each([
    ["apps/cli/main.ts", ["kernel/kernel.ts", "syscalls/index.ts", "apps/cli/commands/"]],
    ["apps/cli/run.ts", ["apps/control/", "apps/monitor/", "kernel/machine/virtual.ts", "kernel/machine/epoll.ts"]],
    ["apps/cli/control.ts", ["apps/control/agent/agent.ts", "apps/monitor/", "kernel/machine/locations.ts"]],
    ["apps/cli/commands/ps.ts", ["blessed", "apps/monitor/screen/", "apps/cli/run.ts", "apps/control/client.ts"]],
    ["apps/cli/attached.ts", ["blessed", "apps/monitor/", "apps/cli/run.ts", "apps/control/agent/"]],
    ["apps/control/guard/thread.ts", ["kernel/kernel.ts", "apps/control/guard/server.ts"]],
  ])("%s is loaded without what it may never need", (file, heavy) => {
    const loaded = loadedWith(sources, file);
    expect(loaded.size).toBeGreaterThan(1);
    const may = ["apps/control/agent/apps.ts", "apps/control/agent/exit-words.ts"]; // what a run notes from its start
    const wrong = [...loaded].filter((path) => heavy.some((place) => covers(place, path)) && !may.includes(path));
    expect(wrong).toEqual([]);
  });

  test("every file begins with a comment that says what it is", () => {
    expect([...texts].filter(([, text]) => !hasHeader(text)).map(([path]) => path)).toEqual([]);
  });

  test("no two syscalls or calls go by the same name, those that are not exported included", () => {
    const kinds = kindsIn(texts.values());
    expect(kinds).toEqual(expect.arrayContaining(["Sleep", "NextItem", "CallPeer", "Timeout", "WaitCondition"]));
    expect(twice(kinds)).toEqual([]);
  });

  test("no file is longer than 400 lines", () => {
    expect([...texts].filter(([, text]) => lineCount(text) > 400).map(([path]) => path)).toEqual([]);
  });
});

describe("a violation is found:", () => {
  const planted: readonly [path: string, text: string, fault: string][] = [
    ["kernel/task.ts", 'import { Sleep } from "../syscalls/index.ts";', "imports values from syscalls/index.ts"],
    ["kernel/task.ts", 'import type { Sleep } from "../syscalls/sleep.ts";', "imports types from syscalls/sleep.ts"],
    ["kernel/task.ts", 'export * from "../apps/index.ts";', "imports values from apps/index.ts"],
    ["kernel/task.ts", 'export { a } from "lodash";', "imports values from lodash"],
    ["kernel/task.ts", 'const fs = await import("node:fs");', "imports values from node:fs"],
    ["kernel/task.ts", "const at: number = Date.now();", "uses Date"],
    ["kernel/timers.ts", "class A { at = (performance as Performance).now() }", "uses performance"],
    ["kernel/queue.ts", "export const f = () => Math.random();", "uses Math.random"],
    ["kernel/queue.ts", 'export const f = () => Math["random"]();', "uses Math.random"],
    ["kernel/queue.ts", "globalThis.setTimeout(f, 1);", "uses setTimeout"],
    ["kernel/machine/node.ts", "process.exit(1);", "uses process"],
    [
      "kernel/machine/node.ts",
      'import { serve } from "../../apps/rpc/index.ts";',
      "imports values from apps/rpc/index.ts",
    ],
    ["syscalls/sleep.ts", 'import { Timers } from "../kernel/timers.ts";', "imports values from kernel/timers.ts"],
    ["syscalls/sleep.ts", 'import { type Timers } from "../kernel/timers.ts";', "imports values from kernel/timers.ts"],
    ["syscalls/sleep.ts", 'import type { App } from "../apps/cli/load.ts";', "imports types from apps/cli/load.ts"],
    ["syscalls/sleep.ts", "setInterval(() => {}, 1);", "uses setInterval"],
    ["syscalls/log.ts", "const log = { console };", "uses console"],
    ["apps/echo.ts", 'import { Kernel } from "../kernel/kernel.ts";', "imports values from kernel/kernel.ts"],
    [
      "apps/echo.ts",
      'import { NodeMachine } from "../kernel/machine/node.ts";',
      "imports values from kernel/machine/node.ts",
    ],
    ["apps/echo.ts", 'import process from "node:process";', "imports values from node:process"],
    ["apps/echo.ts", "console.log(process.argv);", "uses console"],
    ["apps/echo.ts", 'import { run } from "./cli/run.ts";', "imports values from apps/cli/run.ts"],
    ["apps/echo.ts", "await import(name);", "imports values from ?"],
    ["apps/lib/sockets.ts", 'import { serve } from "../rpc/index.ts";', "imports values from apps/rpc/index.ts"],
    [
      "apps/rpc/peer.ts",
      'import { crashReport } from "../../kernel/report.ts";',
      "imports values from kernel/report.ts",
    ],
    ["apps/rpc/peer.ts", 'import { Socket } from "node:net";', "imports values from node:net"],
    ["apps/cli/run.ts", "const at = new Date();", "uses Date"],
    ["apps/cli/run.ts", 'import { screen } from "blessed";', "imports values from blessed"],
    ["apps/monitor/top.ts", 'import { Kernel } from "../../kernel/index.ts";', "imports values from kernel/index.ts"],
    ["test/kit/index.ts", 'import { test } from "vitest";', "imports values from vitest"],
    ["test/kit/index.ts", 'import { print } from "../../apps/index.ts";', "imports values from apps/index.ts"],
    ["tools/x.ts", "", "no rule speaks for it"],
  ];
  test.each(planted)("%s: %s", (path, text, fault) => {
    expect(check(path, text)).toContain(`${path}: ${fault}`);
  });

  test("what is no violation is none", () => {
    const text = `// Date.now() and import "node:fs" in a comment
      import type { Kernel } from "../kernel/kernel.ts";
      import { type Task, Syscall } from "../kernel/syscall.ts";
      import { Buffer } from "node:buffer";
      const performance = { now: 'Date.now(), import "node:net"', process: 1 };
      interface Clock { setTimeout: typeof setTimeout; at: Date }
      export function f(task: Task, kernel: Kernel, { process }: { process: number }): number {
        return kernel.clock() + performance.process + process;
      }`;
    expect(check("syscalls/sleep.ts", text)).toEqual([]);
  });

  test("a ring of imports; not one of types", () => {
    const ring = (kind: string): Source[] => [
      readSource("kernel/a.ts", 'import { b } from "./b.ts";', watched),
      readSource("kernel/b.ts", 'export { c } from "./c.ts";', watched),
      readSource("kernel/c.ts", `import ${kind} { a } from "./a.ts";`, watched),
    ];
    expect(cycleIn(ring(""))).toEqual(["kernel/a.ts", "kernel/b.ts", "kernel/c.ts", "kernel/a.ts"]);
    expect(cycleIn(ring("type"))).toEqual([]);
  });

  test("two syscalls of one name, one of them by a detour", () => {
    const texts = [
      "export class Next<T extends A> extends Syscall<T> {",
      "class Mine extends Next {\nclass Next extends Mine {",
    ];
    expect(twice(kindsIn(texts))).toEqual(["Next"]);
    expect(twice(kindsIn(["class Next extends Syscall<T> {", "class Next extends Other {"]))).toEqual([]);
  });

  test("a file without a header, and one of 401 lines", () => {
    expect(["import a from 'a';", "\n// late", "/* x */", "#!/usr/bin/env node\nlet a;"].map(hasHeader)).toEqual(
      Array(4).fill(false),
    );
    expect(["// What it is.\n", "#!/usr/bin/env node\n// What it is.\n"].map(hasHeader)).toEqual([true, true]);
    expect(lineCount("x\n".repeat(401))).toBe(401);
  });
});
