// A web site on a simulated network: what it answers, page by page, and what was asked of it, when and by how many at once.

import { accept, Reader, readUntil, recv, sendAll } from "../../../apps/lib/index.ts";
import type { Connection, Listener } from "../../../kernel/machine/machine.ts";
import { type Program, routine, SyscallError } from "../../../kernel/syscall.ts";
import { GetTime, Listen, NewTask, Sleep } from "../../../syscalls/index.ts";
import { resetting } from "../../laws/programs.ts";

/** How a page is answered. */
export interface Answer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: HTML without links. */
  readonly body?: string;
  /** How long it takes, ms. */
  readonly afterMs?: number;
  /**
   * "reset": the connection is broken off after the body; "end": it ends there, whatever the head said; "endless": the body
   * comes again and again; "silent": nothing more comes, ever.
   */
  readonly after?: "reset" | "end" | "endless" | "silent";
  /** Sent as it is, instead of a head. */
  readonly raw?: string;
}

/** One answer, or one for each time that it is asked; the last of them holds from then on. */
export type Pages = Readonly<Record<string, string | Answer | readonly Answer[]>>;

export interface Asked {
  readonly path: string;
  readonly atMs: number;
  readonly head: string;
}

export class Site {
  readonly asked: Asked[] = [];
  /** Requests under way, and the most that ever were. */
  open = 0;
  most = 0;
  /** Connections that were accepted, and those that are open. */
  connections = 0;
  connected = 0;
  readonly #pages: Pages;

  /** @param pages by their paths; texts are HTML; what is not there is 404 */
  constructor(pages: Pages) {
    this.#pages = pages;
  }

  /** What was asked, in alphabetical order. */
  get paths(): readonly string[] {
    return this.asked.map(({ path }) => path).sort();
  }

  answerTo(path: string): Answer {
    const times = this.asked.filter((asked) => asked.path === path).length;
    const answer = this.#pages[path] ?? { status: 404 };
    if (typeof answer === "string") return { body: answer };
    return isList(answer) ? (answer[Math.min(times, answer.length) - 1] ?? {}) : answer;
  }
}

function isList(answer: Answer | readonly Answer[]): answer is readonly Answer[] {
  return Array.isArray(answer);
}

/** Links to pages. */
export const links = (...paths: string[]): string => paths.map((path) => `<a href="${path}">${path}</a>\n`).join("");

/** Opens a site, and serves it until the run ends. */
export const open = routine(function* open(pages: Pages, host?: string): Program<Site> {
  const site = new Site(pages);
  const listener = yield* new Listen({ host: host ?? "site", port: 80 });
  yield* new NewTask(serve(site, listener), `site ${host ?? ""}`);
  return site;
});

const serve = routine(function* serve(site: Site, listener: Listener): Program<void> {
  for (;;) yield* new NewTask(session(site, yield* accept(listener)), "site session");
});

const session = routine(function* session(site: Site, connection: Connection): Program<void> {
  site.connections++;
  site.connected++;
  const reader = new Reader(connection);
  try {
    while (yield* exchange(site, reader));
  } catch (error) {
    if (!(error instanceof SyscallError) || error.code === "ECANCELED") throw error; // the crawler has gone
  } finally {
    site.connected--;
    connection.close();
  }
});

/** One request and its answer; false: the connection does not go on. */
const exchange = routine(function* exchange(site: Site, reader: Reader): Program<boolean> {
  const bytes = yield* readUntil(reader, new TextEncoder().encode("\r\n\r\n"), 65_536);
  if (bytes === null) return false;
  site.most = Math.max(site.most, ++site.open);
  try {
    const head = new TextDecoder().decode(bytes);
    const path = head.split(" ")[1] ?? "";
    site.asked.push({ path, atMs: yield* new GetTime(), head });
    const given = site.answerTo(path);
    yield* answer(given, reader.connection);
    const { after, headers, raw } = given;
    return after === undefined && raw === undefined && headers?.["Connection"] !== "close";
  } finally {
    site.open--;
  }
});

const answer = routine(function* answer(
  { status = 200, headers = {}, body = "<p>", afterMs = 0, after, raw }: Answer,
  connection: Connection,
): Program<void> {
  if (afterMs > 0) yield* new Sleep(afterMs);
  const length = after === undefined ? body.length : 1_000_000;
  const fields: Record<string, string> = { "Content-Type": "text/html", "Content-Length": String(length), ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
  yield* sendAll(connection, bytes(raw ?? `HTTP/1.1 ${status} x\r\n${lines.join("")}\r\n`));
  if (raw === undefined) yield* sendAll(connection, bytes(body));
  while (after === "endless") yield* sendAll(connection, bytes(body.padEnd(10_000)));
  if (after === "silent") yield* recv(connection, 1); // until the other end has gone
  if (after === "reset") yield* resetting(connection);
});
