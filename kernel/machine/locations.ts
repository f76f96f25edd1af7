// Where suspended generators stand: file, line and column, the source line, and their local variables, by an inspector
// session of the thread with itself (V8's internal property [[GeneratorLocation]]). About 20 ms once and 0.2 ms a frame,
// when asked; nothing when not: the debugger is off again before this returns.

import type { Runtime, Session } from "node:inspector";
import { createRequire } from "node:module";
import { SyscallError } from "../errors.ts";
import { truncated } from "../text.ts";
import { type Script, type ScriptPlace, Sources } from "./sources.ts";

export interface Location {
  /** "file:line:column", of the source where its map is known; "" where it is not known. */
  readonly at: string;
  /** The source line, without the blanks around it; "" where it cannot be had. */
  readonly source: string;
  /** Local variables, shown. Empty unless asked for. */
  readonly locals: Readonly<Record<string, string>>;
}

export interface LocateOptions {
  /** Show local variables: at most 16 of a frame, each in at most 64 characters. Default false. */
  readonly withLocals?: boolean;
}

const mostPrograms = 256;
const mostLocals = 16;
const mostCharacters = 64;
const nowhere: Location = { at: "", source: "", locals: {} };

/**
 * Where each of these generators is suspended; at most 256 of them, of the others nothing is known. Of one that has not
 * begun it is where it was made; one that runs or is over is nowhere.
 * @throws ENOTSUP where Node has no inspector
 */
export function locate(programs: readonly Generator[], options: LocateOptions = {}): readonly Location[] {
  const look = new Look();
  try {
    const seen = look.objects(programs.slice(0, mostPrograms)).map((object) => look.location(object, options));
    return programs.map((_, place) => seen[place] ?? nowhere);
  } finally {
    look.end();
  }
}

/** By this name the inspector finds what it is to look at, while it does. */
const slot = "yieldix.located";
type Slot = Record<string, unknown>;

// A session of a thread with itself answers within the call that asks.
class Look {
  readonly #session: Session = connected();
  readonly #sources: Sources = new Sources();

  constructor() {
    this.#session.on("Debugger.scriptParsed", ({ params }) => this.#sources.add(params as Script)); // it has these fields
    this.#ask("Debugger.enable");
  }

  /** As the inspector knows them. */
  objects(programs: readonly Generator[]): (string | undefined)[] {
    const world = globalThis as Slot; // nobody else knows the slot
    world[slot] = programs;
    try {
      const list = this.#ask("Runtime.evaluate", { expression: `globalThis[${JSON.stringify(slot)}]` });
      const { objectId } = (list as Runtime.EvaluateReturnType).result; // as the protocol says
      const found = this.#properties(objectId)?.result ?? [];
      return programs.map((_, place) => found.find(({ name }) => name === String(place))?.value?.objectId);
    } finally {
      delete world[slot];
    }
  }

  location(object: string | undefined, { withLocals = false }: LocateOptions): Location {
    const inside = this.#properties(object)?.internalProperties ?? [];
    const value = (wanted: string) => inside.find(({ name }) => name === wanted)?.value;
    const place = value("[[GeneratorLocation]]")?.value as ScriptPlace | undefined; // as V8 does
    if (place === undefined || value("[[GeneratorState]]")?.value !== "suspended") return nowhere;
    const scopes = withLocals ? value("[[Scopes]]")?.objectId : undefined;
    return { at: this.#sources.at(place), source: this.#sources.line(place), locals: this.#locals(scopes) };
  }

  end(): void {
    this.#ask("Debugger.disable");
    this.#session.disconnect();
  }

  // Of the innermost scopes, up to the function's own: what is around that is the module's.
  #locals(scopes: string | undefined): Record<string, string> {
    const locals: Record<string, string> = {};
    for (const scope of this.#properties(scopes)?.result ?? []) {
      const what = scope.value?.description ?? "";
      if (!/^(Local|Block|Catch|With Block)\b/.test(what) && !what.startsWith("Generator")) break;
      for (const { name, value } of this.#properties(scope.value?.objectId)?.result ?? []) {
        if (Object.keys(locals).length >= mostLocals) return locals;
        if (value !== undefined && !Object.hasOwn(locals, name)) locals[name] = truncated(text(value), mostCharacters);
      }
    }
    return locals;
  }

  #properties(objectId: string | undefined): Runtime.GetPropertiesReturnType | undefined {
    if (objectId === undefined) return undefined;
    const answer = this.#ask("Runtime.getProperties", { objectId, ownProperties: true, generatePreview: true });
    return answer as Runtime.GetPropertiesReturnType; // as the protocol says
  }

  #ask(method: string, params: object = {}): unknown {
    let answer: unknown;
    this.#session.post(method, params, (error, given) => {
      answer = error === null ? given : {};
    });
    return answer;
  }
}

function connected(): Session {
  try {
    const { Session } = createRequire(import.meta.url)("node:inspector") as typeof import("node:inspector"); // it is that
    const session = new Session();
    session.connect();
    return session;
  } catch (cause) {
    throw new SyscallError("ENOTSUP", "this Node has no inspector: nobody can say where a task stands", { cause });
  }
}

function text(value: Runtime.RemoteObject): string {
  if (value.type === "string") return JSON.stringify(truncated(String(value.value), mostCharacters));
  if (value.preview !== undefined) return preview(value.preview);
  if (value.type === "undefined") return "undefined";
  return value.unserializableValue ?? (described.has(value.type) ? brief(value) : String(value.value));
}

/** What has a description in place of a value. */
const described: ReadonlySet<string> = new Set(["object", "function", "symbol"]);

function brief({ subtype, description = "" }: Runtime.RemoteObject): string {
  if (subtype === "null") return "null";
  return (description.split("\n")[0] ?? "").slice(0, mostCharacters);
}

function preview({ description = "", subtype, properties }: Runtime.ObjectPreview): string {
  const parts = properties.map(({ name, value = "", type }) => {
    const shown = type === "string" ? JSON.stringify(value) : value;
    return subtype === "array" ? shown : `${name}: ${shown}`;
  });
  return subtype === "array" ? `[${parts.join(", ")}]` : `${description} {${parts.join(", ")}}`;
}
