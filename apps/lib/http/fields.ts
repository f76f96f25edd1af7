// Header fields: those that came, in their order, and those that are to be sent, which never let a line break through.

import { SyscallError } from "../../../kernel/errors.ts";
import { shown, truncated } from "../../../kernel/text.ts";

/** Header fields as they came: names in any case, repeated ones each for itself. */
export class HeaderFields implements Iterable<readonly [name: string, value: string]> {
  readonly #raw: readonly string[];

  /** @param raw name, value, name, value, … */
  constructor(raw: readonly string[] = []) {
    this.#raw = raw;
  }

  /** How many lines they were. */
  get size(): number {
    return this.#raw.length / 2;
  }

  /** The value of a field, in any case; of one that came more than once all of them, with ", " between. */
  get(name: string): string | undefined {
    const all = this.all(name);
    return all.length === 0 ? undefined : all.join(", ");
  }

  has(name: string): boolean {
    return this.all(name).length > 0;
  }

  /** The values of a field, one for each line that it came in. */
  all(name: string): readonly string[] {
    const wanted = name.toLowerCase();
    let values: string[] | undefined;
    for (let i = 0; i < this.#raw.length; i += 2) {
      if (!isNamed(this.#raw[i] ?? "", wanted)) continue;
      values ??= [];
      values.push(this.#raw[i + 1] ?? "");
    }
    return values ?? none;
  }

  *[Symbol.iterator](): Generator<readonly [name: string, value: string], void, undefined> {
    for (let i = 0; i < this.#raw.length; i += 2) yield [this.#raw[i] ?? "", this.#raw[i + 1] ?? ""];
  }
}

/** Most names differ in length: those are not made lower case to be compared. */
function isNamed(name: string, lowered: string): boolean {
  return name.length === lowered.length && name.toLowerCase() === lowered;
}

const none: readonly string[] = [];

/** The elements of a list field such as Connection, in lower case. */
export function listOf(values: readonly string[]): string[] {
  if (values.length === 0) return [];
  return values.flatMap((value) => value.toLowerCase().split(",")).map(withoutBlanks);
}

// `trim` would take a no-break space away, too, which to others is a part of the element.
function withoutBlanks(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && isBlank(text[from])) from++;
  while (to > from && isBlank(text[to - 1])) to--;
  return text.slice(from, to);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

/** Header fields to send; a name with several values becomes as many lines. */
export type Headers = Readonly<Record<string, string | number | readonly string[]>>;

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const fieldValue = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

/** Whether a text is a token: what methods and names of fields are. */
export function isToken(text: string): boolean {
  return token.test(text);
}

/**
 * The lines of header fields, each with its CRLF.
 * @throws EINVAL for a name that is none, or a value with a control character, a character beyond Latin-1, or blanks at its ends
 */
export function fieldLines(headers: Headers): string {
  let lines = "";
  for (const name in headers) {
    if (!Object.hasOwn(headers, name)) continue;
    const value = headers[name];
    if (!isToken(name)) throw new SyscallError("EINVAL", `header ${shown(truncated(name, 64))} is no name of a field`);
    if (typeof value === "object") for (const each of value) lines += fieldLine(name, each);
    else lines += fieldLine(name, value);
  }
  return lines;
}

function fieldLine(name: string, value: string | number | undefined): string {
  const text = String(value);
  if (fieldValue.test(text)) return `${name}: ${text}\r\n`;
  throw new SyscallError(
    "EINVAL",
    `header ${name} is ${shown(truncated(text, 64))}: give one line of Latin-1 without blanks at its ends`,
  );
}

/** The value of a header that is to be sent, in any case. */
export function sentField(headers: Headers, name: string): string | undefined {
  for (const key in headers) {
    if (isNamed(key, name)) return String(headers[key]);
  }
  return undefined;
}
