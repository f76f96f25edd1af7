// From a place in a script that V8 runs to the place in the file that somebody wrote: by the source map, inline as tsx makes
// it or in a file beside the script. Maps are read only for scripts that are asked about.

import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { isAbsolute, relative } from "node:path";
import { cwd } from "node:process";
import { fileURLToPath } from "node:url";

/** What the inspector says of a script. */
export interface Script {
  readonly scriptId: string;
  readonly url: string;
  readonly sourceMapURL?: string;
}

/** Counted from 0, as the inspector does. */
export interface ScriptPlace {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber?: number | undefined;
}

/** Files larger than this are not read for a line of theirs. */
const mostBytes = 4_194_304;

export class Sources {
  readonly #scripts = new Map<string, Script>();
  readonly #maps = new Map<string, SourceMap | undefined>();
  readonly #lines = new Map<string, readonly string[]>();

  /** For each `Debugger.scriptParsed`. */
  add(script: Script): void {
    this.#scripts.set(script.scriptId, script);
  }

  /** The script's URL; "" for one that is not known. */
  url(scriptId: string): string {
    return this.#scripts.get(scriptId)?.url ?? "";
  }

  /** "file:line:column" of where somebody wrote it, relative to the working directory where it is below that. */
  at(place: ScriptPlace): string {
    const { url, line, column } = this.#original(place);
    return `${shownPath(url)}:${line + 1}:${column + 1}`;
  }

  /** The line of source there, without the blanks around it; "" where it cannot be had. */
  line(place: ScriptPlace): string {
    const { url, line } = this.#original(place);
    let lines = this.#lines.get(url);
    if (lines === undefined) {
      lines = textOf(url).split("\n");
      this.#lines.set(url, lines);
    }
    return lines[line]?.trim() ?? "";
  }

  #original({ scriptId, lineNumber, columnNumber = 0 }: ScriptPlace): { url: string; line: number; column: number } {
    const url = this.url(scriptId);
    const entry = this.#map(scriptId)?.findEntry(lineNumber, columnNumber);
    if (entry === undefined || !("originalSource" in entry)) return { url, line: lineNumber, column: columnNumber };
    const { originalSource, originalLine, originalColumn } = entry;
    return { url: resolved(originalSource, url), line: originalLine, column: originalColumn };
  }

  #map(scriptId: string): SourceMap | undefined {
    if (!this.#maps.has(scriptId)) this.#maps.set(scriptId, mapOf(this.#scripts.get(scriptId)));
    return this.#maps.get(scriptId);
  }
}

function mapOf(script: Script | undefined): SourceMap | undefined {
  const { url = "", sourceMapURL = "" } = script ?? {};
  if (sourceMapURL === "") return undefined;
  try {
    const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/s.exec(sourceMapURL);
    let text: string;
    if (inline === null) text = textOf(resolved(sourceMapURL, url));
    else if (inline[1] === undefined) text = decodeURIComponent(inline[2] ?? "");
    else text = Buffer.from(inline[2] ?? "", "base64").toString();
    return new SourceMap(JSON.parse(text) as SourceMapPayload); // if it is none, that throws
  } catch {
    return undefined; // without a map it is the script's own place
  }
}

function resolved(name: string, base: string): string {
  if (isAbsolute(name)) return name;
  return URL.canParse(name, base) ? new URL(name, base).href : name;
}

function pathOf(url: string): string {
  return url.startsWith("file:") ? fileURLToPath(url) : url;
}

function shownPath(url: string): string {
  const path = pathOf(url);
  const below = isAbsolute(path) ? relative(cwd(), path) : path;
  return below.startsWith("..") ? path : below;
}

function textOf(url: string): string {
  try {
    const text = readFileSync(pathOf(url), "utf8");
    return text.length > mostBytes ? "" : text;
  } catch {
    return "";
  }
}
