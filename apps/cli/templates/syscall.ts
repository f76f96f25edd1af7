// The syscall to start from: one that answers at once when it can, else blocks, with its undo and its giveBack.

import { type Files, imports } from "./files.ts";

/**
 * A syscall and its test.
 * @param name the class's name
 * @param file the file's, without an ending
 * @param isInside whether they are for this repository
 */
export function syscallFiles(name: string, file: string, isInside: boolean): Files {
  return isInside
    ? { [`syscalls/${file}.ts`]: source(name, true), [`test/syscalls/${file}.test.ts`]: test(name, file, true) }
    : { [`${file}.ts`]: source(name, false), [`${file}.test.ts`]: test(name, file, false) };
}

function source(name: string, isInside: boolean): string {
  const family = isInside ? `\n  override get family(): string {\n    return "sync";\n  }\n` : "";
  const abi = isInside ? "../kernel/syscall.ts" : "yieldix/kernel";
  return `// ${name}: take an item from a shelf, and wait while it is empty.

${imports([[abi, "type Answer", "type Kernel", "Syscall", "SyscallError", "type Task", "type Wait", "type Waiter"]])}

const maxItems = 1_024;

/** Where items lie until somebody takes them: plain data, which tasks share. */
export class ${name}Shelf<T> {
  readonly items: T[] = [];
  /** Who waits for an item, in order; while anybody does, none lies here. */
  readonly waiting: Set<Waiter<T>> = new Set();

  /**
   * Hands an item to whoever has waited longest, or keeps it.
   * @throws EAGAIN when 1,024 items lie here
   */
  put(item: T): void {
    if (this.#hand(item)) return;
    if (this.items.length >= maxItems) throw new SyscallError("EAGAIN", "the shelf is full: 1,024 items lie on it");
    this.items.push(item);
  }

  /** For ${name}. What nobody took is the next one's, or the first to be taken. */
  putBack(item: T): void {
    if (!this.#hand(item)) this.items.unshift(item);
  }

  #hand(item: T): boolean {
    for (const waiter of this.waiting) {
      this.waiting.delete(waiter);
      if (waiter.wake(item)) return true;
    }
    return false;
  }
}

/**
 * Takes an item from a shelf, and waits while it is empty: first come, first served.
 *
 * \`\`\`ts
 * const item = yield* new ${name}(shelf);
 * \`\`\`
 */
export class ${name}<T> extends Syscall<T> implements Wait<T> {
  readonly shelf: ${name}Shelf<T>;
  /** What monitors show of a task that waits here. */
  readonly verb = "take";
  readonly object = "an item";

  constructor(shelf: ${name}Shelf<T>) {
    super();
    this.shelf = shelf;
  }
${family}
  override handle(task: Task, _kernel: Kernel): Answer<T> {
    const { items, waiting } = this.shelf;
    if (items.length > 0) return items.shift() as T; // there is one: answered at once
    return task.block<T>(this, (waiter) => {
      waiting.add(waiter); // all that waiting does …
      return () => waiting.delete(waiter); // … and how it is taken back
    });
  }

  /** The task was killed before it got what it was granted. */
  giveBack(item: T): void {
    this.shelf.putBack(item);
  }
}
`;
}

function test(name: string, file: string, isInside: boolean): string {
  const from = isInside
    ? { syscalls: "../../syscalls/index.ts", own: `../../syscalls/${file}.ts`, kit: "../kit/index.ts" }
    : { syscalls: "yieldix", own: `./${file}.js`, kit: "yieldix/testing" };
  return `// ${name} gives each item to one task, whatever becomes of those that wait.

${imports([
  ["vitest", "expect", "test"],
  [from.syscalls, "Join", "NewTask", "Sleep"],
  [from.own, name, `${name}Shelf`],
  [from.kit, "checkSyscall", "run"],
])}

test("what is there is taken at once, and what is put later by who waits", () => {
  const { value } = run(function* () {
    const shelf = new ${name}Shelf<string>();
    shelf.put("first");
    const first = yield* new ${name}(shelf);
    const taker = yield* new NewTask(new ${name}(shelf), "taker");
    yield* new Sleep(5);
    shelf.put("second");
    return [first, yield* new Join(taker)];
  });
  expect(value).toEqual(["first", "second"]);
});

test("it keeps the promises of a syscall: killed, cancelled, out of time, or in a Select", () => {
  checkSyscall((shelf) => new ${name}(shelf), {
    *setup() {
      return new ${name}Shelf<string>();
    },
    answer: (shelf) => shelf.put("an item"), // what ends its wait
    ready: (shelf) => shelf.put("an item"), // the same, before anybody waits
    waiting: (shelf) => shelf.waiting.size, // how many wait
  });
});
`;
}
