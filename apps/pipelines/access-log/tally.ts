// What a web server's log comes to: per status and per path how many answers and bytes; and as a table, or as JSON.

import { printable } from "../../../kernel/text.ts";
import { cut, padded } from "../../lib/index.ts";
import type { Entry } from "./entry.ts";
import { type Count, Top, type TopCount } from "./top.ts";

/** Paths that are kept apart. */
const mostPaths = 1_000;
/** There are 900 statuses. */
const mostStatuses = 900;

/** The same as plain data, for `--json`. */
export interface Summary {
  /** Lines of the log, malformed ones and those filtered out included. */
  readonly lines: number;
  readonly malformed: number;
  /** What is counted: all that is neither malformed nor filtered out. */
  readonly requests: number;
  readonly bytes: number;
  readonly statuses: readonly TopCount[];
  readonly paths: readonly TopCount[];
  /** Of the paths that are not listed. */
  readonly other: Count;
}

export class Tally {
  lines = 0;
  malformed = 0;
  #requests = 0;
  #bytes = 0;
  readonly #statuses = new Top(mostStatuses);
  readonly #paths = new Top(mostPaths);

  add({ status, path, bytes }: Entry): void {
    this.#requests++;
    this.#bytes += bytes;
    this.#statuses.add(String(status), bytes);
    this.#paths.add(path, bytes);
  }

  /** @param pathRows how many paths are listed */
  summary(pathRows: number): Summary {
    const { rows, other } = this.#paths.first(pathRows);
    return {
      lines: this.lines,
      malformed: this.malformed,
      requests: this.#requests,
      bytes: this.#bytes,
      statuses: this.#statuses.first(mostStatuses).rows.toSorted((one, two) => one.key.localeCompare(two.key)),
      paths: rows,
      other,
    };
  }
}

/** The lines of a table, as wide as they are. */
export function tableOf(summary: Summary): string[] {
  const { lines, malformed, requests, bytes, statuses, paths, other } = summary;
  const rest = other.count === 0 ? [] : [row("other", other)];
  return [
    `${grouped(lines)} lines, ${grouped(malformed)} malformed, ${grouped(requests)} requests, ${sized(bytes)}`,
    "",
    heads("STATUS"),
    ...statuses.map((count) => row(count.key, count)),
    "",
    heads("PATH"),
    ...paths.map((count) => row(printable(count.key), count, count.missed > 0 ? "+" : " ")),
    ...rest,
    ...(paths.some(({ missed }) => missed > 0) ? ["", "+ at least: there were too many paths to keep all"] : []),
  ];
}

const [countCells, byteCells] = [12, 10];
const mostPathCells = 80;

function heads(name: string): string {
  return `${"COUNT".padStart(countCells)} ${"BYTES".padStart(byteCells)}  ${name}`;
}

function row(name: string, { count, bytes }: Count, sign = " "): string {
  return `${padded(grouped(count), countCells, "right")}${sign}${padded(sized(bytes), byteCells, "right")}  ${cut(name, mostPathCells)}`;
}

/** 1,234,567 */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "512 B", "1.5 MiB". */
export function sized(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let [value, unit] = [bytes, 0];
  for (; value >= 1_024 && unit < units.length - 1; unit++) value /= 1_024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
