// What others print while a screen is up: it would smear it, so it is held back, and written when the screen has gone.

/** The part of a stream that is held. */
export interface Writing {
  write: (text: string | Uint8Array, ...rest: never[]) => boolean;
}

const maxLength = 65_536;

/** Holds what is written to some streams, from its making until `release`. */
export class HeldOutput {
  readonly #held: { readonly stream: Writing; readonly write: Writing["write"]; text: string }[];

  constructor(streams: readonly Writing[]) {
    this.#held = streams.map((stream) => ({ stream, write: stream.write, text: "" }));
    for (const each of this.#held) {
      each.stream.write = (text, ...rest) => {
        if (each.text.length < maxLength) each.text += typeof text === "string" ? text : new TextDecoder().decode(text);
        const told: unknown = rest.at(-1);
        if (typeof told === "function") told();
        return true;
      };
    }
  }

  /** Lets the streams go, and writes what they were given, up to 64 KiB each. */
  release(): void {
    for (const { stream, write, text } of this.#held.splice(0)) {
      stream.write = write;
      if (text !== "") stream.write(text);
    }
  }
}
