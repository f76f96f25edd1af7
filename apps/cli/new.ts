// `yieldix new`: writes a file to start from, and its test. In this repository both go where such files live and import
// by path; anywhere else they go into the working directory and import the package. It never overwrites.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { printable } from "../../kernel/text.ts";
import { UsageError } from "../lib/usage.ts";
import { appFiles } from "./templates/app.ts";
import { syscallFiles } from "./templates/syscall.ts";

/** What can be begun. */
export type Kind = "syscall" | "app";

const maxLength = 40;
// Version 5 does not run on every version of Node that this package does.
const vitest = "vitest@4";
// What the template of a syscall names itself.
const taken: ReadonlySet<string> = new Set([
  "Answer",
  "Kernel",
  "Set",
  "Syscall",
  "SyscallError",
  "Task",
  "Wait",
  "Waiter",
]);

/**
 * Writes a new syscall or app and its test.
 * @param name a syscall's in PascalCase; an app's in kebab-case or camelCase
 * @param cwd the working directory
 * @returns what was written and what to run next, for people
 * @throws UsageError for a name that will not do, and where one of the files is already
 */
export function writeNew(kind: Kind, name: string, cwd: string): string {
  const file = kind === "syscall" ? kebab(syscallName(name)) : kebab(appName(name));
  const repository = repositoryAt(cwd);
  const isInside = repository !== undefined;
  const files = kind === "syscall" ? syscallFiles(name, file, isInside) : appFiles(file, isInside);
  const begun = Object.entries(files).map(([place, text]): Begun => {
    const path = join(repository ?? cwd, place);
    return { path, text, shown: printable(relative(cwd, path)) };
  });
  for (const { path, shown } of begun) {
    if (existsSync(path)) throw new UsageError(`${shown} is there already: take another name, or remove it`);
  }
  for (const file of begun) write(file);
  const test = begun[1]?.shown ?? "";
  const next = isInside ? inside(kind, test, relative(cwd, repository)) : outside(test, cwd);
  return [...begun.map(({ shown }) => `wrote ${shown}`), ...next, ""].join("\n");
}

interface Begun {
  readonly path: string;
  readonly text: string;
  /** The path as people see it. */
  readonly shown: string;
}

function write({ path, text, shown }: Begun): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // the file system's
    throw new UsageError(`${shown} cannot be written here: ${code}`);
  }
}

function inside(kind: Kind, test: string, root: string): string[] {
  const config = join(root, "test/vitest.config.ts");
  const list = kind === "syscall" ? ["then: export it in syscalls/index.ts, and npm run docs"] : [];
  return [`next: npx vitest run --config ${config} ${test}`, ...list];
}

function outside(test: string, cwd: string): string[] {
  const isMissing = (name: string): boolean => above(cwd, join("node_modules", name)) === undefined;
  const missing = [...(isMissing("yieldix") ? ["yieldix"] : []), ...(isMissing("vitest") ? [vitest] : [])];
  const install = missing.length === 0 ? "" : `npm install --save-dev ${missing.join(" ")} && `;
  return [`next: ${install}npx vitest run ${test}`];
}

/** The folder of this repository, if the working directory is in it: an installed package is not meant. */
function repositoryAt(cwd: string): string | undefined {
  const folder = above(cwd, "package.json");
  if (folder === undefined || !existsSync(join(folder, "test/kit/index.ts"))) return undefined;
  const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: unknown }; // looked at
  return name === "yieldix" ? folder : undefined;
}

// The nearest folder, from here upwards, that has something.
function above(folder: string, what: string): string | undefined {
  if (existsSync(join(folder, what))) return folder;
  const next = dirname(folder);
  return next === folder ? undefined : above(next, what);
}

function syscallName(name: string): string {
  if (taken.has(name))
    throw new UsageError(`new syscall ${name}: the file needs ${name} of the kernel, take another name`);
  if (/^[A-Z][A-Za-z0-9]*$/.test(name) && name.length <= maxLength) return name;
  throw new UsageError(
    `new syscall ${printable(name)}: give a class's name such as TakeTicket, letters and digits, at most ${maxLength}`,
  );
}

function appName(name: string): string {
  if (/^[a-z][a-z0-9]*((-[a-z0-9]+)*|[A-Za-z0-9]*)$/.test(name) && name.length <= maxLength) return name;
  throw new UsageError(
    `new app ${printable(name)}: give a file's name such as my-app, letters, digits and "-", at most ${maxLength}`,
  );
}

function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
}
