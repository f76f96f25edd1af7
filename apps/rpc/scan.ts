// One linear pass over the bytes of one JSON text, before anything is made of them: a full validator of RFC 8259 that
// agrees with JSON.parse on every text within the depth limit, and refuses invalid UTF-8. On its way it notes where
// the members of a JSON-RPC envelope are, or the elements of a batch, so that `params` need not be parsed until a
// handler asks, and an id goes back as the very bytes that came in.
//
// It can stop at any byte and go on when more have come: that is how a stream without lengths is cut into texts, each
// byte looked at once however small the packets are. One scanner serves text after text and allocates for batches only.

import { malformedIndex, QUOTE, RAN_OUT, Tokens } from "./tokens.ts";
import { utf8 } from "./utf8.ts";

/** What the bytes so far are. `partial`: a text may still come of them. `deep`: nested beyond the limit. */
export type Verdict = "complete" | "partial" | "malformed" | "deep";

// Members of an envelope, by number: the arguments of `start` and `end`.
export const JSONRPC = 0;
export const ID = 1;
export const METHOD = 2;
export const PARAMS = 3;
export const RESULT = 4;
export const ERROR = 5;
const OTHER = 6;
const names: readonly string[] = ["jsonrpc", "id", "method", "params", "result", "error"];
/** An escaped character takes at most six bytes, so no longer key can spell one of the names. */
const LONGEST_KEY = 6 * 7;

// States. From IN_KEY on, a token is under way; COMMA_OR_CLOSE is between two elements or members.
const VALUE = 0;
const FIRST_ITEM = 1;
const KEY = 2;
const FIRST_KEY = 3;
const COLON = 4;
const COMMA_OR_CLOSE = 5;
const IN_KEY = 6;
const IN_STRING = 7;
const IN_NUMBER = 8;
const IN_WORD = 9;

export const OPEN_OBJECT = 0x7b;
export const OPEN_ARRAY = 0x5b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_ARRAY = 0x5d;

export class Scanner {
  /** Counted from the base: the index after the text (`complete`), or that of the byte that broke it. */
  length = 0;
  /** The first byte of the text's value: `{`, `[`, or a scalar's. */
  root = 0;
  /** Elements of an outermost array; those beyond `maxElements` are counted and not noted. */
  count = 0;
  /** Start and end of each element of an outermost array, in turn, counted from the base. The reader's to keep. */
  elements: number[] = [];
  /** Rises with each text begun, so that whoever remembers a text can tell whether this still speaks of it. */
  generation = 0;

  readonly #tokens: Tokens = new Tokens();
  readonly #spans: Int32Array = new Int32Array(2 * (OTHER + 1));
  /** Grows with the nesting it meets; small arrays are part of V8's heap and take no memory of their own. */
  #closers: Uint8Array = new Uint8Array(16);
  #maxDepth = 0;
  #maxElements = 0;
  #depth = 0;
  #state = VALUE;
  #at = 0; // where it stopped, counted from the base, as the two that follow
  #keyAt = 0;
  #valueAt = 0;
  #member = OTHER;

  /** Where a member's value starts, counted from the base; 0: there is no such member. Of two, the last. */
  start(member: number): number {
    return this.#spans[2 * member] as number; // a pair for each member
  }

  /** The index after the last byte of a member's value, counted from the base. */
  end(member: number): number {
    return this.#spans[2 * member + 1] as number; // a pair for each member
  }

  /**
   * Makes ready for a new text.
   * @param maxDepth levels of nesting; the outermost bracket is 1
   * @param maxElements how many elements of an outermost array to note
   */
  begin(maxDepth: number, maxElements: number): void {
    this.generation++;
    this.#maxDepth = maxDepth;
    this.#maxElements = maxElements;
    this.#depth = this.#at = this.length = this.root = this.count = 0;
    this.#state = VALUE;
    this.#tokens.reset();
    for (let member = 0; member < OTHER; member++) this.#spans[2 * member] = 0;
    if (this.elements.length > 0) this.elements = [];
  }

  /** Judges a text whose end is known, white space around it allowed: never `partial`. */
  whole(bytes: Uint8Array, start: number, end: number, maxDepth: number, maxElements: number): Verdict {
    this.begin(maxDepth, maxElements);
    const verdict = this.run(bytes, start, end);
    if (verdict === "partial") return this.finish();
    if (verdict !== "complete") return verdict;
    for (let at = start + this.length; at < end; at++) {
      if (!isSpace(bytes[at] as number)) return this.#stop("malformed", at - start); // in range
    }
    return "complete";
  }

  #grow(): Uint8Array {
    const grown = new Uint8Array(2 * this.#closers.length);
    grown.set(this.#closers);
    this.#closers = grown;
    return grown;
  }

  /**
   * Goes on where it stopped. After any answer but `partial`, only `begin` may follow.
   * @param base the index of the text's first byte; another than before if the bytes were moved
   * @param limit the index after the last byte that is there
   */
  run(bytes: Uint8Array, base: number, limit: number): Verdict {
    let closers = this.#closers;
    let state = this.#state;
    let depth = this.#depth;
    let at = base + this.#at;
    while (at < limit) {
      const byte = bytes[at] as number; // in range
      if (state < IN_KEY && isSpace(byte)) {
        at++;
        continue;
      }
      // A case goes on with the next byte, or breaks when a value has ended before `at`.
      switch (state) {
        case VALUE:
        case FIRST_ITEM:
          if (byte === CLOSE_ARRAY && state === FIRST_ITEM) {
            at++;
            depth--;
            break;
          }
          if (depth <= 1) this.#startValue(byte, at - base, depth);
          if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
            if (depth === this.#maxDepth) return this.#stop("deep", at - base);
            if (depth === closers.length) closers = this.#grow();
            state = byte === OPEN_OBJECT ? FIRST_KEY : FIRST_ITEM;
            closers[depth++] = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
          } else if (byte === QUOTE) state = IN_STRING;
          else if (this.#tokens.startNumber(byte)) state = IN_NUMBER;
          else if (this.#tokens.startWord(byte)) state = IN_WORD;
          else return this.#stop("malformed", at - base);
          at++;
          continue;
        case KEY:
        case FIRST_KEY:
          at++;
          if (byte === QUOTE) {
            state = IN_KEY;
            if (depth > 1) continue;
            const length = this.#startKey(bytes, at, base, limit);
            at += length;
            if (length > 0) state = COLON;
            continue;
          }
          if (byte !== CLOSE_OBJECT || state === KEY) return this.#stop("malformed", at - 1 - base);
          depth--;
          break;
        case COLON:
          if (byte !== 0x3a) return this.#stop("malformed", at - base);
          state = VALUE;
          at++;
          continue;
        case COMMA_OR_CLOSE: {
          const closer = closers[depth - 1];
          if (byte === 0x2c) state = closer === CLOSE_OBJECT ? KEY : VALUE;
          else if (byte !== closer) return this.#stop("malformed", at - base);
          at++;
          if (byte === 0x2c) continue;
          depth--;
          break;
        }
        default: {
          const after = this.#token(state, bytes, at, limit);
          if (after === RAN_OUT) {
            at = limit;
            continue;
          }
          if (after < 0) return this.#stop("malformed", malformedIndex(after) - base);
          at = after;
          if (state !== IN_KEY) break;
          if (depth === 1) this.#endKey(bytes, base, at);
          state = COLON;
          continue;
        }
      }
      state = COMMA_OR_CLOSE;
      if (depth <= 1 && this.#endValue(at - base, depth)) return "complete";
    }
    this.#state = state;
    this.#depth = depth;
    this.#at = limit - base;
    return "partial";
  }

  /** No more bytes come. Only a bare number, which nothing else ends, is complete by that. */
  finish(): Verdict {
    const number = this.#depth === 0 && this.#state === IN_NUMBER && this.#tokens.isNumber;
    return this.#stop(number ? "complete" : "malformed", this.#at);
  }

  #stop(verdict: Verdict, length: number): Verdict {
    this.length = length;
    return verdict;
  }

  #token(state: number, bytes: Uint8Array, at: number, limit: number): number {
    if (state <= IN_STRING) return this.#tokens.string(bytes, at, limit);
    return state === IN_NUMBER ? this.#tokens.number(bytes, at, limit) : this.#tokens.word(bytes, at, limit);
  }

  /** A value that is the text, a member of it or an element of it starts at `offset`. */
  #startValue(byte: number, offset: number, depth: number): void {
    if (depth === 1) this.#valueAt = offset;
    else this.root = byte;
  }

  /** Such a value ends before `offset`: true if it is the text. */
  #endValue(offset: number, depth: number): boolean {
    if (depth === 0) {
      this.length = offset;
      return true;
    }
    if (this.root === OPEN_OBJECT) {
      this.#spans[2 * this.#member] = this.#valueAt;
      this.#spans[2 * this.#member + 1] = offset;
    } else if (this.count++ < this.#maxElements) this.elements.push(this.#valueAt, offset);
    return false;
  }

  /** An outermost key starts at the index `at`. One that is plain to see is done with: returns its bytes, else 0. */
  #startKey(bytes: Uint8Array, at: number, base: number, limit: number): number {
    this.#keyAt = at - base;
    this.#member = memberAt(bytes, at, limit);
    return this.#member === OTHER ? 0 : (names[this.#member] as string).length + 1; // a name for each member
  }

  /** An outermost key, its closing quote included, ends before the index `end`. */
  #endKey(bytes: Uint8Array, base: number, end: number): void {
    const start = base + this.#keyAt;
    this.#member = memberAt(bytes, start, end);
    if (this.#member === OTHER) this.#member = escapedMember(bytes, start, end);
  }
}

/** The four bytes that may stand between tokens. */
export function isSpace(byte: number): boolean {
  return byte <= 0x20 && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

/** Which member's name, with a quote behind it, starts at `at`. */
function memberAt(bytes: Uint8Array, at: number, limit: number): number {
  const member = memberByInitial(bytes[at]);
  if (member === OTHER) return OTHER;
  const name = names[member] as string; // a name for each member
  if (at + name.length >= limit || bytes[at + name.length] !== QUOTE) return OTHER;
  for (let offset = 1; offset < name.length; offset++) {
    if (bytes[at + offset] !== name.charCodeAt(offset)) return OTHER;
  }
  return member;
}

function memberByInitial(byte: number | undefined): number {
  switch (byte) {
    case 0x6a:
      return JSONRPC;
    case 0x69:
      return ID;
    case 0x6d:
      return METHOD;
    case 0x70:
      return PARAMS;
    case 0x72:
      return RESULT;
    case 0x65:
      return ERROR;
    default:
      return OTHER;
  }
}

/** Which member's name a key spells with the help of escapes: "\u0069d" is "id" to every parser. */
function escapedMember(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > LONGEST_KEY + 1) return OTHER;
  let at = start;
  while (at < end && bytes[at] !== 0x5c) at++;
  if (at === end) return OTHER;
  const member = names.indexOf(JSON.parse(utf8(bytes, start - 1, end)));
  return member < 0 ? OTHER : member;
}
