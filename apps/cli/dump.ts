// What SIGUSR2 writes to stderr: the table of tasks, and who waits for whom, for those who have no viewer, or no port.

import { printable } from "../../kernel/text.ts";
import type { Agent } from "../control/agent/agent.ts";
import type { Frame, FrameQuery } from "../control/protocol.ts";
import { duration } from "../monitor/views/format.ts";
import { graphLines } from "./faces/graph.ts";
import { taskColumnsOf, usualColumns } from "./faces/tasks.ts";
import { chosen, tableLines } from "./table.ts";

/** Tasks that are listed. */
const mostTasks = 10_000;

/** The kernel as lines, escaped, with an end after each. */
export function dumpText(agent: Agent): string {
  const session = agent.open("read-only");
  try {
    const query: FrameQuery = { tasks: { sort: "tid", limit: mostTasks }, graph: true };
    const { kernel, tasks, graph, findings } = session.answer("frame", query) as Frame; // the answer to "frame", made at once
    const rows = tasks?.rows ?? [];
    const more = (tasks?.total ?? 0) - rows.length;
    const lines = [
      `yieldix: ${kernel.live} ${kernel.live === 1 ? "task" : "tasks"} of pid ${kernel.pid}, up ${duration(kernel.upMs)}`,
      ...tableLines(rows, chosen(taskColumnsOf(rows, false), undefined, usualColumns), {}),
      ...(more > 0 ? [`and ${more} more`] : []),
      ...findings.map(({ letter, text }) => printable(`${letter} ${text}`, Number.POSITIVE_INFINITY)),
      ...(graph === undefined || graph.edges.length === 0 ? [] : graphLines(graph)),
    ];
    return lines.map((line) => `${line}\n`).join("");
  } finally {
    session.close();
  }
}
