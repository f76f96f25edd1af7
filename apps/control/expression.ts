// Regular expressions out of filters. They run on the thread of the kernel that is looked at, on text that comes from
// outside, and JavaScript's engine tries every way there is. So how many ways there can be is counted before, and an
// expression with too many is refused; what is left looks at a short text only.

const maxPattern = 128;
/** Of a text, so many characters are looked at. */
const maxText = 128;
/** Ways to match such a text that an expression may have: each may take some tens of ns. */
const maxWays = 400_000;

/** What a filter's expression can be asked. */
export interface Expression {
  test(text: string): boolean;
}

/** Reads an expression; a sentence that says what is wrong with it. Case does not matter in it. */
export function expressionOf(pattern: string): Expression | string {
  if (pattern.length > maxPattern) return `an expression has at most ${maxPattern} characters`;
  const fault = faultIn(pattern);
  if (fault !== "") return fault;
  try {
    const expression = new RegExp(pattern, "i");
    return { test: (text) => expression.test(text.slice(0, maxText)) };
  } catch (error) {
    return `expected a regular expression: ${reasonIn(error)}`;
  }
}

// What is no expression at all may get by: the engine says that better.
function faultIn(pattern: string): string {
  const ways = new Ways(pattern.startsWith("^") && !pattern.includes("|"));
  for (const [token] of pattern.matchAll(tokens)) {
    const fault = ways.read(token);
    if (fault !== "") return fault;
  }
  return ways.count > maxWays
    ? "there are too many ways to match it, it has too many of * + ? {} |: make it simpler"
    : "";
}

const tokens = /\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<\w+>))?|\{\d+(?:,\d*)?\}|[\s\S]/g;

/** Counts the ways to match a text: at each place one for each alternative, and one for each length of what repeats. */
class Ways {
  /** Of alternatives and of repeats with an end. */
  #choices = 1;
  /** What can begin or end anywhere: the expression itself, unless it is held to the start, and each repeat without an end. */
  #anywhere: number;
  /** For each open group: can it match in several ways? */
  readonly #groups: boolean[] = [false];
  /** Of what was read last: is it such a group, is it a repeat? */
  #isLoose = false;
  #isRepeat = false;

  constructor(isAnchored: boolean) {
    this.#anywhere = isAnchored ? 0 : 1;
  }

  /** Places in order: n of them are as good as n! others. */
  get count(): number {
    let count = this.#choices;
    for (let place = 1; place <= this.#anywhere; place++) count *= maxText / place;
    return count;
  }

  /** Reads on. A sentence for what can be in no expression, else "". */
  read(token: string): string {
    const [wasLoose, wasRepeat] = [this.#isLoose, this.#isRepeat];
    this.#isLoose = false;
    this.#isRepeat = /^(?:[*+?]|\{\d)/.test(token);
    if (/^\\[1-9k]/.test(token)) return "an expression cannot refer back to a group: that could take for ever";
    if (token.startsWith("(")) this.#groups.push(false);
    if (token === ")") this.#isLoose = this.#groups.pop() === true;
    if (this.#isRepeat && wasRepeat) return ""; // "*?": as few as can be
    if (this.#isRepeat && token !== "?" && wasLoose) {
      return "a group that repeats cannot have a | or a repeat in it: that could take for ever";
    }
    if (this.#isRepeat) this.#repeat(token);
    if (token === "|") this.#choices *= 2;
    if (this.#isRepeat || this.#isLoose || token === "|") this.#groups[this.#groups.length - 1] = true;
    return "";
  }

  #repeat(token: string): void {
    const [, least = "", , most = least] = /^\{(\d+)(,(\d*))?\}$/.exec(token) ?? [];
    if (token === "?")
      this.#choices *= 3; // two, and the engine is slow at them
    else if (most === "") this.#anywhere++;
    else this.#choices *= Math.max(1, Number(most) - Number(least) + 2);
  }
}

function reasonIn(error: unknown): string {
  const { message } = error as Error; // the engine throws SyntaxErrors
  return message.replace(/^Invalid regular expression: \/.*\/\w*: /s, "").toLowerCase();
}
