// The links of a page, found while its bytes come in, and nothing else of it kept. What it may hold is bounded by what it
// is given: a reader of pages gives it a bounded number of bytes.

import { TextDecoder } from "node:util";
import { Parser } from "htmlparser2";
import { pageUrl } from "./urls.ts";

/** What leads on to other pages, and by which attribute. */
const linking: ReadonlyMap<string, string> = new Map([
  ["a", "href"],
  ["area", "href"],
  ["frame", "src"],
  ["iframe", "src"],
]);

/** Links of one page that are kept; what comes after them is not looked at. */
export const maxLinks = 10_000;

// No element has a content to be matched with its end: so nothing is kept of open ones, of which a hostile page could
// have very many, each end being looked for among all of them.
class FlatParser extends Parser {
  protected override isVoidElement(_name: string): boolean {
    return true;
  }
}

/** Characters that are given to the parser at once: it looks a name up in all its pieces, and a page may come byte by byte. */
const leastPiece = 16_384;

/** Reads one page: `write` its bytes as they come, then `end`. */
export class LinkReader {
  readonly #url: string;
  readonly #decoder: TextDecoder;
  readonly #parser: Parser;
  readonly #links = new Set<string>();
  /** Not yet given to the parser. */
  #text = "";
  #tag = "";
  /** The attribute that was looked for and found in this tag: the first counts, as in browsers. */
  #found = false;
  #base: string | undefined = undefined;

  /**
   * @param url the page's own
   * @param charset as its head has it; of one that is unknown, UTF-8 is assumed
   */
  constructor(url: string, charset?: string) {
    this.#url = url;
    this.#decoder = decoderOf(charset);
    this.#parser = new FlatParser({
      onopentagname: (name) => {
        this.#tag = name;
        this.#found = false;
      },
      onattribute: (name, value) => this.#attribute(name, value),
    });
  }

  write(bytes: Uint8Array): void {
    this.#text += this.#decoder.decode(bytes, { stream: true });
    if (this.#text.length < leastPiece) return;
    this.#parser.write(this.#text);
    this.#text = "";
  }

  /**
   * That was all. The pages it leads to, each once, in the order in which they came; relative ones are so to `<base href>`,
   * wherever it stood. Each is made when it is asked for: ten thousand at once would be a long turn.
   */
  end(): Iterable<string> {
    this.#parser.end(this.#text + this.#decoder.decode());
    const base = this.#base === undefined ? this.#url : (pageUrl(this.#base, this.#url) ?? this.#url);
    return pagesOf(this.#links, base);
  }

  #attribute(name: string, value: string): void {
    if (this.#found) return;
    if (this.#tag === "base") {
      if (name !== "href") return;
      this.#base ??= value;
      this.#found = true;
    } else if (linking.get(this.#tag) === name) {
      this.#found = true;
      if (this.#links.size < maxLinks) this.#links.add(value.trim());
    }
  }
}

function* pagesOf(links: Iterable<string>, base: string): Generator<string, void, undefined> {
  const urls = new Set<string>();
  for (const link of links) {
    const url = pageUrl(link, base);
    if (url === undefined || urls.has(url)) continue;
    urls.add(url);
    yield url;
  }
}

const htmlTypes: ReadonlySet<string> = new Set(["text/html", "application/xhtml+xml", ""]);

/** What a Content-Type says; a page that has none is taken for HTML, as browsers do. */
export function contentType(text: string): { isHtml: boolean; charset: string | undefined } {
  const [type = "", ...parameters] = text.toLowerCase().split(";");
  const charset = parameters.map((parameter) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/.exec(parameter)?.[1]);
  return { isHtml: htmlTypes.has(type.trim()), charset: charset.find(Boolean) };
}

function decoderOf(charset: string | undefined): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
