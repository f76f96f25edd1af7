// JSON for a terminal as well as for a program.

const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A value as JSON on one line. What could act on a terminal is written as \uXXXX: it parses to the same text. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, escapedUnits);
}

function escapedUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
