// The links of a page, found while its bytes come in, what it says of following them, and nothing else of it kept. What it
// may hold is bounded by what it is given: a reader of pages gives it a bounded number of bytes.

import { TextDecoder } from "node:util";
import { Parser } from "htmlparser2";
import { PageRobots } from "./page-robots.ts";
import { pageUrl } from "./urls.ts";

/** What leads on to other pages, and by which attribute. */
const linking: ReadonlyMap<string, string> = new Map([
  ["a", "href"],
  ["area", "href"],
  ["frame", "src"],
  ["iframe", "src"],
]);

const attributes: ReadonlySet<string> = new Set(["content", "href", "name", "rel", "src"]);
const noFollow = /(?:^|\s)nofollow(?:$|\s)/i;

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
  readonly #robots: PageRobots;
  /** Each with whether it may be followed: where it stands once without a `rel="nofollow"`. */
  readonly #links = new Map<string, boolean>();
  /** Not yet given to the parser. */
  #text = "";
  #tag = "";
  /** Of this tag, those that are looked for; of two of a name the first counts, as in browsers. */
  readonly #given = new Map<string, string>();
  #base: string | undefined = undefined;

  /**
   * @param url the page's own
   * @param charset as its head has it; of one that is unknown, UTF-8 is assumed
   * @param robots told what the page says; it may have been told more
   */
  constructor(url: string, charset?: string, robots: PageRobots = new PageRobots()) {
    this.#url = url;
    this.#robots = robots;
    this.#decoder = decoderOf(charset);
    this.#parser = new FlatParser({
      onopentagname: (name) => {
        this.#tag = name;
        this.#given.clear();
      },
      onattribute: (name, value) => {
        if (attributes.has(name) && !this.#given.has(name)) this.#given.set(name, value);
      },
      onclosetag: () => this.#tagged(), // at once, as nothing has a content; never for a tag that the page breaks off in
    });
  }

  write(bytes: Uint8Array): void {
    this.#text += this.#decoder.decode(bytes, { stream: true });
    if (this.#text.length < leastPiece) return;
    this.#parser.write(this.#text);
    this.#text = "";
  }

  /**
   * That was all. The pages it leads to and that may be followed, each once, in the order in which they came; relative ones are
   * so to `<base href>`, wherever it stood. Each is made when it is asked for: ten thousand at once would be a long turn.
   */
  end(): Iterable<string> {
    this.#parser.end(this.#text + this.#decoder.decode());
    const base = this.#base === undefined ? this.#url : (pageUrl(this.#base, this.#url) ?? this.#url);
    return this.#robots.mayFollow ? pagesOf(this.#links, base) : [];
  }

  /** Links that must not be followed. Known once it is at its end. */
  get withheld(): number {
    if (!this.#robots.mayFollow) return this.#links.size;
    let count = 0;
    for (const mayFollow of this.#links.values()) if (!mayFollow) count++;
    return count;
  }

  /** A tag is complete. */
  #tagged(): void {
    const given = this.#given;
    if (this.#tag === "base") this.#base ??= given.get("href");
    else if (this.#tag === "meta") this.#robots.meta(given.get("name") ?? "", given.get("content") ?? "");
    const link = given.get(linking.get(this.#tag) ?? "")?.trim();
    if (link === undefined || (this.#links.size >= maxLinks && !this.#links.has(link))) return;
    const mayFollow = !noFollow.test(given.get("rel") ?? "");
    this.#links.set(link, mayFollow || this.#links.get(link) === true);
  }
}

function* pagesOf(links: ReadonlyMap<string, boolean>, base: string): Generator<string, void, undefined> {
  const urls = new Set<string>();
  for (const [link, mayFollow] of links) {
    const url = mayFollow ? pageUrl(link, base) : undefined;
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
