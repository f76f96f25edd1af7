// How a thing is called and what a call gives, read from its types: parameters by name, and the answer of what is
// yielded, through however many base classes lie between a syscall and `Syscall`.

import { child, children, type Declared, type Module, type Node, nameOf } from "./modules.ts";

/** A call. */
export interface Signature {
  /** Names of the parameters, "?" behind those that may be left out. */
  readonly parameters: string;
  /** The type of the answer, or of the result. */
  readonly answer: string;
  readonly isYielded: boolean;
}

/** A class and its base classes, up to the one of the kernel. */
export interface Lineage {
  readonly classes: readonly Declared[];
  /** Which of the kernel's classes it comes from; undefined: none. */
  readonly root: string | undefined;
  readonly answer: string;
}

const roots: ReadonlySet<string> = new Set(["Syscall", "Call", "Yieldable"]);
const yielded: ReadonlySet<string> = new Set([...roots, "Program", "Runnable"]);

/**
 * Follows a class's base classes.
 * @param args its type arguments, as text
 */
export function lineage(declared: Declared, args: readonly string[] = []): Lineage {
  const { node, module } = declared;
  const parameters = children(child(node, "typeParameters"), "params");
  const bound = new Map(
    parameters.map((parameter, i) => {
      const fallback = args.length === 0 ? undefined : child(parameter, "default");
      const name = nameOf(child(parameter, "name"));
      return [name, args[i] ?? (fallback === undefined ? name : module.text(fallback))];
    }),
  );
  const base = nameOf(child(node, "superClass"));
  const baseArgs = children(child(node, "superTypeArguments"), "params").map((arg) =>
    replaced(module.text(arg), bound),
  );
  if (roots.has(base)) return { classes: [declared], root: base, answer: baseArgs[0] ?? "unknown" };
  const next = base === "" ? undefined : module.find(base);
  if (next === undefined) return { classes: [declared], root: undefined, answer: "" };
  const above = lineage(next, baseArgs.length === 0 ? defaultsOf(next) : baseArgs);
  return { ...above, classes: [declared, ...above.classes] };
}

function defaultsOf({ node, module }: Declared): string[] {
  return children(child(node, "typeParameters"), "params").map((parameter) => {
    const fallback = child(parameter, "default");
    return fallback === undefined ? "unknown" : module.text(fallback);
  });
}

function replaced(text: string, bound: ReadonlyMap<string, string>): string {
  return text.replace(/\b[A-Za-z_]\w*\b/g, (name) => bound.get(name) ?? name);
}

/** The signature of a function, a method, or a function type. */
export function signatureOf(node: Node, module: Module): Signature {
  const result = child(child(node, "returnType"), "typeAnnotation");
  return { parameters: parametersOf(children(node, "params")), ...answerOf(result, module) };
}

/** The signature that a type describes: `Routine<[…], T>`, or a function type; undefined: it is no function's. */
export function signatureIn(type: Node | undefined, module: Module): Signature | undefined {
  if (type?.type === "TSFunctionType") return signatureOf(type, module);
  if (type?.type === "TSTypeQuery") {
    const other = module.find(nameOf(child(type, "exprName")));
    return other && signatureIn(annotationOf(other.node, other.name), other.module);
  }
  const [tuple, answer] = children(child(type, "typeArguments"), "params");
  if (nameOf(child(type, "typeName")) !== "Routine" || tuple === undefined || answer === undefined) return undefined;
  const parameters = children(tuple, "elementTypes").map((element, i) => tupleName(element, i));
  return { parameters: parameters.join(", "), answer: module.text(answer), isYielded: true };
}

/** The type that a `const` is declared with. */
export function annotationOf(node: Node, name: string): Node | undefined {
  const declarators = children(node, "declarations");
  const id = declarators.map((each) => child(each, "id")).find((each) => nameOf(each) === name);
  return child(child(id, "typeAnnotation"), "typeAnnotation");
}

function tupleName(element: Node, place: number): string {
  if (element.type === "TSRestType") return `...${tupleName(child(element, "typeAnnotation") ?? element, place)}`;
  const label = child(element, "label");
  return label === undefined ? `argument${place + 1}` : `${nameOf(label)}${element["optional"] === true ? "?" : ""}`;
}

function answerOf(type: Node | undefined, module: Module): Pick<Signature, "answer" | "isYielded"> {
  if (type === undefined) return { answer: "", isYielded: false };
  const plain = { answer: module.text(type), isYielded: false };
  if (type.type !== "TSTypeReference") return plain;
  const name = nameOf(child(type, "typeName"));
  const args = children(child(type, "typeArguments"), "params").map((arg) => module.text(arg));
  if (yielded.has(name)) return { answer: args[0] ?? "unknown", isYielded: true };
  const declared = module.find(name);
  if (declared?.node.type !== "ClassDeclaration") return plain;
  const { root, answer } = lineage(declared, args.length === 0 ? defaultsOf(declared) : args);
  return root === undefined ? plain : { answer, isYielded: true };
}

/** The parameters of a constructor, from the class that has one; but those that are for subclasses. */
export function constructorOf({ classes }: Lineage): {
  readonly parameters: string;
  readonly made: Declared | undefined;
} {
  for (const made of classes) {
    const found = membersOf(made.node).find((member) => member["kind"] === "constructor");
    if (found === undefined) continue;
    const internal = made.module.doc(found)?.internal;
    return { parameters: parametersOf(children(child(found, "value"), "params"), internal), made };
  }
  return { parameters: "", made: undefined };
}

/** The members of a class or of an interface. */
export function membersOf(node: Node): Node[] {
  return children(child(node, "body"), "body");
}

function parametersOf(parameters: readonly Node[], internal: readonly string[] = []): string {
  const names = parameters.filter((parameter) => nameOf(parameter) !== "this").map(parameterName);
  return names.filter((name) => !internal.includes(name.replace(/\?$/, ""))).join(", ");
}

function parameterName(parameter: Node): string {
  switch (parameter.type) {
    case "AssignmentPattern":
      return `${parameterName(child(parameter, "left") ?? parameter).replace(/\?$/, "")}?`;
    case "RestElement":
      return `...${parameterName(child(parameter, "argument") ?? parameter)}`;
    case "Identifier":
      return `${nameOf(parameter).replace(/^_/, "")}${parameter["optional"] === true ? "?" : ""}`;
    default:
      return "options"; // taken apart where it arrives
  }
}
