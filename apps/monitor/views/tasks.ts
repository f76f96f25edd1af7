// The views of tasks: flat, as a tree by parent or by who waits for whom, and one row for each spawn site. Only the
// window that is in sight is drawn.

import { columnOf } from "../../control/columns.ts";
import type { PlacedRow } from "../../control/records.ts";
import { taskCells, titleOf } from "./columns.ts";
import { signs } from "./glyphs.ts";
import { type Body, firstInSight } from "./layout.ts";
import { cut, filled, type Run, restyled, run, type StyledLine } from "./line.ts";
import type { Region, Screen } from "./model.ts";
import { rowLine, type Table, tableOf, titleLine, titleRegions } from "./table.ts";

/** Marks before a row: the cursor's, and that it is tagged. */
const markWidth = 2;

export function tasksView(screen: Screen, rows: number): Body {
  const page = screen.frame?.tasks;
  if (page === undefined) return { lines: [[run(" waiting for the first frame", "dim")]], regions: [], info: [] };
  const { columns } = screen.size;
  const table = tableOf(taskCells(screen), columns - markWidth);
  const room = Math.max(0, rows - 1);
  const at = page.rows.findIndex(({ tid }) => tid === screen.cursor);
  const wanted = (screen.places[screen.view]?.top ?? page.first) - page.first;
  const first = firstInSight(page.rows.length, room, wanted, at);
  const shown = page.rows.slice(first, first + room);
  const regions: Region[] = [...titleRegions(table, 0, markWidth)];
  for (const [place, { tid }] of shown.entries()) {
    regions.push({ row: place + 1, from: 0, to: columns, target: { kind: "task", tid } });
  }
  return {
    lines: [
      titles(screen, table),
      ...shown.map((row) => line(row, table, screen)),
      ...(shown.length === 0 ? [[]] : []),
      ...empty(screen),
    ],
    regions,
    info: info(screen, page.first + first, shown.length),
    scroll: { top: page.first + first, rows: shown.length, total: page.total },
  };
}

function titles(screen: Screen, table: Table<PlacedRow>): StyledLine {
  const { sort = "cpu", isInverted = false } = screen.query.tasks ?? {};
  const { down, up } = signs[screen.look.glyphs];
  const arrow = columnOf(sort).isAscending === isInverted ? down : up;
  const runs = [run(" ".repeat(markWidth), "header"), ...titleLine(table, { name: sort, arrow })];
  return filled(runs, screen.size.columns, "header");
}

function line(row: PlacedRow, table: Table<PlacedRow>, screen: Screen): StyledLine {
  const { columns } = screen.size;
  const isHere = row.tid === screen.cursor && !row.isRepeat;
  const isTagged = screen.tagged.has(row.tid);
  const marks = run(`${isHere ? ">" : " "}${isTagged ? "*" : " "}`, isTagged ? "tagged" : "normal");
  const made = filled([marks, ...rowLine(table, row)], columns);
  if (screen.connection.kind === "stuck" && screen.connection.stuck.tid === row.tid) return restyled(made, "alarm");
  if (isHere) return restyled(made, "cursor");
  if (isTagged) return restyled(made, "tagged");
  return row.state === "Z" ? faded(made) : made;
}

/** What has ended is faint, but for what is wrong with it. */
function faded(runs: StyledLine): StyledLine {
  return runs.map((part): Run => (part.style === "bad" || part.style === "match" ? part : { ...part, style: "dim" }));
}

function empty({ frame, query }: Screen): readonly StyledLine[] {
  const page = frame?.tasks;
  if (page === undefined || page.rows.length > 0) return [];
  if (page.all === 0) return [[run(" no tasks", "dim")]];
  const filter = query.tasks?.filter ?? "";
  return [[run(filter === "" ? " nothing to show" : ` no task of ${page.all} passes the filter: ${filter}`, "dim")]];
}

function info({ frame, query, look }: Screen, first: number, shown: number): readonly StyledLine[] {
  const { sort = "cpu", isInverted = false, filter = "" } = query.tasks ?? {};
  const page = frame?.tasks;
  if (page === undefined) return [];
  const { down, up } = signs[look.glyphs];
  const arrow = columnOf(sort).isAscending === isInverted ? down : up;
  const range = shown === 0 ? `0 of ${page.total}` : `${first + 1}-${first + shown} of ${page.total}`;
  const of = filter === "" ? range : `${range} (${page.all})`;
  const sorted = run(`${titleOf(sort)}${arrow}`, "bold");
  const chosen = filter === "" ? [] : [run("filter ", "dim"), run(cut(filter, 30), "warn"), run("  ")];
  return [
    [run("sort ", "dim"), sorted, run("  "), ...chosen, run(of)],
    ...(filter === "" ? [] : [[...chosen, run(of)]]),
    [sorted, run("  "), ...(filter === "" ? [] : [run(cut(filter, 12), "warn"), run("  ")]), run(of)],
    [...(filter === "" ? [] : [run(cut(filter, 6), "warn"), run(" ")]), run(of)],
    [run(range)],
  ];
}
