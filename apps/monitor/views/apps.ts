// The apps view: what was started on this kernel, how it goes or how it ended, and the numbers that it publishes, plotted.

import type { AppRow, GaugeRecord } from "../../control/records.ts";
import { compact, count, duration, percent, several } from "./format.ts";
import { sparkline, topOf } from "./glyphs.ts";
import type { Body } from "./layout.ts";
import { run, type Style, type StyledLine, toLeft, toRight } from "./line.ts";
import { listView } from "./list.ts";
import type { Screen } from "./model.ts";
import type { Column } from "./table.ts";

export function appsView(screen: Screen, rows: number): Body {
  const all = screen.frame?.apps ?? [];
  const { lines, regions, scroll } = listView(screen, rows, {
    columns: columnsOf(screen),
    rows: all,
    below: (app) => belowOf(app, screen),
    empty: "no app was started",
  });
  return { lines, regions, scroll, info: [[run(several(all.length, "app"))]] };
}

const stateStyles: Readonly<Record<AppRow["state"], Style>> = {
  running: "good",
  returned: "dim",
  threw: "bad",
  killed: "warn",
};

function columnsOf({ frame }: Screen): readonly Column<AppRow>[] {
  const now = frame?.at ?? 0;
  return [
    { name: "tid", title: "TID", width: 6, isRight: true, cell: ({ tid }) => run(String(tid)) },
    { name: "name", title: "APP", width: 12, least: 8, grows: 1, cell: ({ name }) => run(name, "bold") },
    { name: "state", title: "STATE", width: 8, cell: ({ state }) => run(state, stateStyles[state]) },
    {
      name: "tasks",
      title: "TASKS",
      width: 6,
      isRight: true,
      drop: 4,
      cell: ({ tasks }) => run(count(tasks), tasks === 0 ? "dim" : "normal"),
    },
    {
      name: "cpu",
      title: "CPU%",
      width: 5,
      isRight: true,
      drop: 3,
      cell: ({ cpu }) => run(percent(cpu), cpu === null ? "dim" : "normal"),
    },
    {
      name: "started",
      title: "AGE",
      width: 6,
      isRight: true,
      drop: 2,
      cell: ({ startedAt }) => run(duration(now - startedAt), "dim"),
    },
    {
      name: "path",
      title: "STARTED AS",
      width: 16,
      least: 6,
      grows: 3,
      cell: ({ path, argv }) => [run(path), run(argv.map((argument) => ` ${argument}`).join(""), "dim")],
    },
  ];
}

function belowOf(app: AppRow, screen: Screen): readonly StyledLine[] {
  const lines: StyledLine[] = app.gauges.map((gauge) => gaugeLine(gauge, screen));
  if (app.exit !== "") lines.unshift([run("        "), run(app.exit, stateStyles[app.state])]);
  return lines.length === 0 ? [] : [...lines, []];
}

/** "queue   12 ▁▂▃…  0 to 30": its name, its value, a minute of it, and what it lay between. */
function gaugeLine({ name, value, history }: GaugeRecord, { size, look }: Screen): StyledLine {
  const isWide = size.columns >= 72;
  const width = Math.max(4, Math.min(60, size.columns - (isWide ? 56 : 30)));
  const shown = history.slice(-width);
  const top = topOf(shown, 0);
  const low = shown.reduce((least, each) => Math.min(least, each), top);
  return [
    run("        "),
    run(toLeft(name, isWide ? 22 : 10)),
    run(` ${toRight(compact(value), 7)}  `, "bold"),
    ...sparkline(shown, top, width, look.glyphs),
    run(isWide ? `  ${compact(low)} to ${compact(top)}` : "", "dim"),
  ];
}
