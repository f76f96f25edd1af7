// What one source file imports and which globals it uses, read from its syntax tree: types apart from values, dynamic
// imports and re-exports included. Text that only looks like code, in comments and strings, does not count.

import { posix } from "node:path";
import { parseAst } from "vitest/node";

/** One import, re-export or `import()`. */
export interface Import {
  /** A path from the repository's root ("kernel/task.ts"), a package ("commander"), "node:net", or "?": not a literal. */
  readonly target: string;
  /** True when the compiler erases it. */
  readonly isType: boolean;
  /** True for `import()`: it is not loaded with the file. */
  readonly isLazy: boolean;
}

export interface Source {
  readonly path: string;
  readonly imports: readonly Import[];
  /** Names of globals it uses as values, of those asked for: "Date", "Math.random". */
  readonly globals: readonly string[];
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/**
 * Reads a source file.
 * @param path from the repository's root, with slashes
 * @param text its TypeScript
 * @param watched the globals to look for; "Math.random" is a member
 */
export function readSource(path: string, text: string, watched: ReadonlySet<string>): Source {
  const imports: Import[] = [];
  const used = new Set<string>();
  const bound = new Set<string>();
  const program = parseAst(text, { lang: "ts" }) as unknown as Node; // its own types know no TypeScript
  visit(program, (node) => {
    const found = importOf(node);
    if (found !== undefined) imports.push({ ...found, target: resolved(path, found.target) });
    for (const name of bindings(node)) bound.add(name);
    const name = globalName(node);
    if (name !== undefined && watched.has(name)) used.add(name);
  });
  return { path, imports, globals: [...used].filter((name) => !bound.has(name)) };
}

function resolved(from: string, specifier: string): string {
  return specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier) : specifier;
}

function visit(node: Node, look: (node: Node) => void): void {
  look(node);
  // Types are erased, but for imports in them; a cast is a type around an expression.
  const isType = node.type.startsWith("TS") && !("expression" in node);
  for (const [key, child] of Object.entries(node)) {
    if (isName(node, key)) continue;
    for (const each of Array.isArray(child) ? child : [child]) {
      if (!isNode(each)) continue;
      if (isType || each.type === "TSClassImplements")
        visit(each, (inner) => inner.type === "TSImportType" && look(inner));
      else visit(each, look);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

// A name after a dot, a key, a label: no use of a variable.
function isName(node: Node, key: string): boolean {
  if (node["computed"] === true) return false;
  if (key === "property") return node.type === "MemberExpression";
  if (key === "key")
    return /^(TSAbstract)?(Method|Property|Accessor)(Definition)?$/.test(node.type) && node["shorthand"] !== true;
  return key === "label" || (key === "imported" && node.type === "ImportSpecifier") || key === "exported";
}

function importOf(node: Node): Import | undefined {
  const isType = node["importKind"] === "type" || node["exportKind"] === "type" || node.type === "TSImportType";
  const imports = [
    "ImportDeclaration",
    "ExportAllDeclaration",
    "ExportNamedDeclaration",
    "ImportExpression",
    "TSImportType",
  ];
  if (!imports.includes(node.type) || !isNode(node["source"])) return undefined;
  const { value } = node["source"];
  const isLazy = node.type === "ImportExpression";
  return { target: typeof value === "string" ? value : "?", isType, isLazy };
}

function bindings(node: Node): string[] {
  const places: Record<string, readonly string[]> = {
    ImportSpecifier: ["local"],
    ImportDefaultSpecifier: ["local"],
    ImportNamespaceSpecifier: ["local"],
    VariableDeclarator: ["id"],
    FunctionDeclaration: ["id", "params"],
    FunctionExpression: ["id", "params"],
    ArrowFunctionExpression: ["params"],
    ClassDeclaration: ["id"],
    CatchClause: ["param"],
  };
  return (places[node.type] ?? []).flatMap((place) => namesIn(node[place]));
}

function namesIn(pattern: unknown): string[] {
  if (Array.isArray(pattern)) return pattern.flatMap(namesIn);
  if (!isNode(pattern)) return [];
  if (pattern.type === "Identifier") return [String(pattern["name"])];
  return ["elements", "properties", "value", "argument", "left"].flatMap((key) => namesIn(pattern[key]));
}

function globalName(node: Node): string | undefined {
  if (node.type === "Identifier") return String(node["name"]);
  if (node.type !== "MemberExpression" || !isNode(node["object"]) || !isNode(node["property"])) return undefined;
  const [object, property] = [node["object"]["name"], node["property"]["name"] ?? node["property"]["value"]];
  return object === "globalThis" ? String(property) : `${object}.${property}`;
}
