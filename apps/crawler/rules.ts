// Reads a host's robots.txt, once. Where there is none all is allowed; where nobody can tell, nothing is (RFC 9309, 2.3.1).

import { TextDecoder } from "node:util";
import { type Program, type Routine, routine } from "../../kernel/syscall.ts";
import type { Crawl } from "./crawl.ts";
import { type Fault, type Got, getPatiently, inCoding, type Sink } from "./get.ts";
import type { Host } from "./host.ts";
import type { Outcome } from "./report.ts";
import { isPassingStatus } from "./retry.ts";
import { everything, maxRobotsBytes, type Rules, rulesOf } from "./robots.ts";
import { pageUrl } from "./urls.ts";

/** Redirects of a robots.txt that are followed; they may lead to another host. */
const maxHops = 5;

/** What a host allows, and, where that could not be known, what that makes of each of its pages. */
export interface HostRules extends Rules {
  readonly fault?: Outcome;
}

/** Reads them, as patiently as a page. */
export const readRules: Routine<[host: Host, crawl: Crawl], HostRules> = routine(function* readRules(host, crawl) {
  const own = `${host.origin}/robots.txt`;
  let url = own;
  for (let hops = 0; hops <= maxHops; hops++) {
    const text = new TextSink();
    const got = yield* getText(url, host, crawl, text);
    if ("code" in got) return nothing(got.code, `its robots.txt cannot be had: ${got.message}`);
    const { coding, location, status } = got;
    const isGood = status >= 200 && status <= 299;
    if (isGood && coding !== undefined) return nothing("content-encoding", `its robots.txt is ${inCoding(coding)}`);
    if (isGood) return rulesOf(own, text.text());
    const fault = `its robots.txt cannot be had: status ${status}`;
    if (isPassingStatus(status)) return nothing(`robots.txt ${status}`, fault);
    const to = status >= 300 && status <= 399 && location !== undefined ? pageUrl(location, url) : undefined;
    if (to === undefined) return everything;
    url = to;
  }
  return everything; // too many redirects count as no file
});

const getText = routine(function* getText(url: string, host: Host, crawl: Crawl, sink: TextSink): Program<Got | Fault> {
  const wanted = {
    url,
    maxBytes: maxRobotsBytes,
    sink: ({ status }: { readonly status: number }) => {
      sink.clear();
      return status >= 200 && status <= 299 ? sink : undefined;
    },
  };
  return yield* getPatiently(wanted, host, crawl);
});

class TextSink implements Sink {
  #decoder = new TextDecoder();
  #text = "";

  clear(): void {
    this.#decoder = new TextDecoder();
    this.#text = "";
  }

  write(bytes: Uint8Array): void {
    this.#text += this.#decoder.decode(bytes, { stream: true });
  }

  text(): string {
    return this.#text + this.#decoder.decode();
  }
}

function nothing(error: string, message: string): HostRules {
  return { allows: () => false, delayMs: 0, fault: { kind: "error", error, message } };
}
