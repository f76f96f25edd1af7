// How the waits that methods make are checked: as any syscall, and that each says by which family it is pledged.

import type { Syscall } from "../../../kernel/syscall.ts";
import { type Asker, type CheckOptions, checkSyscall, type Make, type Report } from "../../kit/index.ts";

/** What a check has found, and what the syscalls have said of themselves. */
export interface Held extends Report {
  readonly family: string;
}

/** By the method that makes the syscall. */
export type Table = Readonly<Record<string, () => Held>>;

/** As checkSyscall. */
export function held<T, C>(make: Make<T, C>, options: CheckOptions<C> = {}): Held {
  let family = "";
  const noting = (context: C, asker: Asker): Syscall<T> => {
    const made = make(context, asker);
    family = made.family;
    return made;
  };
  return { ...checkSyscall(noting, options), family };
}
