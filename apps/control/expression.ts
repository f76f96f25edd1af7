// Regular expressions out of filters. They run on the thread of the kernel that is looked at, on text that comes from
// outside, and JavaScript's engine tries every way there is: so what can take exponential time is refused, and what is
// left looks at a short text only.

const maxPattern = 128;
/** Of a text, so many characters are looked at. */
const maxText = 200;
const maxRepeats = 4;

/** What a filter's expression can be asked. */
export interface Expression {
  test(text: string): boolean;
}

/** Reads an expression; a sentence that says what is wrong with it. Case does not matter in it. */
export function expressionOf(pattern: string): Expression | string {
  if (pattern.length > maxPattern) return `an expression has at most ${maxPattern} characters`;
  const fault = costIn(pattern);
  if (fault !== "") return fault;
  try {
    const expression = new RegExp(pattern, "i");
    return { test: (text) => expression.test(text.slice(0, maxText)) };
  } catch (error) {
    return `expected a regular expression: ${reasonIn(error)}`;
  }
}

// What is no expression at all may get by: the engine says that better.
function costIn(pattern: string): string {
  const hasWays: boolean[] = [false]; // for each open group: can it match in several ways?
  let isGroupWithWays = false; // of what was read last
  let isRepeat = false; // as above
  let repeats = 0;
  for (const [token] of pattern.matchAll(tokens)) {
    const wasGroupWithWays = isGroupWithWays;
    const wasRepeat = isRepeat;
    isGroupWithWays = false;
    isRepeat = /^[*+?{]/.test(token);
    if (/^\\[1-9k]/.test(token)) return "an expression cannot refer back to a group: that could take for ever";
    if (token.startsWith("(")) hasWays.push(false);
    if (token === ")") isGroupWithWays = hasWays.pop() === true;
    if (isRepeat && wasRepeat) continue; // "*?": as few as can be
    if (isRepeat && token !== "?" && wasGroupWithWays) {
      return "a group that repeats cannot have a | or a repeat in it: that could take for ever";
    }
    if (isRepeat && ++repeats > maxRepeats) {
      return `an expression has at most ${maxRepeats} of * + ? {}: more could take for ever`;
    }
    if (isRepeat || isGroupWithWays || token === "|") hasWays[hasWays.length - 1] = true;
  }
  return "";
}

const tokens = /\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<\w+>))?|\{\d+,?\d*\}|[\s\S]/g;

function reasonIn(error: unknown): string {
  const { message } = error as Error; // the engine throws SyntaxErrors
  return message.replace(/^Invalid regular expression: \/.*\/\w*: /s, "").toLowerCase();
}
