// What a page says to robots beside its host's robots.txt, in `X-Robots-Tag` headers and `<meta name="robots">`: whether
// its links may be followed, and whether it may be listed. What was said once holds, whatever else is said.

import { agent } from "./robots.ts";

const noFollow = /(?:^|\s)(?:nofollow|none)(?:$|\s)/i;
const noIndex = /(?:^|\s)(?:noindex|none)(?:$|\s)/i;
/** A robot's name as RFC 9309 has them, and what is said to it; but these are no robots. */
const addressed = /^\s*([a-z_*-]+)\s*:(.*)$/is;
const valued: ReadonlySet<string> = new Set([
  "max-image-preview",
  "max-snippet",
  "max-video-preview",
  "unavailable_after",
]);

/** Characters of a `<meta>` that are looked at: its words taken apart, a page's worth of them would be a long turn. */
const maxContent = 2_048;

export class PageRobots {
  #mayFollow = true;
  #mayIndex = true;

  get mayFollow(): boolean {
    return this.#mayFollow;
  }

  get mayIndex(): boolean {
    return this.#mayIndex;
  }

  /**
   * Each line of `X-Robots-Tag`: "noindex, nofollow", and with the name of a robot before it for that one alone, up to the next
   * name.
   */
  header(lines: readonly string[]): void {
    for (const line of lines) {
      let isForUs = true;
      for (const part of line.split(",")) {
        const [, name = "", rest = ""] = addressed.exec(part) ?? [];
        const isNamed = name !== "" && !valued.has(name.toLowerCase());
        if (isNamed) isForUs = isOurs(name) || name === "*";
        if (isForUs) this.#say(isNamed ? rest : part);
      }
    }
  }

  /** A `<meta>`, which may be of any name. */
  meta(name: string, content: string): void {
    const whose = name.trim();
    if (whose.toLowerCase() === "robots" || isOurs(whose)) this.#say(content.slice(0, maxContent));
  }

  #say(text: string): void {
    for (const part of text.split(",")) {
      if (part.includes(":")) continue; // a word with a value, as `max-image-preview: none`
      if (noFollow.test(part)) this.#mayFollow = false;
      if (noIndex.test(part)) this.#mayIndex = false;
    }
  }
}

function isOurs(name: string): boolean {
  return name.toLowerCase() === agent;
}
