// What a path that is being typed could become: for the completion of the shell and of the monitor's command line.

import { readdirSync } from "node:fs";
import { resolve } from "node:path";

/** Entries of a folder that are looked at. */
const maxEntries = 10_000;

/** What a path could become: the entries of its folder, those that are hidden only where a dot was typed. */
export function filesAt(prefix: string): string[] {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  const isHidden = /(^|\/)\.[^/]*$/.test(prefix);
  try {
    const entries = readdirSync(resolve(folder), { withFileTypes: true }).slice(0, maxEntries);
    return entries
      .filter(({ name }) => isHidden || !name.startsWith("."))
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`)
      .filter((path) => !/[\s\p{C}\p{Z}"'\\|;<>$`()&#]/u.test(path)); // those would need quotes
  } catch {
    return []; // there is no such folder, or it may not be read: nothing to offer
  }
}
