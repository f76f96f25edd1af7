// What a docstring says, as far as a line of a table has room: its first sentence, the errors of its @throws, and which of
// its parameters are not for users.

/** A docstring, taken apart. */
export interface Docstring {
  readonly sentence: string;
  /** Error codes and classes, "what the program throws", "as recv" (or whatever word follows an "as"). */
  readonly errors: readonly string[];
  /** Parameters that are no user's, as in `@param store for subclasses: …`. */
  readonly internal: readonly string[];
}

const tag = /(?:^|\s)@(throws|param|returns?|template|see|deprecated|internal)\b/;

/**
 * Takes a docstring apart.
 * @param comment what stands between the comment's delimiters, with the star that makes it a docstring
 */
export function readDocstring(comment: string): Docstring {
  const text = comment.replace(/^\*/, "").replace(/^[ \t]*\* ?/gm, "");
  const [before = "", ...tagged] = text.replace(/^```[\s\S]*?^```/gm, "").split(tag);
  const throws = tagged.flatMap((part, i) => (part === "throws" ? [tagged[i + 1] ?? ""] : []));
  const internal = tagged.flatMap((part, i) =>
    part === "param" ? (/^\s*(\w+) for subclasses\b/.exec(tagged[i + 1] ?? "")?.[1] ?? []) : [],
  );
  return { sentence: firstSentence(before), errors: [...new Set(throws.flatMap(errorsIn))], internal };
}

// It ends where a stop is followed by what can begin a sentence: "0.5 ms" and "e.g. this" go on.
function firstSentence(text: string): string {
  const line =
    text
      .trim()
      .split(/\n\s*\n/, 1)[0]
      ?.replace(/\s+/g, " ") ?? "";
  return /^.*?[.!?](?=\s+["'(`{[]?[A-Z0-9`]|$)/.exec(line)?.[0] ?? line;
}

// A tag ends with its paragraph.
function errorsIn(text: string): string[] {
  const line =
    text
      .trim()
      .split(/\n\s*\n/, 1)[0]
      ?.replace(/\s+/g, " ") ?? "";
  const own = /(?:^|[;,] (?:and )?)(what (?:`[^`]*`|(?! if )[^;,.()])+)/g;
  const found = [
    ...[...line.matchAll(/\b(?:E[A-Z0-9]{3,}|[A-Z][A-Za-z]*Error|Cancelled)\b/g)].map(({ 0: code }) => code),
    ...[...line.matchAll(own)].map(([, clause = ""]) => clause.trim()),
    ...[...line.matchAll(/\bas `?(\w+)/g)].map(([, name]) => `as ${name}`),
  ];
  return found;
}
