// What each sequence of a terminal means: pure functions from its parts to a key or a mouse event, undefined for what is
// neither. Keys are called as blessed calls them ("up", "f5", "C-c", "M-j", "S-tab"), a character by itself.

/** A key. */
export interface Key {
  readonly kind: "key";
  /** "up", "C-c", "M-j", "a", "A", "space" */
  readonly name: string;
  /** The character that it types; "" for none. */
  readonly text: string;
}

/** Something done with the mouse, at a cell from 0. */
export interface Mouse {
  readonly kind: "mouse";
  readonly action: "press" | "release" | "drag" | "wheelUp" | "wheelDown";
  readonly button: "left" | "middle" | "right" | "none";
  readonly column: number;
  readonly row: number;
  readonly isShifted: boolean;
  readonly isMeta: boolean;
  readonly isControl: boolean;
}

const controls: Readonly<Record<number, string>> = {
  0: "C-space",
  8: "backspace",
  9: "tab",
  13: "enter",
  27: "escape",
};

/** A character by itself, or after an Escape. What no key types is none: controls, surrogates, emoji. */
export function plainKey(character: string, meta: "" | "M-"): Key | undefined {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x7f) return key(`${meta}backspace`);
  if (code < 0x20) return key(meta + (controls[code] ?? `C-${String.fromCharCode(code + 0x40).toLowerCase()}`));
  if (code > 0xffff || /[\p{C}\p{Zl}\p{Zp}\ufffd]/u.test(character)) return undefined;
  if (meta === "") return typed(character);
  return key(meta + (character === " " ? "space" : character));
}

const byFinal: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  E: "clear",
  F: "end",
  H: "home",
  P: "f1",
  Q: "f2",
  R: "f3",
  S: "f4",
};

const byNumber: Readonly<Record<number, string>> = {
  1: "home",
  2: "insert",
  3: "delete",
  4: "end",
  5: "pageup",
  6: "pagedown",
  7: "home",
  8: "end",
  11: "f1",
  12: "f2",
  13: "f3",
  14: "f4",
  15: "f5",
  17: "f6",
  18: "f7",
  19: "f8",
  20: "f9",
  21: "f10",
  23: "f11",
  24: "f12",
};

/** `CSI body final`: a key, a mouse event (SGR mode), or a reply of the terminal, which is neither. */
export function csiKey(body: string, final: string): Key | Mouse | undefined {
  if (body.startsWith("[")) return "ABCDE".includes(final) ? key(`f${"ABCDE".indexOf(final) + 1}`) : undefined;
  if (body.startsWith("<")) return mouseOf(body.slice(1), final);
  if (!/^[\d;:]*$/.test(body)) return undefined;
  const [numbers = [], modifiers = [], last = []] = body.split(";").map((part) => part.split(":").map(Number));
  const [number = 0, [modifier = 1, event = 1]] = [numbers[0], modifiers];
  // The release of a key, where a terminal tells of it.
  if (event === 3) return undefined;
  if (final === "u") return kittyKey(number, modifier);
  if (final === "~") {
    if (number === 27) return kittyKey(last[0] ?? 0, modifier);
    return named(byNumber[number], modifier);
  }
  if (final === "Z") return key("S-tab");
  // "CSI row;column R" is the place of the cursor, and not F3 with a modifier: those begin with 1.
  if (number > 1 || (modifier < 2 && modifiers.length > 0 && final === "R")) return undefined;
  return named(byFinal[final], modifier);
}

const keypad = "0123456789";

/** `ESC O final`: cursor and function keys, and those of a numeric pad in application mode. */
export function ss3Key(final: string): Key | undefined {
  const name = byFinal[final];
  if (name !== undefined) return key(name);
  if (final === "M") return key("enter");
  if (final >= "p" && final <= "y") return typed(keypad[final.charCodeAt(0) - 0x70] ?? "");
  // In the order of ASCII: j is "*", o is "/".
  if (final >= "j" && final <= "o") return typed(String.fromCharCode(final.charCodeAt(0) - 0x40));
  return undefined;
}

const kittyNames: Readonly<Record<number, string>> = {
  9: "tab",
  13: "enter",
  27: "escape",
  32: "space",
  127: "backspace",
  57414: "enter",
};
const kittyKeypad = 57399;

// CSI code;modifiers u: keys by the number of their character, where a terminal sends them so unasked.
function kittyKey(code: number, modifier: number): Key | undefined {
  if (code >= kittyKeypad && code < kittyKeypad + 10) return typed(keypad[code - kittyKeypad] ?? "");
  const name = kittyNames[code];
  if (name !== undefined) return name === "space" && modifier <= 2 ? typed(" ") : named(name, modifier);
  if (code < 0x20 || code > 0xffff || (code >= 0xe000 && code <= 0xf8ff)) return undefined;
  const character = String.fromCharCode(code);
  const isShifted = ((modifier - 1) & 1) !== 0;
  if (modifier <= 2) return plainKey(isShifted ? character.toUpperCase() : character, "");
  return plainKey(character, "") === undefined ? undefined : named(character, modifier);
}

// Modifiers are 1 + shift 1, alt 2, control 4; a key with super, hyper or meta is another program's.
function named(name: string | undefined, modifier: number): Key | undefined {
  const bits = modifier - 1;
  if (name === undefined || !(bits >= 0 && bits <= 7)) return undefined;
  return key(`${bits & 4 ? "C-" : ""}${bits & 2 ? "M-" : ""}${bits & 1 ? "S-" : ""}${name}`);
}

const buttons = ["left", "middle", "right", "none"] as const;

// "button;column;row", in SGR mode: M is a press, m a release. 4, 8 and 16 are shift, meta and control, 32 is motion.
function mouseOf(body: string, final: string): Mouse | undefined {
  const parts = /^(\d{1,3});(\d{1,5});(\d{1,5})$/.exec(body);
  if (parts === null || (final !== "M" && final !== "m")) return undefined;
  const [bits = 0, column = 1, row = 1] = parts.slice(1).map(Number);
  if (column < 1 || row < 1 || bits >= 128 || (bits & 64 && (bits & 3) > 1)) return undefined;
  return {
    kind: "mouse",
    action: actionOf(bits, final),
    button: bits & 64 ? "none" : (buttons[bits & 3] ?? "none"),
    column: column - 1,
    row: row - 1,
    isShifted: (bits & 4) !== 0,
    isMeta: (bits & 8) !== 0,
    isControl: (bits & 16) !== 0,
  };
}

function actionOf(bits: number, final: string): Mouse["action"] {
  if (bits & 64) return bits & 1 ? "wheelDown" : "wheelUp";
  if (final === "m") return "release";
  return bits & 32 ? "drag" : "press";
}

function key(name: string): Key {
  return { kind: "key", name, text: "" };
}

function typed(character: string): Key {
  return { kind: "key", name: character === " " ? "space" : character, text: character };
}
