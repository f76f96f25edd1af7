// Loads an app: a module whose default export is a function from arguments to a program. Refuses, in one sentence
// each, what is no file, no module and no app.

import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { brandOf, type Runnable } from "../../kernel/syscall.ts";
import { printable } from "../../kernel/text.ts";
import { UsageError } from "../lib/usage.ts";
import { prepareImports } from "./imports.ts";

/** An app's default export. */
export type App = (argv: string[]) => unknown;

/**
 * Loads an app's module.
 * @param path as given on the command line, relative to the working directory
 * @throws UsageError if there is no such file or it is no app; what the module itself throws
 */
export async function loadApp(path: string): Promise<App> {
  const shown = printable(path);
  const file = appFile(path);
  await prepareImports(/ts$/.test(file));
  const loaded = await importModule(file, shown);
  const app = loaded.default;
  if (app === undefined) {
    throw new UsageError(`${shown} has no default export: an app is "export default function* (argv) { … }"`);
  }
  if (typeof app !== "function") {
    throw new UsageError(
      `the default export of ${shown} is ${kindOf(app)}: it must be a function that returns a program`,
    );
  }
  return app as App; // what it returns is checked by `startApp`
}

/**
 * Calls an app.
 * @throws UsageError if what it returns is no program; what the app throws
 */
export function startApp(app: App, path: string, argv: string[]): Runnable {
  const program = app(argv);
  if (isRunnable(program)) return program;
  const what = isAsync(program) ? "a promise or an async generator" : kindOf(program);
  const way = isAsync(program) ? 'write "function*" for "async", and "yield* new Await(promise)" for "await"' : "";
  throw new UsageError(`the app ${printable(path)} returned ${what}, not a program: ${way || 'write "function*"'}`);
}

function appFile(path: string): string {
  const file = resolve(path);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) {
    const near = [".ts", ".js"].map((ending) => path + ending).find((each) => existsSync(resolve(each)));
    const way = near === undefined ? "give the path of a .ts or .js module" : `did you mean ${printable(near)}?`;
    throw new UsageError(`there is no file ${printable(path)}: ${way}`);
  }
  if (stats.isDirectory()) {
    throw new UsageError(`${printable(path)} is a folder: give the path of a .ts or .js module in it`);
  }
  if (!/\.[mc]?[jt]s$/.test(file)) throw new UsageError(`${printable(path)} is no module: give a .ts or .js file`);
  return file;
}

async function importModule(file: string, shown: string): Promise<{ default?: unknown }> {
  try {
    return (await import(pathToFileURL(file).href)) as { default?: unknown }; // a module's namespace
  } catch (error) {
    if (isUntransformed(error)) throw bare(placeOf(error));
    if (!(error instanceof SyntaxError)) throw error;
    const isEsm = /^(Cannot use import statement outside a module|Unexpected token 'export')$/.test(error.message);
    if (isEsm && error.stack?.startsWith(file) === true) {
      throw new UsageError(
        `${shown} has imports or exports, and the package.json above it says "type": "commonjs": name it .mjs`,
      );
    }
    // V8 keeps the place of a syntax error in a module to itself.
    if (error.stack?.startsWith("SyntaxError: ") !== true) throw error;
    throw bare(`${error.message} (node --check ${shown} shows where, if it is in that file)`);
  }
}

// What tsx throws for a file that it cannot read. Its text says everything twice.
function isUntransformed(error: unknown): error is Error {
  return error instanceof Error && error.name === "TransformError";
}

function placeOf({ message }: Error): string {
  const said = (message.split("\n")[1] ?? message).replace(": ERROR: ", ": ");
  return said.includes('"await" can only') ? `${said}: in a program, yield* new Await(promise)` : said;
}

function bare(message: string): SyntaxError {
  const error = new SyntaxError(message);
  error.stack = `${error.name}: ${message}`;
  return error;
}

function isRunnable(value: unknown): value is Runnable {
  if (brandOf(value) !== undefined) return true;
  if (typeof value !== "object" || value === null || isAsync(value)) return false;
  const { next, return: close, throw: raise } = value as Partial<Generator>; // looked at, then believed
  return typeof next === "function" && typeof close === "function" && typeof raise === "function";
}

function isAsync(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "then" in value || Symbol.asyncIterator in value;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
