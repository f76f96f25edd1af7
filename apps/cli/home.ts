// Where this package is, and what it exports: the one list is package.json's, so that an app anywhere on disk sees
// the same modules as one beside an installed package. In the source tree each entry is its .ts source.

import { readFileSync } from "node:fs";

/** This package on disk. Plain data, for it also goes to the thread of Node's module hooks. */
export interface Home {
  /** File URL of the package's folder, with a slash at the end. */
  readonly root: string;
  readonly version: string;
  /** File URL of each module it exports, by what apps import: "yieldix", "yieldix/syscalls", … */
  readonly entries: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string | null | { readonly default: string }>>;
}

/** Reads the package.json of the package that this very file belongs to. */
export function home(): Home {
  const here = import.meta.url;
  const isSource = here.endsWith(".ts");
  const root = new URL(isSource ? "../../" : "../../../", here);
  const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as Manifest; // our own file
  const entries: Record<string, string> = {};
  for (const [path, target] of Object.entries(manifest.exports)) {
    if (typeof target !== "object" || target === null) continue;
    const file = isSource ? target.default.replace("./dist/", "./").replace(/\.js$/, ".ts") : target.default;
    entries[manifest.name + path.slice(1)] = new URL(file, root).href;
  }
  return { root: root.href, version: manifest.version, entries };
}
