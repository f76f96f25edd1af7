// What templates have in common: files as texts, and imports as the formatter writes them.

/** Files to write: paths from the folder they go into, and their texts. */
export type Files = Readonly<Record<string, string>>;

/**
 * Import declarations, packages first, then by path.
 * @param all for each module its specifier, then the names
 */
export function imports(all: readonly (readonly [from: string, ...names: string[]])[]): string {
  const sorted = all.toSorted(([a], [b]) => Number(a.startsWith(".")) - Number(b.startsWith(".")) || compare(a, b));
  return sorted.map(([from, ...names]) => importLine(names, from)).join("\n");
}

const width = 120;

function importLine(names: readonly string[], from: string): string {
  const line = `import { ${names.join(", ")} } from "${from}";`;
  return line.length <= width ? line : `import {\n${names.map((name) => `  ${name},\n`).join("")}} from "${from}";`;
}

// Farther folders first: "../../" before "../".
function compare(a: string, b: string): number {
  return depth(b) - depth(a) || (a < b ? -1 : 1);
}

function depth(specifier: string): number {
  return specifier.split("../").length;
}
