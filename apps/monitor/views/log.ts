// The log view: the kernel log, and what apps print, with stacks in full.

import type { LogLine } from "../../control/records.ts";
import { marked } from "./columns.ts";
import { clock, several } from "./format.ts";
import type { Body } from "./layout.ts";
import { run, type Style } from "./line.ts";
import { listView } from "./list.ts";
import type { Screen } from "./model.ts";
import type { Column } from "./table.ts";

/** Of one record no more lines are shown than this. */
const maxLines = 32;

export function logView(screen: Screen, rows: number): Body {
  const { log, query } = screen;
  const tid = query.log?.tid;
  const columns = columnsOf(screen);
  const { shown, ...list } = listView(screen, rows, {
    columns,
    rows: log.lines,
    below: ({ text }) =>
      text
        .split("\n", maxLines)
        .slice(1)
        .map((more) => [run(" ".repeat(screen.size.columns >= 72 ? 17 : 12)), run(more.trimEnd(), "dim")]),
    empty: "nothing was logged",
    isAtEnd: true,
  });
  const lost = log.dropped > 0 ? [run(`${several(log.dropped, "line")} lost  `, "warn")] : [];
  const whose = tid === undefined ? [] : [run("of task ", "dim"), run(`${tid}  `, "warn")];
  return { ...list, info: [[...whose, ...lost, run(`${shown} of ${log.lines.length}`)]] };
}

const levelStyles: Readonly<Record<LogLine["level"], Style>> = {
  debug: "dim",
  info: "accent",
  warn: "warn",
  error: "bad",
  stdout: "normal",
  stderr: "link",
};

function columnsOf({ frame, look, found, size }: Screen): readonly Column<LogLine>[] {
  const bootedAt = frame === undefined ? 0 : frame.time - frame.at;
  const isWide = size.columns >= 100;
  return [
    {
      name: "time",
      title: "TIME",
      width: isWide ? 12 : 8,
      cell: ({ at }) => run(clock(bootedAt + at, look.zoneMinutes, isWide), "dim"),
    },
    { name: "level", title: "LEVEL", width: 6, cell: ({ level }) => run(level, levelStyles[level]) },
    {
      name: "tid",
      title: "TID",
      width: 6,
      isRight: true,
      drop: 2,
      cell: ({ tid }) => (tid === 0 ? run("-", "dim") : run(String(tid))),
    },
    {
      name: "name",
      title: "NAME",
      width: 16,
      drop: 1,
      cell: ({ tid, name }) => run(tid === 0 ? "kernel" : name, "dim"),
    },
    {
      name: "text",
      title: "TEXT",
      width: 20,
      least: 8,
      grows: 1,
      cell: ({ text, level }) =>
        marked(firstLine(text), found, level === "error" ? "bad" : level === "debug" ? "dim" : "normal"),
    },
  ];
}

function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end === -1 ? text : text.slice(0, end);
}
