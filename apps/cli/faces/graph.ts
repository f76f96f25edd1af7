// Who waits for whom, drawn: as text, each cycle and each chain from its start to its end, or as a graph for Graphviz.

import { printable } from "../../../kernel/text.ts";
import type { GraphRecord } from "../../control/records.ts";

type Node = GraphRecord["nodes"][number];
type Edge = GraphRecord["edges"][number];

/** Deeper steps are not drawn further in, so that a long chain stays as long as it is. */
const maxIndent = 24;

/**
 * The cycles first, then the chains: each begins with a task that nobody waits for, and goes down to who would have to do
 * something. A task that stands above already is only named.
 */
export function graphLines(graph: GraphRecord): string[] {
  const drawing = new Drawing(graph);
  const lines = graph.cycles.flatMap((cycle) => drawing.cycle(cycle));
  const awaited = new Set(graph.edges.map(({ to }) => to));
  const starts = graph.edges.map(({ from }) => from).filter((tid) => !awaited.has(tid));
  for (const tid of new Set(starts)) lines.push(...drawing.chain(tid), "");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

class Drawing {
  readonly #nodes: ReadonlyMap<number, Node>;
  readonly #edges = new Map<number, Edge[]>();
  readonly #inCycle: ReadonlySet<number>;
  readonly #drawn = new Set<number>();

  constructor({ nodes, edges, cycles }: GraphRecord) {
    this.#nodes = new Map(nodes.map((node) => [node.tid, node]));
    for (const edge of edges) this.#edges.set(edge.from, [...(this.#edges.get(edge.from) ?? []), edge]);
    this.#inCycle = new Set(cycles.flat());
  }

  cycle(tids: readonly number[]): string[] {
    const [first] = tids;
    if (first === undefined) return [];
    const head = `deadlock: ${[...tids, first].join(" -> ")}`;
    const steps = tids.map((tid, depth) => this.#step(tid, depth + 1));
    for (const tid of tids) this.#drawn.add(tid);
    return [head, ...steps, `${indent(tids.length + 1)}${this.#name(first)}  <- back to the start`, ""];
  }

  // Depth first, with its own stack: a chain may be as long as there are tasks.
  chain(start: number): string[] {
    const lines: string[] = [];
    const left: { readonly tid: number; readonly depth: number }[] = [{ tid: start, depth: 0 }];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { tid, depth } = next;
      if (this.#drawn.has(tid)) {
        const note = this.#inCycle.has(tid) ? "in the deadlock above" : "see above";
        lines.push(`${indent(depth)}${this.#name(tid)}  <- ${note}`);
        continue;
      }
      this.#drawn.add(tid);
      lines.push(this.#step(tid, depth));
      const onward = this.#edges.get(tid) ?? [];
      for (const { to } of onward.toReversed()) left.push({ tid: to, depth: depth + 1 });
    }
    return lines;
  }

  #step(tid: number, depth: number): string {
    const wait = this.#nodes.get(tid)?.wait ?? "";
    return `${indent(depth)}${this.#name(tid)}${wait === "" ? "" : `  ${clean(wait)}`}`;
  }

  #name(tid: number): string {
    return clean(`${tid} ${this.#nodes.get(tid)?.name ?? ""}`.trimEnd());
  }
}

function indent(depth: number): string {
  if (depth === 0) return "";
  return depth > maxIndent ? `${"  ".repeat(maxIndent)}(${depth}) -> ` : `${"  ".repeat(depth)}-> `;
}

/** The graph in Graphviz's language: `yieldix graph --dot | dot -Tsvg`. Cycles are red. */
export function dotLines({ nodes, edges, cycles }: GraphRecord): string[] {
  const inCycle = new Set(cycles.flat());
  const red = (isRed: boolean): string => (isRed ? ", color=red, fontcolor=red" : "");
  const steps = new Set(cycles.flatMap((tids) => tids.map((tid, at) => `${tid} ${tids[(at + 1) % tids.length]}`)));
  return [
    "digraph yieldix {",
    "  rankdir=LR;",
    '  node [shape=box, fontname="monospace"];',
    '  edge [fontname="monospace"];',
    ...nodes.map(({ tid, name, wait }) => {
      const label = quoted(`${tid} ${name}`, ...(wait === "" ? [] : [wait]));
      return `  ${tid} [label=${label}${red(inCycle.has(tid))}];`;
    }),
    ...edges.map(
      ({ from, to, label }) => `  ${from} -> ${to} [label=${quoted(label)}${red(steps.has(`${from} ${to}`))}];`,
    ),
    "}",
  ];
}

// In a label a backslash begins an escape of Graphviz's own, and an ampersand one of HTML's.
function quoted(...lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    clean(line).replaceAll("&", "&amp;").replaceAll("\\", "\\\\").replaceAll('"', '\\"'),
  );
  return `"${escaped.join("\\n")}"`;
}

function clean(text: string): string {
  return printable(text, Number.POSITIVE_INFINITY);
}
