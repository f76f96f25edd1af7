// `yieldix graph`: who waits for whom.

import { type Command, Option } from "commander";
import type { Program } from "../../../kernel/syscall.ts";
import type { ControlPort } from "../../control/protocol.ts";
import { jsonText } from "../../lib/json-text.ts";
import {
  type ClientOptions,
  type ClientProgram,
  clientCommand,
  type RunClient,
  writeLines,
} from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";
import { dotLines, graphLines } from "../faces/graph.ts";

export interface GraphOptions {
  readonly dot?: boolean;
  readonly json?: boolean;
}

/** Adds `yieldix graph`. */
export function addGraph(yieldix: Command, run: RunClient): void {
  clientCommand(yieldix, "graph", "yieldix graph --dot | dot -Tsvg > waits.svg")
    .addOption(new Option("--dot", "in the language of Graphviz").conflicts("json"))
    .option("--json", "the nodes, edges and cycles, as one JSON document")
    .action((options: GraphOptions & ClientOptions) => run(graph(options), options));
}

/** Draws the graph; `none` where no task waits for another. */
export function graph({ dot, json }: GraphOptions): ClientProgram {
  return function* graph(port: ControlPort): Program<number> {
    const { graph: record = { nodes: [], edges: [], cycles: [] } } = yield* port.ask("frame", { graph: true });
    const text = (): string[] => (record.edges.length === 0 ? ["no task waits for another"] : graphLines(record));
    yield* writeLines(json === true ? [jsonText(record)] : dot === true ? dotLines(record) : text());
    return record.edges.length === 0 ? ClientCode.none : ClientCode.done;
  };
}
