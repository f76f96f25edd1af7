// What the constructors of this folder ask of their arguments. Each error names the thing, the value and the way out.

import { SyscallError } from "../../kernel/syscall.ts";
import { isLonger, shown, truncated } from "../../kernel/text.ts";

/** What all of them can be told. */
export interface NameOptions {
  /** For people: monitors and errors show it. At most 64 characters. */
  readonly name?: string;
}

const maxNameLength = 64;

/**
 * What monitors and errors call a thing: its kind, and its name where it has one.
 * @throws ENAMETOOLONG over 64 code points, TypeError for what is no text
 */
export function labelOf(kind: string, name = ""): string {
  if (name === "") return kind;
  if (typeof name !== "string") throw new TypeError(`name of ${kind} is ${shown(name)}: give text`);
  if (!isLonger(name, maxNameLength)) return `${kind} ${name}`;
  const start = shown(truncated(name, maxNameLength));
  throw new SyscallError("ENAMETOOLONG", `name of ${kind} is ${start}: give at most ${maxNameLength} characters`);
}

/** Most items that a capacity may allow. */
export const maxCapacity = 16_777_216;

/** A whole number within bounds. @throws EINVAL, naming what it is */
export function checkedCount(count: number, what: string, least: number, most: number): number {
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  const bound = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`;
  throw new SyscallError("EINVAL", `${what} is ${shown(count)}: give a whole number, ${bound}`);
}
