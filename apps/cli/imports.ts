// Prepares this process for an app's imports: TypeScript where Node cannot strip types itself, and the rules of
// module-hooks.ts by whichever means this version of Node has.

import * as nodeModule from "node:module";
import process from "node:process";
import { home } from "./home.ts";
import { type HookData, isNotFound, ownPath, resolveSync } from "./module-hooks.ts";

// What newer versions of Node have, and the types of the oldest one we run on do not.
interface NewerModule {
  readonly registerHooks?: (hooks: { resolve: ReturnType<typeof resolveSync> }) => void;
}
interface NewerFeatures {
  readonly typescript?: string | false;
}

const isStripping = Boolean((process.features as NewerFeatures).typescript); // see there
// Where this very file is TypeScript, whoever runs it has a loader already.
const isSource = import.meta.url.endsWith(".ts");
const done = { loader: false, rules: false };

/**
 * Prepares imports, for the life of the process. What has been done is not done again: an app may be started on a kernel that
 * runs one.
 * @param isTypeScript whether the app is a .ts file
 */
export async function prepareImports(isTypeScript: boolean): Promise<void> {
  if (isTypeScript && !isStripping && !isSource && !done.loader) {
    done.loader = true;
    (await import("tsx/esm/api")).register();
  }
  if (done.rules) return;
  done.rules = true;
  const data: HookData = { home: home(), format: isStripping ? "module-typescript" : "module" };
  const { registerHooks } = nodeModule as NewerModule; // see there
  if (registerHooks !== undefined) {
    registerHooks({ resolve: resolveSync(data) });
    return;
  }
  nodeModule.register(`./module-hooks.${isSource ? "ts" : "js"}`, import.meta.url, { data });
  prepareRequire(data);
}

interface CommonJs {
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

// Node 20 has no hooks for `require`, which tsx makes of the imports in a .js file below no "type": this is the one
// seam there is, and every loader uses it.
function prepareRequire(data: HookData): void {
  const commonJs = nodeModule.default as unknown as CommonJs; // undocumented, and so without types
  const original = commonJs._resolveFilename;
  commonJs._resolveFilename = function (request, ...rest) {
    try {
      return original.call(this, request, ...rest);
    } catch (error) {
      const own = ownPath(data, request);
      if (own === undefined || !isNotFound(error)) throw error;
      return own;
    }
  };
}
