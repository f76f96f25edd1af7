// A line of the shell as words, quoted as in any shell: "…", '…' and \. Nothing is ever evaluated: there are no variables, no
// pipes, no redirections and no patterns, and what would be one elsewhere is refused rather than taken for a word.

import { printable } from "../../../kernel/text.ts";
import { UsageError } from "../../lib/usage.ts";

/** A line that was read. */
export interface Line {
  readonly words: readonly string[];
  /** It ended in "&": not waited for. */
  readonly isBackground: boolean;
}

/** Longer lines are refused, characters. */
const maxLine = 65_536;

/** Why a character outside quotes is no part of a word. */
const refusals: Readonly<Record<string, string>> = {
  "|": "there are no pipes: quote it, or use your own shell (yieldix ps | …)",
  ";": "one command a line: quote it, or give two lines",
  "<": "there are no redirections: quote it",
  ">": "there are no redirections: quote it, or use strace -o",
  $: "there are no variables: quote it with '…' to mean the sign itself",
  "`": "there are no substitutions: quote it with '…'",
  "(": "there are no subshells: quote it",
  ")": "there are no subshells: quote it",
};

/**
 * Reads a line. What follows a "#" at the beginning of a word is a comment.
 * @throws UsageError for a quote that is not closed, and for what this shell does not have
 *
 * ```ts
 * readWords("echo.ts --name 'two words' &"); // { words: ["echo.ts", "--name", "two words"], isBackground: true }
 * ```
 */
export function readWords(line: string): Line {
  if (line.length > maxLine) throw new UsageError(`a line of ${line.length} characters: at most ${maxLine}`);
  return new Scanner(line).read();
}

class Scanner {
  readonly #line: string;
  readonly #words: string[] = [];
  /** The word under way; undefined between two. */
  #word: string | undefined = undefined;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
  }

  read(): Line {
    for (; this.#at < this.#line.length; this.#at++) {
      const character = this.#line.charAt(this.#at);
      if (/\s/.test(character)) this.#endWord();
      else if (character === "#" && this.#word === undefined) break;
      else if (character === "&") return this.#background();
      else this.#part(character);
    }
    this.#endWord();
    return { words: this.#words, isBackground: false };
  }

  #part(character: string): void {
    const refusal = Object.hasOwn(refusals, character) ? refusals[character] : undefined;
    if (refusal !== undefined) throw new UsageError(`${character} at ${this.#at + 1}: ${refusal}`);
    if (character === "'" || character === '"') this.#quoted(character);
    else this.#add(character === "\\" ? this.#escaped() : character);
  }

  #quoted(quote: string): void {
    const start = this.#at;
    this.#add("");
    for (this.#at++; this.#at < this.#line.length; this.#at++) {
      const character = this.#line.charAt(this.#at);
      if (character === quote) return;
      const next = this.#line.charAt(this.#at + 1);
      const isEscape = quote === '"' && character === "\\" && /["\\$`]/.test(next);
      if (isEscape) this.#at++;
      this.#add(isEscape ? next : character);
    }
    const rest = printable(this.#line.slice(start), 32);
    throw new UsageError(`the quote at ${start + 1} is not closed: ${rest} needs another ${quote}`);
  }

  #escaped(): string {
    if (++this.#at < this.#line.length) return this.#line.charAt(this.#at);
    throw new UsageError("a line ends in \\: there are no lines of several lines, quote it to mean the sign itself");
  }

  #background(): Line {
    this.#endWord();
    const rest = this.#line.slice(this.#at + 1).trim();
    if (rest !== "" && !rest.startsWith("#")) {
      throw new UsageError(`& at ${this.#at + 1}: it is the last of a line: quote it, or give two lines`);
    }
    if (this.#words.length === 0) throw new UsageError("& alone: give an app before it");
    return { words: this.#words, isBackground: true };
  }

  #add(text: string): void {
    this.#word = (this.#word ?? "") + text;
  }

  #endWord(): void {
    if (this.#word !== undefined) this.#words.push(this.#word);
    this.#word = undefined;
  }
}
