// Text that is safe to show. Names, reasons, peers and errors come from outside; a control byte in one can move a
// terminal's cursor, a bidirectional override can reverse a line. `util.stripVTControlCharacters` leaves both in.

// C0 and C1 controls, the soft hyphen, bidirectional marks, zero-width and line-separating characters, the byte
// order mark, lone surrogates: all of Unicode's categories Cc, Cf, Cs, Zl, Zp.
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const unsafeButLines = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** One line: whatever could act on a terminal is shown as \u{hex}; longer texts end in "…". */
export function printable(text: string, maxCodePoints = 1024): string {
  return truncated(text, maxCodePoints).replace(unsafe, escaped);
}

/** As `printable`, for texts of several lines such as stacks. */
export function printableLines(text: string, maxCodePoints = 16_384): string {
  return truncated(text, maxCodePoints).replace(unsafeButLines, escaped);
}

/** At most `max` code points; what is cut is shown by "…". */
export function truncated(text: string, max: number): string {
  if (text.length <= max) return text;
  const points = Array.from(text.slice(0, 2 * max + 2));
  return points.length <= max ? text.slice(0, 2 * max + 2) : `${points.slice(0, max - 1).join("")}…`;
}

/** Whether it has more than `max` code points; of a long one not all are counted. */
export function isLonger(text: string, max: number): boolean {
  if (text.length <= max) return false;
  return text.length > 2 * max || Array.from(text).length > max;
}

/** A thrown value as text, whatever it is. */
export function shown(value: unknown): string {
  try {
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  } catch {
    return "an object that cannot be shown";
  }
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
