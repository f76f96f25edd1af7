// The tables of the documents say what the sources say: read here from planted sources. That the shipped documents are
// current is checked by `npm run check`.

import { describe, expect, test } from "vitest";
import { Modules } from "./modules.ts";
import { withTable } from "./table.ts";
import { type Row, readVocabulary, type Vocabulary } from "./vocabulary.ts";

function vocabularyOf(files: Readonly<Record<string, string>>): Vocabulary {
  const modules = new Modules((path) => {
    const text = files[path];
    if (text === undefined) throw new Error(`nobody should read ${path}`);
    return text;
  });
  return readVocabulary(modules, "index.ts");
}

function rowsOf(text: string, index = 'export * from "./a.ts";'): readonly Row[] {
  const { rows, faults } = vocabularyOf({ "index.ts": index, "a.ts": text });
  expect(faults).toEqual([]);
  return rows;
}

const calls = (rows: readonly Row[]): string[] => rows.map(({ call, answer }) => `${call}: ${answer}`);

describe("a row says", () => {
  test("how a syscall is called, its answer, the first sentence, the errors and the family", () => {
    const rows = rowsOf(`
      import { Syscall } from "yieldix/kernel";
      /**
       * Waits 0.5 ms, e.g. for
       * rain. Then nothing.
       * @param ms how long
       * @throws EINVAL for less, E2BIG for more; TypeError for what is no number; what the sky throws; what \`return()\` throws (if it does); as Rain, as ever
       *
       * Not this. @see EPERM
       */
      export class Wet<T> extends Syscall<Map<T, string | undefined>> {
        /** @throws EBUSY too */
        constructor(ms: number, { deep }: Options = {}, why = "", ...more: string[]) { super(); }
        get family(): string { return "sky"; }
      }`);
    expect(rows).toEqual([
      {
        call: "yield* new Wet(ms, options?, why?, ...more)",
        answer: "Map<T, string | undefined>",
        what: "Waits 0.5 ms, e.g. for rain.",
        errors: ["EINVAL", "E2BIG", "TypeError", "what the sky throws", "what `return()` throws", "as Rain", "EBUSY"],
        family: "sky",
      },
    ]);
  });

  test("what a user gives to a constructor, and not what a subclass does", () => {
    const rows = rowsOf(`
      /** B. */
      export class Box {
        /**
         * @param size how large, for subclasses too
         * @param kind for subclasses: what it is called
         */
        constructor(size: number, kind = "box") {}
      }`);
    expect(calls(rows)).toEqual(["new Box(size): Box"]);
  });

  test("the family of a call that names one", () => {
    const rows = rowsOf(`
      /** G. */ export class Gather extends Call<void> { override get family(): string { return "task"; } }
      /** W. */ export class Within extends Call<void> {}`);
    expect(rows.map(({ family }) => family)).toEqual(["task", ""]);
  });

  test("what a class has of its own, and of a base class that is not exported", () => {
    const { rows } = vocabularyOf({
      "index.ts": 'export { Middle, Top } from "./a.ts";',
      "a.ts": `
        class Bottom { /** B. */ below(): Sleep { return s; } }
        /** M. */ export class Middle extends Bottom { /** M. */ mid(): Sleep { return s; } }
        /** T. */ export class Top extends Middle { /** T. */ up(): Sleep { return s; } }
        class Sleep extends Syscall<void> {}`,
    });
    const methods = rows.map(({ call }) => call).filter((call) => call.startsWith("yield*"));
    expect(methods).toEqual(["yield* middle.mid()", "yield* middle.below()", "yield* top.up()"]);
  });

  test("the answer, the parameters and the family that come from base classes, in other files too", () => {
    const { rows } = vocabularyOf({
      "index.ts": 'export { Late } from "./sub/late.ts";',
      "sub/late.ts": `
        import { Base as Below } from "../base.ts";
        /** Late. */
        export class Late<V> extends Below<V[], V> {}
        `,
      "base.ts": `
        export abstract class Base<A, B = void> extends Syscall<{ all: A; one: B }> {
          constructor(a: A) { super(); }
          override get family(): string { return "task"; }
        }`,
    });
    expect(rows).toMatchObject([{ call: "yield* new Late(a)", answer: "{ all: V[]; one: V }", family: "task" }]);
  });

  test("what a routine, a function and an object are called with", () => {
    const rows = rowsOf(`
      /** R. */ export const recv: Routine<[from: Socket, max?: number, ...rest: string[]], Uint8Array> = routine(f);
      /** A. */ export const again: typeof recv = recv;
      /** G. */ export const generic: <T>(all: readonly T[]) => Call<T> = g;
      /** N. */ export const bound: number = 7;
      /** F. */ export function deliver(to: Tid, by = 0): boolean { return true; }
      /** O. */ export function over(a: string): Sleep<string>;
      export function over(a: unknown): Sleep<unknown> { return new Sleep(); }
      class Sleep<T> extends Syscall<T> {}
      /** L. */ export class Lock<T> {
        /** Waits. */ acquire(): Sleep<T> {}
        /** Gives. */ release(item: T): void {}
        /** For Sleep: joins it. */ join(): void {}
        /** @throws EINVAL */ silent(): void {}
        quiet(): void {}
        #own(): void {}
        /** P. */ private hidden(): void {}
        /** R. */ readonly next: Routine<[], T> = f;
      }`);
    expect(calls(rows)).toEqual([
      "yield* recv(from, max?, ...rest): Uint8Array",
      "yield* again(from, max?, ...rest): Uint8Array",
      "yield* generic(all): T",
      "bound: number",
      "deliver(to, by?): boolean",
      "yield* over(a): string",
      "new Lock(): Lock",
      "yield* lock.acquire(): T",
      "lock.release(item): void",
      "yield* lock.next(): T",
    ]);
  });

  test("the methods of an interface whose calls are yielded; no row for other types, nor for error classes", () => {
    const rows = rowsOf(`
      /** M. */ export interface Members { /** S. */ start<T>(program: Runnable<T>): Syscall<Tid<T>>; size: number }
      /** T. */ export type Name = string;
      /** O. */ export interface Options { /** D. */ describe(): string }
      /** E. */ export class LateError extends Error {}`);
    expect(calls(rows)).toEqual(["yield* members.start(program): Tid<T>"]);
  });

  test("the methods alone of a class that is exported as a type", () => {
    const text = "/** M. */ export class Members { constructor(roster: Roster) {} /** S. */ start(): Call<number> {} }";
    expect(calls(rowsOf(text, 'export { type Members } from "./a.ts";'))).toEqual(["yield* members.start(): number"]);
    expect(calls(rowsOf(text, 'export type { Members } from "./a.ts";'))).toEqual(["yield* members.start(): number"]);
  });

  test("what is found in the order of the index", () => {
    const text = "/** A. */ export const a: number = 1; /** B. */ export const b: number = 2;";
    expect(calls(rowsOf(text, 'export { b, a } from "./a.ts";'))).toEqual(["b: number", "a: number"]);
  });
});

describe("a docstring that is missing is a fault that names", () => {
  test("what is exported, a type too; not what is only declared", () => {
    const { faults } = vocabularyOf({
      "index.ts": 'export { A, type B } from "./a.ts";',
      "a.ts": "// no docstring\nexport class A extends Syscall<void> {}\nexport interface B {}\nexport class C {}",
    });
    expect(faults).toEqual(["a.ts: A has no docstring", "a.ts: B has no docstring"]);
  });

  test("a method whose call is yielded", () => {
    const text = "/** L. */ export class Lock { acquire(): Call<void> {} release(): void {} }";
    expect(vocabularyOf({ "index.ts": text }).faults).toEqual(["index.ts: Lock.acquire has no docstring"]);
  });

  test("and an export of nothing is an error", () => {
    expect(() => vocabularyOf({ "index.ts": 'export { A } from "./a.ts";', "a.ts": "" })).toThrow("a.ts: exports A");
    expect(() => vocabularyOf({ "index.ts": "export class {" })).toThrow(SyntaxError);
  });
});

describe("a document", () => {
  const place = "<!-- docs: made from the docstrings by `npm run docs`; change them, not this -->\nold\n<!-- /docs -->";
  const row: Row = { call: "a()", answer: "x | y", what: "Does\nit.", errors: ["EPERM", "as b"], family: "" };

  test("gets its table between the two comments, and is the same the second time", () => {
    const once = withTable(`before\n${place}\nafter`, [row]);
    expect(once).toMatch(/^before\n<!-- docs[^\n]*\n\n\| call [\s\S]*\n\n<!-- \/docs -->\nafter$/);
    expect(once).toContain("| `a()` | `x \\| y` | Does it. | EPERM, as b | |\n");
    expect(once).not.toContain("old");
    expect(withTable(once, [row])).toBe(once);
    expect(withTable(once, [])).not.toBe(once);
  });

  test("without a place for it is an error", () => {
    expect(() => withTable("# text", [row])).toThrow("there is no place for a table");
  });
});
