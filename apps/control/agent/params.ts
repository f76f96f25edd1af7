// What the methods are asked with, looked at before it is believed: types and bounds, each fault an RpcError -32602 with a
// sentence that names the parameter and says what it must be.

import { isTid } from "../../../kernel/holders.ts";
import { shown, truncated } from "../../../kernel/text.ts";
import { codes, RpcError } from "../../rpc/errors.ts";

/** The params of a method, or a part of them: an object whose members are taken out one by one. */
export class Params {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;

  /**
   * @param path what it is, for messages: "frame", "frame: tasks"
   * @throws RpcError -32602 for what is no object, or has a member that is not in `known`
   */
  constructor(value: unknown, path: string, known: readonly string[]) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw refused(path, "params", "an object", value);
    }
    this.#values = value as Readonly<Record<string, unknown>>; // looked at on the lines above; each member is looked at below
    this.#path = path;
    for (const name of Object.keys(value)) {
      if (!known.includes(name)) {
        const way = known.length === 0 ? "it takes none" : `it takes ${known.join(", ")}`;
        throw new RpcError(codes.invalidParams, `${path}: there is no parameter ${brief(name)}: ${way}`);
      }
    }
  }

  /** Of that name, or undefined. */
  get(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  /** A whole number in bounds; `fallback` where it is left out. */
  integer(name: string, least: number, most: number, fallback?: number): number {
    const value = this.get(name);
    if (value === undefined && fallback !== undefined) return fallback;
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw refused(this.#path, name, `a whole number from ${least} to ${most}`, value);
  }

  boolean(name: string, fallback = false): boolean {
    const value = this.get(name);
    if (value === undefined) return fallback;
    if (typeof value === "boolean") return value;
    throw refused(this.#path, name, "true or false", value);
  }

  /** A text of at most so many characters. */
  text(name: string, maxLength: number, fallback?: string): string {
    const value = this.get(name);
    if (value === undefined && fallback !== undefined) return fallback;
    if (typeof value === "string" && value.length <= maxLength) return value;
    throw refused(this.#path, name, `a text of at most ${maxLength} characters`, value);
  }

  oneOf<T extends string>(name: string, words: readonly T[], fallback?: T): T {
    const value = this.get(name);
    if (value === undefined && fallback !== undefined) return fallback;
    const word = words.find((each) => each === value);
    if (word !== undefined) return word;
    throw refused(this.#path, name, `one of ${words.join(", ")}`, value);
  }

  /** A list of tids; empty where it is left out and may be. */
  tids(name: string, most: number, fallback?: readonly number[]): readonly number[] {
    const value = this.get(name);
    if (value === undefined && fallback !== undefined) return fallback;
    if (Array.isArray(value) && value.length <= most && value.every(isTid)) return value;
    throw refused(this.#path, name, `a list of at most ${most} tids`, value);
  }

  texts(name: string, most: number, maxLength: number): readonly string[] {
    const value = this.get(name);
    const isText = (each: unknown): each is string => typeof each === "string" && each.length <= maxLength;
    if (Array.isArray(value) && value.length <= most && value.every(isText)) return value;
    throw refused(this.#path, name, `a list of at most ${most} texts of at most ${maxLength} characters`, value);
  }

  /** A part that is an object; undefined where it is left out. */
  part(name: string, known: readonly string[]): Params | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : new Params(value, `${this.#path}: ${name}`, known);
  }
}

/** Larger than any tid. */
export const maxTid: number = Number.MAX_SAFE_INTEGER;

function refused(path: string, name: string, wanted: string, value: unknown): RpcError {
  return new RpcError(codes.invalidParams, `${path}: ${name} must be ${wanted}, not ${brief(value)}`);
}

function brief(value: unknown): string {
  if (value === undefined) return "left out";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : truncated(shown(value), 64);
}
