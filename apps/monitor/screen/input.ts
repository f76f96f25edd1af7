// The bytes a terminal sends, as keys, mouse events and pasted text. A pure state machine: how the bytes are cut into
// packets makes no difference, and the time is told by whoever feeds it. What is pasted never runs as keys; replies of the
// terminal (device attributes, cursor reports, OSC, DCS), characters that no key makes and releases of keys are dropped.

import { csiKey, type Key, type Mouse, plainKey, ss3Key } from "./sequences.ts";

/** One thing that the user did. */
export type InputEvent = Key | Mouse | { readonly kind: "paste"; readonly text: string };

/** After this time without a byte what looked like the start of a sequence was a key, ms. */
export const patienceMs = 30;

const maxPasteLength = 65_536;
const maxSequenceLength = 64;
const pasteEnd = "\x1b[201~";
const escapeKey = "\x1b";
/** What is left of an arrow, a function key, when its Escape came too early to be rejoined: no hand is so fast. */
const late = /^(\[[\d;]*[A-Za-z~]|O[A-DFHP-S])/;
/** Ctrl-C gets out of everything, of a paste whose end was lost as well. */
const interrupt = "\x03";
const bell = "\x07";

/** What came is the beginning of one of these. */
type State =
  | { readonly kind: "ground" }
  | { readonly kind: "escape" }
  | { readonly kind: "csi"; body: string }
  | { readonly kind: "ss3" }
  /** OSC, DCS and the like: dropped up to their terminator. */
  | { readonly kind: "string"; readonly opener: string; isEmpty: boolean }
  /** An Escape in one of those: of its terminator, ESC \, or the next sequence's first. */
  | { readonly kind: "ending" }
  /** The coordinates of an old mouse report, dropped. */
  | { readonly kind: "report"; left: number }
  | { readonly kind: "paste"; body: string; end: string };

const ground: State = { kind: "ground" };

/**
 * ```ts
 * const input = new Input();
 * stream.on("data", (bytes) => input.feed(bytes).forEach(act)); // and input.flush() when nothing came for patienceMs
 * ```
 */
export class Input {
  #state: State = ground;
  #events: InputEvent[] = [];
  readonly #decoder = new TextDecoder();
  /** The latest that was made of bytes is a lone Escape. */
  #wasEscape = false;

  /** True while it waits for the rest of a sequence, and `flush` would make something of what there is. */
  get isPending(): boolean {
    const state = this.#state;
    return state.kind === "string" ? state.isEmpty : state.kind !== "ground" && state.kind !== "paste";
  }

  /** The events that these bytes complete, in order. */
  feed(bytes: Uint8Array): InputEvent[] {
    const text = this.#decoder.decode(bytes, { stream: true });
    // Over a slow line its packets can be further apart than any patience. That it was Escape has been said already.
    if (this.#wasEscape && late.test(text)) this.#state = { kind: "escape" };
    this.#wasEscape = false;
    for (const character of text) this.#take(character);
    return this.#taken();
  }

  /** Nothing came for a while: a lone Escape is Escape, and the start of a sequence without its rest is dropped. */
  flush(): InputEvent[] {
    const state = this.#state;
    if (!this.isPending) return [];
    this.#state = ground;
    this.#wasEscape = state.kind === "escape";
    if (state.kind === "escape") this.#key("escape");
    else if (state.kind === "ss3") this.#key("M-O");
    else if (state.kind === "csi" && state.body === "") this.#key("M-[");
    else if (state.kind === "string") this.#key(`M-${state.opener}`);
    return this.#taken();
  }

  #taken(): InputEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #take(character: string): void {
    const state = this.#state;
    if (state.kind === "ground") this.#begin(character, "");
    else if (state.kind === "paste") this.#inPaste(state, character);
    else if (state.kind === "report") this.#inReport(state);
    else if (state.kind === "string") this.#inString(state, character);
    else if (state.kind === "ending" && character === "\\") this.#state = ground;
    else if (state.kind === "escape" || state.kind === "ending") this.#afterEscape(character);
    else if (isControl(character)) this.#begin(character, "");
    else if (state.kind === "csi") this.#inCsi(state, character);
    else this.#afterSs3(character);
  }

  #begin(character: string, meta: "" | "M-"): void {
    this.#state = character === escapeKey ? { kind: "escape" } : ground;
    if (character !== escapeKey) this.#push(plainKey(character, meta));
  }

  #afterEscape(character: string): void {
    if (character === "[") this.#state = { kind: "csi", body: "" };
    else if (character === "O") this.#state = { kind: "ss3" };
    else if ("]P_^X".includes(character)) this.#state = { kind: "string", opener: character, isEmpty: true };
    else if (character === escapeKey) this.#key("escape");
    else this.#begin(character, "M-");
  }

  #inCsi(state: { body: string }, character: string): void {
    // The Linux console's F1 to F5 are "[[A" to "[[E".
    const isFinal = character >= "@" && character <= "~" && (state.body !== "" || character !== "[");
    if (!isFinal) {
      if (state.body.length < maxSequenceLength) state.body += character;
      return;
    }
    this.#state = ground;
    if (state.body === "200" && character === "~") this.#state = { kind: "paste", body: "", end: "" };
    else if (state.body === "" && character === "M") this.#state = { kind: "report", left: 3 };
    else if (state.body.length < maxSequenceLength) this.#push(csiKey(state.body, character));
  }

  #afterSs3(character: string): void {
    this.#state = ground;
    this.#push(ss3Key(character));
  }

  #inReport(state: { left: number }): void {
    state.left--;
    if (state.left === 0) this.#state = ground;
  }

  // No terminator may ever come: a control character, Ctrl-C among them, ends it as well.
  #inString(state: { isEmpty: boolean }, character: string): void {
    state.isEmpty = false;
    if (character === bell) this.#state = ground;
    else if (character === escapeKey) this.#state = { kind: "ending" };
    else if (isControl(character)) this.#begin(character, "");
  }

  #inPaste(state: { body: string; end: string }, character: string): void {
    const end = state.end + character;
    if (character === interrupt || end === pasteEnd) {
      this.#state = ground;
      this.#push({ kind: "paste", text: state.body });
      if (character === interrupt) this.#key("C-c");
    } else if (pasteEnd.startsWith(end)) {
      state.end = end;
    } else {
      // What looked like the end was none; its last character may begin another one.
      const isNewEnd = character === escapeKey;
      if (state.body.length < maxPasteLength) state.body += isNewEnd ? state.end : end;
      state.end = isNewEnd ? character : "";
    }
  }

  #key(name: string): void {
    this.#events.push({ kind: "key", name, text: "" });
  }

  #push(event: InputEvent | undefined): void {
    if (event !== undefined) this.#events.push(event);
  }
}

function isControl(character: string): boolean {
  return character < " " || character === "\x7f";
}
