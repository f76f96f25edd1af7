// TypeScript sources, read one by one as exports lead from file to file: what each declares, exports and imports, and
// the docstrings beside it. Only syntax is looked at, so that a source that does not compile yet can be read as well.

import { posix } from "node:path";
import { parseSync } from "oxc-parser";
import { type Docstring, readDocstring } from "./docstring.ts";

/** A node of a syntax tree, of any kind. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Something declared at the top of a module. */
export interface Declared {
  readonly name: string;
  readonly node: Node;
  /** Undefined: it has none. */
  readonly doc: Docstring | undefined;
  readonly module: Module;
}

/** Something exported. */
export interface Exported {
  readonly declared: Declared;
  /** True: as a type alone, so that nobody can construct it. */
  readonly isType: boolean;
}

/** Reads each file once. */
export class Modules {
  readonly #read: (path: string) => string;
  readonly #modules = new Map<string, Module>();

  /** @param read the text of a file, by its path from the repository's root */
  constructor(read: (path: string) => string) {
    this.#read = read;
  }

  get(path: string): Module {
    let module = this.#modules.get(path);
    if (module === undefined) {
      module = new Module(path, this.#read(path), this);
      this.#modules.set(path, module);
    }
    return module;
  }
}

/** One source file. */
export class Module {
  readonly path: string;
  readonly #text: string;
  readonly #modules: Modules;
  readonly #docs: ReadonlyMap<number, string>;
  readonly #body: readonly Node[];
  readonly #declared = new Map<string, Declared>();
  readonly #imported = new Map<string, { readonly path: string; readonly name: string }>();

  /** @throws SyntaxError for what is no TypeScript */
  constructor(path: string, text: string, modules: Modules) {
    const { program, comments, errors } = parseSync(path, text);
    if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
    this.path = path;
    this.#text = text;
    this.#modules = modules;
    this.#body = program.body as unknown as Node[]; // looked at by their types, as strings
    const docstrings = comments.filter(({ type, value }) => type === "Block" && value.startsWith("*"));
    this.#docs = new Map(docstrings.map(({ end, value }) => [nextPlace(text, end), value]));
    for (const node of this.#body) this.#note(node);
  }

  /** What it exports, in the order in which it says so; re-exports lead to where a thing is declared. */
  exports(): Exported[] {
    return this.#body.flatMap((node) => {
      const target = this.#source(node);
      if (node.type === "ExportAllDeclaration") return target === undefined ? [] : this.#modules.get(target).exports();
      if (node.type !== "ExportNamedDeclaration") return [];
      const own = child(node, "declaration");
      if (own !== undefined) return namesOf(own).map((name) => ({ declared: this.#required(name), isType: false }));
      const module = target === undefined ? this : this.#modules.get(target);
      return children(node, "specifiers").map((specifier) => ({
        declared: module.#required(nameOf(child(specifier, "local"))),
        isType: node["exportKind"] === "type" || specifier["exportKind"] === "type",
      }));
    });
  }

  /** What a name means here: declared here, imported, or re-exported; undefined: from a package, or nothing. */
  find(name: string): Declared | undefined {
    const own = this.#declared.get(name);
    if (own !== undefined) return own;
    const from = this.#imported.get(name);
    return from === undefined ? undefined : this.#modules.get(from.path).find(from.name);
  }

  /** A node's source, on one line. */
  text(node: Node): string {
    return this.#text
      .slice(node.start, node.end)
      .replace(/\s+/g, " ")
      .replace(/,? ([)}\]])/g, " $1");
  }

  /** The docstring before a node. */
  doc(node: Node): Docstring | undefined {
    const comment = this.#docs.get(node.start);
    return comment === undefined ? undefined : readDocstring(comment);
  }

  #required(name: string): Declared {
    const found = this.find(name);
    if (found === undefined) throw new Error(`${this.path}: exports ${name}, which is declared nowhere`);
    return found;
  }

  #note(node: Node): void {
    const target = this.#source(node);
    if (node.type === "ImportDeclaration" || node.type === "ExportNamedDeclaration") {
      for (const specifier of target === undefined ? [] : children(node, "specifiers")) {
        const [here, there] = node.type === "ImportDeclaration" ? ["local", "imported"] : ["exported", "local"];
        const name = nameOf(child(specifier, there));
        this.#imported.set(nameOf(child(specifier, here)), { path: target ?? "", name });
      }
    }
    const isExport = node.type === "ExportNamedDeclaration" || node.type === "ExportDefaultDeclaration";
    const declaration = isExport ? child(node, "declaration") : node;
    if (declaration === undefined) return;
    for (const name of namesOf(declaration)) {
      const before = this.#declared.get(name); // an overload's docstring is on the first
      this.#declared.set(name, before ?? { name, node: declaration, doc: this.doc(node), module: this });
    }
  }

  // Packages and Node's modules are not followed.
  #source(node: Node): string | undefined {
    const specifier = child(node, "source")?.["value"];
    if (typeof specifier !== "string" || !specifier.startsWith(".")) return undefined;
    return posix.join(posix.dirname(this.path), specifier);
  }
}

function namesOf(declaration: Node): string[] {
  if (declaration.type === "VariableDeclaration")
    return children(declaration, "declarations").map((each) => nameOf(child(each, "id")));
  const id = child(declaration, "id");
  return id?.type === "Identifier" ? [nameOf(id)] : [];
}

// Where the thing begins that a comment stands before.
function nextPlace(text: string, end: number): number {
  const space = /\s*/y;
  space.lastIndex = end;
  space.exec(text);
  return space.lastIndex;
}

/** A node's part, if it has it. */
export function child(node: Node | undefined, key: string): Node | undefined {
  const value = node?.[key];
  return isNode(value) ? value : undefined;
}

/** A node's parts, if it has a list of them. */
export function children(node: Node | undefined, key: string): Node[] {
  const value = node?.[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** What a name's node says. */
export function nameOf(node: Node | undefined): string {
  return String(node?.["name"] ?? node?.["value"] ?? "");
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
