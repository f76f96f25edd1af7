// The front of the views: a screen's state in, its lines out. Every line has exactly as many cells as the screen is wide,
// and no byte that could act on a terminal, whatever the records say.

import { appsView } from "./apps.ts";
import { keyLine, messageLine, notesLine, promptLine, selectionLine, tabLine } from "./chrome.ts";
import { detailView } from "./detail.ts";
import { overlayOf } from "./dialogs.ts";
import { endpointsView } from "./endpoints.ts";
import { headerLines } from "./header.ts";
import { type Body, layoutOf, leastSize, type View } from "./layout.ts";
import { filled, laidOver, restyled, run, type StyledLine, seal } from "./line.ts";
import { logView } from "./log.ts";
import type { Dialog, Picture, Region, Screen, ViewName } from "./model.ts";
import { syscallsView } from "./syscalls.ts";
import { tasksView } from "./tasks.ts";
import { traceView } from "./trace.ts";

const views: Readonly<Record<ViewName, View>> = {
  tasks: tasksView,
  tree: tasksView,
  detail: detailView,
  io: endpointsView,
  syscalls: syscallsView,
  log: logView,
  apps: appsView,
  trace: traceView,
};

/** Draws a screen. It only reads what it is given; the same state gives the same picture. */
export function draw(screen: Screen): Picture {
  const { columns, rows } = screen.size;
  const lines = rows < leastSize.rows || columns < leastSize.columns ? tooSmall(screen) : undefined;
  const picture = lines === undefined ? full(screen) : { lines, cursor: undefined, regions: [] };
  return { ...picture, lines: sealed(picture.lines, screen) };
}

function full(screen: Screen): Picture {
  const { size, prompt, message } = screen;
  const layout = layoutOf(size);
  const bodyAt = layout.header + layout.tabs;
  const last = size.rows - 1;
  const body = bodyOf(screen, layout.body);
  const regions: Region[] = body.regions.map((region) => ({ ...region, row: region.row + bodyAt }));
  const lines: StyledLine[] = [...headerLines(screen, layout.header)];
  if (layout.tabs > 0) {
    const tabs = tabLine(screen, body.info, layout.header);
    lines.push(tabs.line);
    regions.push(...tabs.regions);
  }
  const under = Array.from({ length: layout.body }, (_, row) => body.lines[row] ?? []);
  lines.push(...(screen.dialog === undefined ? under : covered(under, screen.dialog, screen, bodyAt, regions)));
  if (layout.selection > 0) lines.push(selectionLine(screen));
  if (layout.notes > 0) {
    const notes = notesLine(screen, lines.length);
    lines.push(notes.line);
    regions.push(...notes.regions);
  }
  if (prompt !== undefined) {
    const { line, column } = promptLine(screen);
    return { lines: [...lines, line], cursor: { row: last, column }, regions };
  }
  if (message !== undefined && layout.notes === 0)
    return { lines: [...lines, messageLine(message)], cursor: undefined, regions };
  const keys = keyLine(screen, last);
  return { lines: [...lines, keys.line], cursor: undefined, regions: [...regions, ...keys.regions] };
}

/** The view with a dialog in its middle, whose regions lie over all others. */
function covered(
  under: readonly StyledLine[],
  dialog: Dialog,
  screen: Screen,
  at: number,
  regions: Region[],
): readonly StyledLine[] {
  const { columns } = screen.size;
  const over = overlayOf(dialog, screen, under.length);
  const row = Math.max(0, Math.floor((under.length - over.lines.length) / 2));
  const column = Math.max(0, Math.floor((columns - over.width) / 2));
  for (const region of over.regions) {
    regions.push({ ...region, row: region.row + row + at, from: region.from + column, to: region.to + column });
  }
  return under.map((line, place) => {
    const piece = over.lines[place - row];
    return piece === undefined ? line : laidOver(filled(line, columns), column, piece);
  });
}

/** The view, faint when its frame is old, but for the task that sticks the kernel. */
function bodyOf(screen: Screen, rows: number): Body {
  const body = views[screen.view](screen, rows);
  const { kind } = screen.connection;
  if (kind !== "stuck" && kind !== "reconnecting" && kind !== "gone") return body;
  return {
    ...body,
    lines: body.lines.map((line) => (line.some(({ style }) => style === "alarm") ? line : restyled(line, "dim"))),
  };
}

function tooSmall({ size }: Screen): readonly StyledLine[] {
  const text = `needs ${leastSize.columns}x${leastSize.rows}, have ${size.columns}x${size.rows}`;
  const before = " ".repeat(Math.max(0, Math.floor((size.columns - text.length) / 2)));
  return Array.from({ length: size.rows }, (_, row) =>
    row === Math.floor((size.rows - 1) / 2) ? [run(before + text)] : [],
  );
}

/** The last cell of the last line stays blank: a terminal may scroll when it is written. */
function sealed(lines: readonly StyledLine[], { size, look }: Screen): readonly StyledLine[] {
  const isAscii = look.glyphs === "ascii";
  return lines.map((line, row) => {
    if (row < size.rows - 1) return seal(line, size.columns, isAscii);
    return seal([...seal(line, Math.max(0, size.columns - 1), isAscii), run(" ")], size.columns, isAscii);
  });
}
