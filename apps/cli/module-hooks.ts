// How an app's imports are found. Two rules on top of Node's own: "yieldix" and what is under it resolve to this very
// package where the app's folder has none, so that an app works anywhere on disk; and a .ts file is an ES module,
// whatever the package.json above it says (`npm init` writes "commonjs", which would refuse every app).
// Node 24 calls `resolveSync` in this thread; Node 20 loads this file in its hooks' thread and calls `resolve` there.

import { fileURLToPath } from "node:url";
import type { Home } from "./home.ts";

/** What Node gives a resolve hook. */
export interface ResolveContext {
  readonly conditions: readonly string[];
}

/** What a resolve hook answers. */
export interface Resolved {
  readonly url: string;
  readonly format?: string | null | undefined;
}

/** What the rules need to know. */
export interface HookData {
  readonly home: Home;
  /** The name of TypeScript modules: "module-typescript" where Node strips types, "module" where tsx does. */
  readonly format: string;
}

let data: HookData | undefined;

/** For `module.register`: called in the hooks' thread. */
export function initialize(given: HookData): void {
  data = given;
}

/** For `module.register`. */
export async function resolve(
  specifier: string,
  context: ResolveContext,
  next: (specifier: string, context: ResolveContext) => Promise<Resolved>,
): Promise<Resolved> {
  if (data === undefined) return next(specifier, context);
  const own = ownEntry(data, specifier, context);
  let found: Resolved;
  try {
    found = await next(specifier, context);
    if (own !== undefined && found.url.startsWith(data.home.root)) found = await next(own, context);
  } catch (error) {
    if (own === undefined || !isNotFound(error)) throw refused(data, specifier, error);
    found = await next(own, context);
  }
  return formatted(data, found);
}

/** For `module.registerHooks`. */
export function resolveSync(
  given: HookData,
): (
  specifier: string,
  context: ResolveContext,
  next: (specifier: string, context: ResolveContext) => Resolved,
) => Resolved {
  return (specifier, context, next) => {
    const own = ownEntry(given, specifier, context);
    let found: Resolved;
    try {
      found = next(specifier, context);
      if (own !== undefined && found.url.startsWith(given.home.root)) found = next(own, context);
    } catch (error) {
      if (own === undefined || !isNotFound(error)) throw refused(given, specifier, error);
      found = next(own, context);
    }
    return formatted(given, found);
  };
}

function ownEntry(data: HookData, specifier: string, { conditions }: ResolveContext): string | undefined {
  const isRequire = conditions.includes("require") && !conditions.includes("import");
  return isRequire ? ownPath(data, specifier) : ownUrl(data, specifier);
}

function ownUrl({ home }: HookData, specifier: string): string | undefined {
  return Object.hasOwn(home.entries, specifier) ? home.entries[specifier] : undefined;
}

/** The file of one of this package's own entries; undefined for every other specifier. */
export function ownPath(data: HookData, specifier: string): string | undefined {
  const url = ownUrl(data, specifier);
  return url === undefined ? undefined : fileURLToPath(url);
}

/** True for the errors that say that there is no such module. */
export function isNotFound(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
}

// "Cannot find package 'yieldix'" would be wrong: it is there, what was asked of it is not.
function refused({ home }: HookData, specifier: string, error: unknown): unknown {
  if (!specifier.startsWith("yieldix/") || !isNotFound(error)) return error;
  return new Error(`there is no "${specifier}": import one of ${Object.keys(home.entries).join(", ")}`, {
    cause: error,
  });
}

function formatted({ format }: HookData, found: Resolved): Resolved {
  const isSource = /\.m?ts(\?|$)/.test(found.url) && found.url.startsWith("file:");
  return isSource && !found.url.includes("/node_modules/") ? { ...found, format } : found;
}
