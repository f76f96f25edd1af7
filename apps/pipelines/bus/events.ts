// XML as it comes to events, by a streaming parser: nothing is kept but what is not whole yet. Bounded against hostile
// documents: in depth, and in how much may stand without an end. Entities of a document's own are not expanded. Refused is
// what ends inside an element, or closes one that another is open in; what the parser leaves out, it leaves out.

import { Parser } from "htmlparser2";
import { SyscallError } from "../../../kernel/errors.ts";

export type XmlEvent =
  | { readonly kind: "start"; readonly name: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "end"; readonly name: string };

/** Bounds of a document. */
export interface XmlLimits {
  /** Elements in each other. Default 64. */
  readonly maxDepth?: number;
  /** Characters of a name, a tag with its attributes, a comment, …: of whatever has to end before it can be told. Default 65,536. */
  readonly maxToken?: number;
}

export class XmlEvents {
  readonly #label: string;
  readonly #maxDepth: number;
  readonly #maxToken: number;
  readonly #parser: Parser;
  #depth = 0;
  #written = 0;
  #events: XmlEvent[] = [];
  #last: XmlEvent | undefined = undefined;

  /** @param label for messages: where the document comes from */
  constructor(label: string, { maxDepth = 64, maxToken = 65_536 }: XmlLimits = {}) {
    [this.#label, this.#maxDepth, this.#maxToken] = [label, maxDepth, maxToken];
    this.#parser = new Parser(
      {
        onopentagname: (name) => this.#opened(name),
        ontext: (text) => this.#add({ kind: "text", text }),
        onclosetag: (name, isImplied) => this.#closed(name, isImplied),
      },
      { xmlMode: true },
    );
  }

  /** The events of the next piece of the document. @throws EPROTO for what is no XML, EMSGSIZE beyond a limit */
  write(text: string): XmlEvent[] {
    this.#parser.write(text);
    this.#written += text.length;
    if (this.#written - this.#parser.endIndex > this.#maxToken) {
      throw new SyscallError("EMSGSIZE", `${this.#label} has more than ${this.#maxToken} characters without an end`);
    }
    return this.#taken();
  }

  /** The document is over. @throws EPROTO where it is not whole */
  end(): XmlEvent[] {
    this.#parser.end();
    return this.#taken();
  }

  #taken(): XmlEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #add(event: XmlEvent): void {
    this.#last = event;
    this.#events.push(event);
  }

  #opened(name: string): void {
    if (++this.#depth > this.#maxDepth) {
      throw new SyscallError("EMSGSIZE", `${this.#label} has more than ${this.#maxDepth} elements in each other`);
    }
    this.#add({ kind: "start", name });
  }

  // Of `<a/>` the end is implied too: the one just opened, and nothing was in it. So is `<a>` in `<b><a></b>` then.
  #closed(name: string, isImplied: boolean): void {
    const isEmptyTag = this.#last?.kind === "start" && this.#last.name === name;
    if (isImplied && !isEmptyTag)
      throw new SyscallError("EPROTO", `${this.#label} is no whole XML: <${name}> is not closed`);
    this.#depth--;
    this.#add({ kind: "end", name });
  }
}
