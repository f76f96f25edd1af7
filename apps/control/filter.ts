// The language of filters, of the monitor and of the commands alike:
//
//   word  "two words"     in the name, the app or what a task waits for
//   state:Ww finding:*    one of these letters; * any
//   app:x  app=x          in the column; the column as a whole
//   cpu>5  for>10s        < <= > >= =; shares in percent, durations with a unit: ms, s, m, h (4m12s)
//   name~^client          a regular expression
//   !a    a b    a | b    not; and; or, which binds least
//
// Case does not matter but in letters. A fault is a FilterError that names its position and what was expected, and nothing
// else is ever thrown. What a filter may cost is bounded: in length, in terms, and what of a row an expression looks at.

import { columnOf, isTaskColumn, waitingText } from "./columns.ts";
import { comparisonOf, waysText } from "./comparison.ts";
import type { TaskRow } from "./records.ts";
import { taskColumns } from "./records.ts";

export const maxFilterLength = 1_024;
/** Words and conditions of one filter. */
const maxTerms = 64;
/** Regular expressions of one filter: each may take a while. */
const maxExpressions = 4;

/** What is wrong with a filter, and where. */
export class FilterError extends Error {
  /** Of the first character that is wrong, from 1. */
  readonly position: number;

  constructor(position: number, what: string) {
    super(`position ${position}: ${what}`);
    this.position = position;
  }
}
FilterError.prototype.name = "FilterError";

export interface Filter {
  /** True when it lets everything through. */
  readonly isEmpty: boolean;
  /** Columns that it names and not every task has: those that a wait may declare. Nobody else knows whether one does. */
  readonly declared: readonly { readonly name: string; readonly position: number }[];
  /** Reads no more of a row than it must. */
  matches(row: TaskRow): boolean;
}

type Condition = (row: TaskRow) => boolean;

/**
 * Reads a filter.
 *
 * ```ts
 * const filter = parseFilter("state:Ww for>10s | !app:echo");
 * rows.filter((row) => filter.matches(row));
 * ```
 * @throws FilterError
 */
export function parseFilter(text: string): Filter {
  return new Parser(text).filter();
}

/** For a declared column of a name that no wait declares. */
export function unknownColumn(name: string, position: number): FilterError {
  const known = taskColumns.join(", ");
  return new FilterError(
    position,
    `there is no column ${name}: there are ${known}; a word with ${name} in it needs quotes`,
  );
}

class Parser {
  readonly #text: string;
  #at = 0;
  #terms = 0;
  #expressions = 0;
  readonly #declared: { name: string; position: number }[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  filter(): Filter {
    if (this.#text.length > maxFilterLength) {
      throw new FilterError(maxFilterLength + 1, `a filter has at most ${maxFilterLength} characters`);
    }
    this.#skipSpace();
    if (this.#isOver) return { isEmpty: true, declared: [], matches: () => true };
    const ways = [this.#all()];
    while (this.#take("|")) ways.push(this.#all());
    return {
      isEmpty: false,
      declared: this.#declared,
      matches: (row) => ways.some((terms) => terms.every((term) => term(row))),
    };
  }

  /** Terms up to the end or the next "|"; at least one. */
  #all(): Condition[] {
    const terms: Condition[] = [];
    for (this.#skipSpace(); !this.#isOver && this.#next !== "|"; this.#skipSpace()) terms.push(this.#term());
    if (terms.length === 0) throw this.#expected("a word or a condition");
    return terms;
  }

  #term(): Condition {
    if (++this.#terms > maxTerms) throw this.#error(`a filter has at most ${maxTerms} words and conditions`);
    let isNegated = false;
    while (this.#take("!")) isNegated = !isNegated;
    const condition = this.#next === '"' ? wordIn(this.#quoted()) : this.#condition();
    return isNegated ? (row) => !condition(row) : condition;
  }

  #condition(): Condition {
    const from = this.#at;
    const [head, written = "", operator = ""] = conditionHead.exec(this.#text.slice(from)) ?? [];
    if (head === undefined) return wordIn(this.#bare("a word or a condition"));
    this.#at += head.length;
    const lower = written.toLowerCase();
    const name = isTaskColumn(lower) ? lower : written; // a wait may declare a column in any case
    const { kind, read } = columnOf(name);
    const isDeclared = !isTaskColumn(name);
    if (isDeclared) this.#declared.push({ name, position: from + 1 });
    const compared = comparisonOf(kind, operator, isDeclared);
    if (compared === undefined) throw new FilterError(from + written.length + 1, waysText(name, kind));
    if (operator === "~" && ++this.#expressions > maxExpressions) {
      throw new FilterError(from + 1, `a filter has at most ${maxExpressions} regular expressions`);
    }
    const position = this.#at + 1;
    const isSo = compared(this.#value(name, operator), operator);
    if (typeof isSo === "string") throw new FilterError(position, `${name}: ${isSo}`);
    return (row) => isSo(read(row));
  }

  #value(name: string, operator: string): string {
    const value = this.#next === '"' ? this.#quoted() : this.#bare(`what ${name}${operator} is to be compared with`);
    if (value === "") throw this.#expected(`what ${name}${operator} is to be compared with`);
    return value;
  }

  /** Up to a space or "|". */
  #bare(wanted: string): string {
    const from = this.#at;
    while (!this.#isOver && this.#next !== "|" && !/\s/.test(this.#next)) this.#at++;
    if (this.#at === from) throw this.#expected(wanted);
    return this.#text.slice(from, this.#at);
  }

  /** In quotes; \" is a quote. */
  #quoted(): string {
    const from = this.#at++;
    let value = "";
    while (this.#next !== '"') {
      if (this.#isOver) throw new FilterError(from + 1, 'this quote is not closed: expected another "');
      if (this.#text.startsWith('\\"', this.#at)) this.#at++;
      value += this.#next;
      this.#at++;
    }
    this.#at++;
    return value;
  }

  #take(character: string): boolean {
    if (this.#next !== character) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    while (!this.#isOver && /\s/.test(this.#next)) this.#at++;
  }

  get #next(): string {
    return this.#text[this.#at] ?? "";
  }

  get #isOver(): boolean {
    return this.#at >= this.#text.length;
  }

  #expected(what: string): FilterError {
    const found = this.#isOver ? "the end" : this.#next;
    return this.#error(`expected ${what}, found ${found}`);
  }

  #error(what: string): FilterError {
    return new FilterError(this.#at + 1, what);
  }
}

// A name and an operator. An address such as 10.0.0.1:80 begins with no letter, and is a word.
const conditionHead = /^([a-z][\w./-]*)(:|>=|<=|>|<|=|~)/i;

function wordIn(word: string): Condition {
  const wanted = word.toLowerCase();
  const isIn = (text: string): boolean => text.toLowerCase().includes(wanted);
  // Its two parts have a space between them: without one in the word they need not be put together.
  const isWaitedFor = wanted.includes(" ")
    ? (row: TaskRow): boolean => isIn(waitingText(row))
    : (row: TaskRow): boolean => isIn(row.verb) || isIn(row.object);
  return (row) => isIn(row.name) || isIn(row.app) || isWaitedFor(row);
}
