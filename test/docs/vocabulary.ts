// The vocabulary as rows of a table: every export of an index file, in its order, with what its types and its docstring
// say. Of an object's methods there are those that it documents; one whose docstring begins with "For" is for whom it names.
// What is exported, or yielded, and has no docstring is a fault: the table would be silent about it.

import type { Docstring } from "./docstring.ts";
import { child, type Declared, type Exported, type Modules, type Node, nameOf } from "./modules.ts";
import {
  annotationOf,
  constructorOf,
  type Lineage,
  lineage,
  membersOf,
  signatureIn,
  signatureOf,
} from "./signatures.ts";

/** One line of the table. */
export interface Row {
  readonly call: string;
  readonly answer: string;
  readonly what: string;
  readonly errors: readonly string[];
  /** Of a syscall, and of a call that names one; empty for what is made of others. */
  readonly family: string;
}

export interface Vocabulary {
  readonly rows: readonly Row[];
  /** Sentences, each naming what has no docstring. */
  readonly faults: readonly string[];
}

/** @param index the path of the file whose exports they are */
export function readVocabulary(modules: Modules, index: string): Vocabulary {
  const faults: string[] = [];
  const exported = uniqueOf(modules.get(index).exports());
  const all = new Set(exported.map(({ declared }) => declared));
  const rows = exported.flatMap(({ declared, isType }) => {
    if (!isSaid(declared.doc)) faults.push(`${declared.module.path}: ${declared.name} has no docstring`);
    const found = rowsOf(declared, all, faults);
    return isType ? found.filter(({ call }) => !/^(yield\* )?new /.test(call)) : found;
  });
  const names = new Set([...all].map(({ name }) => name));
  return { rows: rows.map((row) => ({ ...row, errors: row.errors.filter((error) => isError(error, names)) })), faults };
}

// An overloaded function is exported by each of its signatures.
function uniqueOf(exported: readonly Exported[]): Exported[] {
  return [...new Map(exported.map((each) => [each.declared, each])).values()];
}

function isSaid(doc: Docstring | undefined): doc is Docstring {
  return doc !== undefined && doc.sentence !== "";
}

// "as recv" and "as WaitTask" lead on; "as ever" does not.
function isError(error: string, names: ReadonlySet<string>): boolean {
  const other = /^as (.+)/.exec(error)?.[1];
  return other === undefined || names.has(other) || /^[A-Z][a-z]/.test(other);
}

function rowsOf(declared: Declared, exported: ReadonlySet<Declared>, faults: string[]): Row[] {
  switch (declared.node.type) {
    case "ClassDeclaration":
      return classRows(declared, exported, faults);
    case "TSInterfaceDeclaration": {
      const rows = methodRows(declared, declared.name, faults);
      return rows.some(({ call }) => call.startsWith("yield*")) ? rows : [];
    }
    case "FunctionDeclaration":
    case "TSDeclareFunction":
      return [functionRow(declared, signatureOf(declared.node, declared.module))];
    case "VariableDeclaration":
      return [functionRow(declared, signatureIn(annotationOf(declared.node, declared.name), declared.module))];
    default:
      return []; // a type
  }
}

function functionRow(declared: Declared, signature: ReturnType<typeof signatureIn>): Row {
  const { name, node, module, doc } = declared;
  const said = { what: doc?.sentence ?? "", errors: doc?.errors ?? [], family: "" };
  if (signature === undefined) {
    const type = annotationOf(node, name);
    return { call: name, answer: type === undefined ? "" : module.text(type), ...said };
  }
  return {
    call: `${signature.isYielded ? "yield* " : ""}${name}(${signature.parameters})`,
    answer: signature.answer,
    ...said,
  };
}

function classRows(declared: Declared, exported: ReadonlySet<Declared>, faults: string[]): Row[] {
  const { name, doc } = declared;
  const line = lineage(declared);
  const { parameters, made } = constructorOf(line);
  const isAbstract = declared.node["abstract"] === true;
  const isThrown = line.root === undefined && /Error$|^Cancelled$/.test(name);
  const own: Row = {
    call: `${line.root === undefined ? "" : "yield* "}new ${name}(${parameters})`,
    answer: line.root === undefined ? name : line.answer,
    what: doc?.sentence ?? "",
    errors: [...new Set([...(doc?.errors ?? []), ...constructorErrors(made)])],
    family: familyOf(line),
  };
  // An exported base class has its methods, those that it inherits included, in rows of its own.
  const base = line.classes.findIndex((each) => each !== declared && exported.has(each));
  const seen = new Set<string>();
  const methods = line.classes.slice(0, base < 0 ? undefined : base).flatMap((each) =>
    methodRows(each, name, faults).filter(({ call }) => {
      const method = /\.(\w+)\(/.exec(call)?.[1] ?? "";
      const isNew = !seen.has(method);
      seen.add(method);
      return isNew && (line.root === undefined || call.startsWith("yield*"));
    }),
  );
  return [...(isAbstract || isThrown ? [] : [own]), ...methods];
}

function constructorErrors(made: Declared | undefined): readonly string[] {
  const found = made && membersOf(made.node).find((member) => member["kind"] === "constructor");
  return (found && made?.module.doc(found)?.errors) ?? [];
}

// The getter returns a literal; anything else is shown as it is written.
function familyOf({ classes, root }: Lineage): string {
  for (const { node, module } of classes) {
    const getter = membersOf(node).find((each) => each["kind"] === "get" && nameOf(child(each, "key")) === "family");
    if (getter !== undefined) return /return "([^"]+)"/.exec(module.text(getter))?.[1] ?? "";
  }
  return root === "Syscall" ? "own" : "";
}

const kernelsOwn: ReadonlySet<string> = new Set([
  "handle",
  "enter",
  "leave",
  "giveBack",
  "holders",
  "parts",
  "constructor",
]);

function methodRows(declared: Declared, ofWhom: string, faults: string[]): Row[] {
  const { module } = declared;
  const object = ofWhom.charAt(0).toLowerCase() + ofWhom.slice(1);
  const seen = new Set<string>();
  return membersOf(declared.node).flatMap((member) => {
    const name = nameOf(child(member, "key"));
    const signature = memberSignature(member, declared);
    const isHidden =
      member["computed"] === true || member["static"] === true || !isPublic(member) || kernelsOwn.has(name);
    if (signature === undefined || isHidden || seen.has(name)) return [];
    seen.add(name);
    const doc = module.doc(member);
    if (!isSaid(doc)) {
      const isInherited = member["override"] === true;
      if (signature.isYielded && !isInherited) faults.push(`${module.path}: ${declared.name}.${name} has no docstring`);
      return [];
    }
    if (/^For \S/.test(doc.sentence)) return [];
    const call = `${signature.isYielded ? "yield* " : ""}${object}.${name}(${signature.parameters})`;
    return [{ call, answer: signature.answer, what: doc.sentence, errors: doc.errors, family: "" }];
  });
}

function memberSignature(member: Node, { module }: Declared): ReturnType<typeof signatureIn> {
  if (member.type === "TSMethodSignature") return signatureOf(member, module);
  if (/^(TSAbstract)?MethodDefinition$/.test(member.type) && member["kind"] === "method") {
    return signatureOf(child(member, "value") ?? member, module);
  }
  return signatureIn(child(child(member, "typeAnnotation"), "typeAnnotation"), module);
}

function isPublic(member: Node): boolean {
  const { accessibility } = member as { accessibility?: unknown }; // only looked at
  return child(member, "key")?.type === "Identifier" && (accessibility ?? "public") === "public";
}
