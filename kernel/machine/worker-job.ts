// What runs in a worker thread: loads a job's module as Node or tsx would, once, and calls its function. Modules are always
// imported, never required, so that a job is loaded in the same way wherever it is.

import { SyscallError } from "../errors.ts";
import { described, type Outcome } from "./worker-error.ts";

/** What to call. */
interface Order {
  readonly url: string;
  readonly name: string;
  readonly data: unknown;
}

/** Calls a job's function. Never rejects: what it throws is a part of the outcome. */
export default async function work({ url, name, data }: Order): Promise<Outcome> {
  try {
    if (/\.[cm]?ts$/.test(url)) await prepareTypeScript();
    const job = exported((await import(url)) as Namespace, name); // a module's namespace
    if (typeof job !== "function") throw new SyscallError("EINVAL", `${url} exports no function ${name}`);
    return { value: await job(data) };
  } catch (error) {
    return { thrown: described(error) };
  }
}

type Namespace = Readonly<Record<string, unknown>>;

// A module that was CommonJS has all its exports in the one that is called default.
function exported(module: Namespace, name: string): unknown {
  return module[name] ?? (module["default"] as Namespace | undefined)?.[name];
}

let isPrepared = false;

// In each thread anew, whatever the main thread has; and where Node strips types itself, too: it would take a .ts file below a
// package.json of "type": "commonjs" for CommonJS.
async function prepareTypeScript(): Promise<void> {
  if (isPrepared) return;
  isPrepared = true;
  (await import("tsx/cjs/api")).register(); // for modules below a package.json of "type": "commonjs"
  (await import("tsx/esm/api")).register();
}
