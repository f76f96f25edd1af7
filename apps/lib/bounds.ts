// The bounds of what is made in user space: names that monitors show, and numbers of items.

import { SyscallError } from "../../kernel/errors.ts";
import { isLonger, shown } from "../../kernel/text.ts";

const maxNameLength = 64;

/** Most items that a capacity may allow. */
const maxCapacity = 16_777_216;

/** A name that can be shown. @throws ENAMETOOLONG over 64 code points, TypeError for what is no text */
export function checkedName(name: string, kind: string): string {
  if (typeof name !== "string") throw new TypeError(`the name of a ${kind} is text, not ${shown(name)}`);
  if (!isLonger(name, maxNameLength)) return name;
  throw new SyscallError("ENAMETOOLONG", `the name of a ${kind} has at most ${maxNameLength} characters`);
}

/** A number of items. @throws EINVAL naming whose it is */
export function checkedCapacity(capacity: number, least: number, kind: string): number {
  if (Number.isInteger(capacity) && capacity >= least && capacity <= maxCapacity) return capacity;
  throw new SyscallError(
    "EINVAL",
    `the capacity of a ${kind} is a whole number from ${least} to ${maxCapacity}, not ${shown(capacity)}`,
  );
}
