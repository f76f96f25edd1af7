// What a host's robots.txt allows, after RFC 9309. The library reads the rules; here is what it must not be given, and
// what holds where there is no file.

import robotsParser from "robots-parser";

const parse = robotsParser as unknown as typeof robotsParser.default; // its types say so; at run time it is the module itself

/** Who we say we are: in each request, and to robots.txt. */
export const agent = "yieldix-crawler";

/** Bytes of a robots.txt that are read; the RFC asks for 500 KiB at least. */
export const maxRobotsBytes: number = 512 * 1_024;
/** A longer Crawl-delay counts as this, ms. */
export const maxCrawlDelayMs = 60_000;

/** What one host allows. */
export interface Rules {
  allows(url: string): boolean;
  /** The least time between two requests that it asks for, ms. */
  readonly delayMs: number;
}

/** Where there is no robots.txt (any status 4xx). */
export const everything: Rules = { allows: () => true, delayMs: 0 };

/** Bytes of rules with a "*" that count for us; each costs as many steps as an address has characters, for each address. */
const maxWildcardBytes = 16_384;
const nothing: Rules = { allows: () => false, delayMs: 0 };

/**
 * The rules in a robots.txt. One with more wildcards than a real one has is taken to allow nothing.
 * @param url where it was asked for
 */
export function rulesOf(url: string, text: string): Rules {
  const { lines, wildcardBytes } = forUs(text);
  if (wildcardBytes > maxWildcardBytes) return nothing;
  const rules = parse(url, lines.join("\n"));
  const delay = rules.getCrawlDelay(agent) ?? 0;
  return {
    allows: (page) => rules.isAllowed(page, agent) !== false,
    delayMs: delay > 0 ? Math.min(1_000 * delay, maxCrawlDelayMs) : 0,
  };
}

// Each rule is noted for each agent of its group: 20,000 agents before 20,000 rules would be 400 million notes. So an agent
// that is not us stands in a group only once, as one that nobody is.
function forUs(text: string): { lines: readonly string[]; wildcardBytes: number } {
  const lines: string[] = [];
  const group = new Set<string>();
  let isOver = false; // the agents of the group are: its rules come
  let wildcardBytes = 0;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [name = "", value] = line.replace(/#.*/, "").split(":", 2);
    if (value === undefined) continue;
    if (name.trim().toLowerCase() !== "user-agent") {
      isOver = true;
      lines.push(line);
      if (line.includes("*") && (group.has(agent) || group.has("*"))) wildcardBytes += line.length;
      continue;
    }
    if (isOver) group.clear();
    isOver = false;
    const who = value.replace(/\/.*/, "").trim().toLowerCase();
    const known = who === agent || who === "*" ? who : "-";
    if (!group.has(known)) lines.push(`User-agent: ${known}`);
    group.add(known);
  }
  return { lines, wildcardBytes };
}
