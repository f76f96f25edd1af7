// A web site of five hundred pages on Node's own HTTP server, with all that a crawler may meet: loops, redirects, faults that
// pass and faults that stay, pages that are slow, that never end, that break off. It keeps account of who asked for what.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { links } from "./site.ts";

type Handler = (response: ServerResponse, n: number, time: number) => void;

/** How many there are of each kind, which links to them, and what they do. */
const treeSize = 400;

const html: (response: ServerResponse, body: string, headers?: Record<string, string>) => void = (
  response,
  body,
  headers = {},
) => {
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", ...headers }).end(body);
};
const redirect = (response: ServerResponse, location: string, status = 302): void => {
  response.writeHead(status, { Location: location }).end();
};
const endless = (response: ServerResponse, piece: string): void => {
  response.writeHead(200, { "Content-Type": "text/html" });
  const write = (): void => {
    while (!response.destroyed && response.write(piece)) {}
  };
  response.on("drain", write).write(links("/p/0"));
  write();
};

/** The special pages: so many of each, at `/kind/n`. */
const kinds: Readonly<Record<string, { readonly count: number; readonly serve: Handler }>> = {
  // Five chains of four, the last of which leads to a page.
  chain: {
    count: 20,
    serve: (response, n) => redirect(response, n % 4 === 3 ? `/p/${n}` : `${n + 1}`, [301, 302, 307, 308][n % 4]),
  },
  // A loop of three, and one of one.
  loop: { count: 4, serve: (response, n) => redirect(response, `/loop/${n === 3 ? 3 : (n + 1) % 3}`) },
  missing: { count: 10, serve: (response) => void response.writeHead(404).end(links("/never/0")) },
  flaky: {
    count: 8,
    serve: (response, n, time) => (time === 1 ? void response.writeHead(500).end() : html(response, links(`/p/${n}`))),
  },
  broken: { count: 4, serve: (response) => void response.writeHead(500).end() },
  slow: { count: 10, serve: (response) => void setTimeout(() => html(response, links("../p/1")), 100) },
  endless: { count: 3, serve: (response, n) => endless(response, n === 2 ? "<b>".repeat(5_000) : "x".repeat(16_384)) },
  silent: { count: 2, serve: (response) => void response.writeHead(200, { "Content-Type": "text/html" }).write("<p>") },
  reset: { count: 3, serve: (response) => void response.socket?.resetAndDestroy() },
  huge: { count: 1, serve: (response) => html(response, links("/never/1"), { "X-Huge": "x".repeat(60_000) }) },
  charset: {
    count: 2,
    serve: (response, n) =>
      html(response, links("/p/2"), { "Content-Type": `text/html; charset=${["klingon", "utf-16le"][n]}` }),
  },
  image: {
    count: 8,
    serve: (response) => void response.writeHead(200, { "Content-Type": "image/png" }).end(links("/never/2")),
  },
  private: { count: 20, serve: (response) => html(response, links("/never/3")) },
};

const names = (kind: string): string[] => Array.from({ length: kinds[kind]?.count ?? 0 }, (_, n) => `/${kind}/${n}`);
const specials: readonly string[] = Object.keys(kinds).flatMap(names);

// Each page of the tree leads to two below it, back to the first and to itself, and to its share of the others, each in
// another spelling.
function treePage(n: number): string {
  const below = [2 * n + 1, 2 * n + 2].filter((child) => child < treeSize);
  const share = specials.filter((_, place) => place % 50 === n);
  return `<!doctype html><title><a href=/never/4></title><!-- <a href=/never/5> -->
    ${links(...below.map((child, side) => (side === 0 ? `${child}` : `./../p/${child}#part`)), "/", `?`, ...share)}
    <script>document.write('<a href=/never/6>')</script><a href="mailto:a@b">`;
}

export class Web {
  readonly #server: Server;
  /** How often each path was asked for. */
  readonly asked = new Map<string, number>();
  /** Pages that were asked for in a way that could not be read. */
  readonly encodings = new Set<string>();
  /** The most requests at once, of those that are answered in the ordinary way. */
  most = 0;
  /** Connections that were opened. */
  connections = 0;
  #open = 0;
  #connected = 0;
  #gone: () => void = () => {};

  constructor(tls?: ServerOptions) {
    const serve = (request: IncomingMessage, response: ServerResponse): void => this.#serve(request, response);
    this.#server = tls === undefined ? createServer({ maxHeaderSize: 65_536 }, serve) : createTlsServer(tls, serve);
    this.#server.on("connection", (socket) => {
      this.connections++;
      this.#connected++;
      socket.on("error", () => {}); // whoever asked has gone
      socket.on("close", () => {
        this.#connected--;
        this.#gone();
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // it listens on TCP
  }

  /** Until nobody is connected. */
  async left(): Promise<void> {
    while (this.#connected > 0) await new Promise<void>((resolve) => (this.#gone = resolve));
  }

  /** Until a path has been asked for. */
  async askedFor(path: string): Promise<void> {
    while (!this.asked.has(path)) await new Promise<void>((resolve) => this.#server.once("request", () => resolve()));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "";
    const time = (this.asked.get(path) ?? 0) + 1;
    this.asked.set(path, time);
    if (request.headers["accept-encoding"] !== "identity") this.encodings.add(path);
    this.most = Math.max(this.most, ++this.#open);
    response.on("finish", () => this.#open--);
    const [, kind = "", number = ""] = path.split("/");
    const n = Number(number);
    if (path === "/robots.txt") response.end("User-agent: *\nDisallow: /private/\n");
    else if (path === "/") html(response, links("/p/0"));
    else if (kind === "p") html(response, treePage(n));
    else kinds[kind]?.serve(response, n, time);
    if (["endless", "silent", "reset"].includes(kind)) this.#open--; // it does not finish
  }
}

/** What a crawl must have asked for, and how often, if it tries twice. */
export function expectedOf(): Map<string, number> {
  const tree = Array.from({ length: treeSize }, (_, n) => `/p/${n}`);
  const twice = ["flaky", "broken", "silent", "reset"];
  const once = Object.keys(kinds).filter((kind) => kind !== "private" && !twice.includes(kind));
  return new Map([
    ...["/", "/robots.txt", ...tree, ...once.flatMap(names)].map((path) => [path, 1] as const),
    ...twice.flatMap(names).map((path) => [path, 2] as const),
  ]);
}

/** How many pages there are, robots.txt aside. */
export const webSize: number = 1 + treeSize + specials.length;
