// How the waits that methods make are checked: as any syscall, and that each says by which family it is pledged.

import type { Syscall } from "../../../kernel/syscall.ts";
import {
  type Asker,
  type CheckOptions,
  checkSyscall,
  checkSyscallAsync,
  type Make,
  type Report,
} from "../../kit/index.ts";

/** What a check has found, and what the syscalls have said of themselves. */
export interface Held extends Report {
  readonly family: string;
}

/** By the method that makes the syscall. */
export type Table = Readonly<Record<string, () => Held | Promise<Held>>>;

/** As checkSyscall. */
export function held<T, C>(make: Make<T, C>, options: CheckOptions<C> = {}): Held {
  const noted = new Noted(make);
  return { ...checkSyscall(noted.make, options), family: noted.family };
}

/** As checkSyscallAsync. */
export async function heldAsync<T, C>(make: Make<T, C>, options: CheckOptions<C> = {}): Promise<Held> {
  const noted = new Noted(make);
  return { ...(await checkSyscallAsync(noted.make, options)), family: noted.family };
}

/** Notes the family of what is made. */
class Noted<T, C> {
  family = "";
  readonly make: Make<T, C>;

  constructor(make: Make<T, C>) {
    this.make = (context: C, asker: Asker): Syscall<T> => {
      const made = make(context, asker);
      this.family = made.family;
      return made;
    };
  }
}
