// The tokens of JSON: strings, numbers and the three words, byte by byte. Each method goes on where it stopped when
// the bytes ran out, whatever the place: inside an escape, a UTF-8 sequence, a number. The grammar is RFC 8259's, as
// JSON.parse has it; UTF-8 is RFC 3629's (no overlong form, no surrogate, nothing past U+10FFFF).

export const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What a token method answers when the bytes ran out before the token's end. */
export const RAN_OUT = -1;

// What a byte is inside a string.
const PLAIN = 1; // stands for itself
const HEX = 2;
const ESCAPABLE = 4; // may follow a backslash (`u` aside, which owes four hex digits)

const classes: Uint8Array = new Uint8Array(256).map((_, byte) => {
  const text = String.fromCharCode(byte);
  const plain = byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH;
  return (plain ? PLAIN : 0) | (/[0-9a-fA-F]/.test(text) ? HEX : 0) | (/["\\/bfnrt]/.test(text) ? ESCAPABLE : 0);
});

// What a string still owes before it can go on plainly.
const NOTHING = 0;
const ESCAPE = 1; // the byte after a backslash
const HEX_DIGITS = 2; // the rest of \uXXXX
const TAIL = 3; // the rest of a UTF-8 sequence

// Numbers: minus? (zero | digit+) (dot digit+)? (e sign? digit+)?. A row for each part, a column for each kind of byte:
// zero, other digit, dot, e, sign, anything else. An entry is the part that follows.
const [MINUS, ZERO, INTEGER, DOT, FRACTION, E, SIGN, EXPONENT, END, BAD] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const; // literals
const COLUMNS = 6;
const numberTable: Uint8Array = Uint8Array.from([
  ...[ZERO, INTEGER, BAD, BAD, BAD, BAD], // after MINUS
  ...[BAD, BAD, DOT, E, END, END], // after ZERO
  ...[INTEGER, INTEGER, DOT, E, END, END], // after INTEGER
  ...[FRACTION, FRACTION, BAD, BAD, BAD, BAD], // after DOT
  ...[FRACTION, FRACTION, END, E, END, END], // after FRACTION
  ...[EXPONENT, EXPONENT, BAD, BAD, SIGN, BAD], // after E
  ...[EXPONENT, EXPONENT, BAD, BAD, BAD, BAD], // after SIGN
  ...[EXPONENT, EXPONENT, END, END, END, END], // after EXPONENT
]);
const numberColumns: Uint8Array = new Uint8Array(256).map((_, byte) => {
  const column = ["0", "123456789", ".", "eE", "+-"].findIndex((kind) => kind.includes(String.fromCharCode(byte)));
  return column < 0 ? COLUMNS - 1 : column;
});

/**
 * The token under way. `string`, `number` and `word` return the index after the token, or RAN_OUT, or what
 * `malformedIndex` turns into the index of the byte that no such token can have there.
 */
export class Tokens {
  #owed = NOTHING;
  #more = 0;
  #low = 0x80;
  #high = 0xbf;
  #part: number = MINUS;
  #word = "";
  #matched = 0;

  /** True if the number so far could end here. */
  get isNumber(): boolean {
    return this.#part === ZERO || this.#part === INTEGER || this.#part === FRACTION || this.#part === EXPONENT;
  }

  /** To be called before a text: one that broke off may still have owed something. */
  reset(): void {
    this.#owed = NOTHING;
  }

  /** False if no number starts with this byte. */
  startNumber(byte: number): boolean {
    if (byte === 0x2d) this.#part = MINUS;
    else if (byte === 0x30) this.#part = ZERO;
    else if (byte > 0x30 && byte <= 0x39) this.#part = INTEGER;
    else return false;
    return true;
  }

  /** False if no word starts with this byte. */
  startWord(byte: number): boolean {
    if (byte === 0x74) this.#word = "true";
    else if (byte === 0x66) this.#word = "false";
    else if (byte === 0x6e) this.#word = "null";
    else return false;
    this.#matched = 1;
    return true;
  }

  string(bytes: Uint8Array, from: number, limit: number): number {
    let at = this.#owed === NOTHING ? from : this.#settle(bytes, from, limit);
    while (at >= 0) {
      while (at < limit && (classes[bytes[at] as number] as number) & PLAIN) at++; // in range; a class for each byte
      if (at === limit) return RAN_OUT;
      const byte = bytes[at] as number; // in range
      if (byte === QUOTE) return at + 1;
      if (!this.#owe(byte)) return malformed(at);
      at = this.#settle(bytes, at + 1, limit);
    }
    return at;
  }

  number(bytes: Uint8Array, from: number, limit: number): number {
    let part = this.#part;
    for (let at = from; at < limit; at++) {
      const column = numberColumns[bytes[at] as number] as number; // in range; one column for each byte
      const next = numberTable[part * COLUMNS + column] as number; // a row for each part
      if (next >= END) return next === END ? at : malformed(at);
      part = next;
    }
    this.#part = part;
    return RAN_OUT;
  }

  word(bytes: Uint8Array, from: number, limit: number): number {
    for (let at = from; at < limit; at++) {
      if (bytes[at] !== this.#word.charCodeAt(this.#matched)) return malformed(at);
      if (++this.#matched === this.#word.length) return at + 1;
    }
    return RAN_OUT;
  }

  /** Notes what must follow a byte that is not plain; false if it may not stand in a string. */
  #owe(byte: number): boolean {
    if (byte === BACKSLASH) {
      this.#owed = ESCAPE;
      this.#more = 1;
      return true;
    }
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.#owed = TAIL;
    this.#more = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.#low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    this.#high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    return true;
  }

  /** Takes what is owed; returns the index after it. */
  #settle(bytes: Uint8Array, from: number, limit: number): number {
    for (let at = from; at < limit; at++) {
      const byte = bytes[at] as number; // in range
      if (!this.#pays(byte)) return malformed(at);
      if (--this.#more > 0) continue;
      this.#owed = NOTHING;
      return at + 1;
    }
    return RAN_OUT;
  }

  #pays(byte: number): boolean {
    if (this.#owed === TAIL) {
      if (byte < this.#low || byte > this.#high) return false;
      this.#low = 0x80;
      this.#high = 0xbf;
      return true;
    }
    const kind = classes[byte] as number; // one class for each byte
    if (this.#owed === HEX_DIGITS) return (kind & HEX) !== 0;
    if (byte !== 0x75) return (kind & ESCAPABLE) !== 0;
    this.#owed = HEX_DIGITS;
    this.#more = 5; // this byte and four digits
    return true;
  }
}

function malformed(at: number): number {
  return -2 - at;
}

/** The index of the bad byte behind a token method's answer; -1 if the bytes ran out. */
export function malformedIndex(answer: number): number {
  return -2 - answer;
}
