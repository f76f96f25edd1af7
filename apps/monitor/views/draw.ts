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

/** Lines that stand together; their regions count rows from the first. */
interface Part {
  readonly lines: readonly StyledLine[];
  readonly regions: readonly Region[];
}

function full(screen: Screen): Picture {
  const { size, prompt } = screen;
  const layout = layoutOf(size);
  const view = bodyOf(screen, layout.body);
  const body = screen.dialog === undefined ? view : covered(view, screen.dialog, screen);
  const parts: Part[] = [{ lines: headerLines(screen, layout.header), regions: [] }];
  if (layout.tabs > 0) parts.push(tabLine(screen, view.info));
  parts.push(body);
  if (layout.selection > 0) parts.push({ lines: [selectionLine(screen)], regions: [] });
  if (layout.notes > 0) parts.push(notesLine(screen));
  parts.push(bottom(screen, layout.notes > 0));
  const cursor = prompt === undefined ? undefined : { row: size.rows - 1, column: promptLine(screen).column };
  return { ...stacked(parts), cursor, ...(body.scroll === undefined ? {} : { scroll: body.scroll }) };
}

function stacked(parts: readonly Part[]): { lines: readonly StyledLine[]; regions: readonly Region[] } {
  const lines: StyledLine[] = [];
  const regions: Region[] = [];
  for (const part of parts) {
    for (const region of part.regions) regions.push({ ...region, row: region.row + lines.length });
    lines.push(...part.lines);
  }
  return { lines, regions };
}

/** What is typed; else what happened last, where it has no line of its own; else the keys. */
function bottom(screen: Screen, hasNotes: boolean): Part {
  if (screen.prompt !== undefined) return { lines: [promptLine(screen).line], regions: [] };
  if (screen.message !== undefined && !hasNotes) return { lines: [messageLine(screen.message)], regions: [] };
  return keyLine(screen);
}

/** A view with a dialog in its middle, whose regions lie over all others. */
function covered(view: Body, dialog: Dialog, screen: Screen): Body {
  const { columns } = screen.size;
  const over = overlayOf(dialog, screen, view.lines.length);
  const row = Math.max(0, Math.floor((view.lines.length - over.lines.length) / 2));
  const column = Math.max(0, Math.floor((columns - over.width) / 2));
  const regions = over.regions.map((region) => ({
    ...region,
    row: region.row + row,
    from: region.from + column,
    to: region.to + column,
  }));
  const lines = view.lines.map((line, place) => {
    const piece = over.lines[place - row];
    return piece === undefined ? line : laidOver(filled(line, columns), column, piece);
  });
  return { ...view, lines, regions: [...view.regions, ...regions], scroll: over.scroll };
}

/** Exactly `rows` lines of the view: faint when its frame is old, but for the task that sticks the kernel. */
function bodyOf(screen: Screen, rows: number): Body {
  const body = views[screen.view](screen, rows);
  const lines = Array.from({ length: rows }, (_, row) => body.lines[row] ?? []);
  const { kind } = screen.connection;
  if (kind !== "stuck" && kind !== "reconnecting" && kind !== "gone") return { ...body, lines };
  const faint = lines.map((line) => (line.some(({ style }) => style === "alarm") ? line : restyled(line, "dim")));
  return { ...body, lines: faint };
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
