// What lies over a view: menus, questions, long texts, help; each a box in the middle of it. All of them close with Esc.

import { titleOf } from "./columns.ts";
import { frameLines } from "./detail.ts";
import { boxes } from "./glyphs.ts";
import { helpLines } from "./help.ts";
import { firstInSight } from "./layout.ts";
import { cut, filled, type Run, run, type Style, type StyledLine, widthOf } from "./line.ts";
import { type Dialog, type Named, type Region, type Screen, type Scroll, signalChoices } from "./model.ts";

/** A box, and where its choices are: their rows are counted from its first line. */
export interface Overlay {
  readonly lines: readonly StyledLine[];
  readonly regions: readonly Region[];
  readonly width: number;
  readonly scroll: Scroll;
}

interface Content {
  readonly title: string;
  /** How wide it would like to be, of at most what there is. */
  readonly width: number;
  readonly lines: readonly StyledLine[];
  /** First line in sight, and the one that has to be, with how many lines at the top that are always shown; -1: none. */
  readonly top: number;
  readonly chosen: number;
  /** Choices that begin at the first line; 0: none. */
  readonly choices: number;
  /** Always at the bottom. */
  readonly foot: string;
}

/** @param rows how many lines there are for it */
export function overlayOf(dialog: Dialog, screen: Screen, rows: number): Overlay {
  const most = screen.size.columns - 4;
  const content = contentOf(dialog, screen, most - 4);
  const width = Math.max(4, Math.min(most, Math.max(content.width, content.title.length + 2, content.foot.length) + 4));
  return boxed(content, width, rows, screen);
}

function contentOf(dialog: Dialog, screen: Screen, width: number): Content {
  switch (dialog.kind) {
    case "help": {
      const lines = helpLines(screen, width);
      return {
        ...plain,
        title: `Help: ${screen.view}`,
        width,
        lines,
        top: dialog.top,
        foot: "Up Down PgDn scroll   Esc closes",
      };
    }
    case "signal":
      return signalContent(dialog, width);
    case "columns": {
      const lines = dialog.choices.map(({ name, isShown }, place) =>
        choiceLine(`${isShown ? "[x]" : "[ ]"} ${titleOf(name)}`, place === dialog.choice),
      );
      const foot = "Space shows or hides   < > move   Enter keeps   Esc forgets";
      return {
        ...plain,
        title: "Columns",
        width: 34,
        lines,
        top: dialog.choice - 3,
        chosen: dialog.choice,
        choices: lines.length,
        foot,
      };
    }
    case "sort": {
      const lines = dialog.choices.map((name, place) => choiceLine(titleOf(name), place === dialog.choice));
      return {
        ...plain,
        title: "Sort by",
        width: 24,
        lines,
        top: dialog.choice - 3,
        chosen: dialog.choice,
        choices: lines.length,
        foot: "Enter sorts   Esc does not",
      };
    }
    case "confirm": {
      const most = Math.min(width, 58);
      const lines = [...wrapped(dialog.question, most, "dialogTitle"), [], ...targetLines(dialog.targets, most)];
      return { ...plain, title: "Sure?", width: most, lines, foot: "Enter or y: yes   anything else: no" };
    }
    case "text": {
      const lines = wrapped(dialog.text, width, "dialog");
      return {
        ...plain,
        title: dialog.title,
        width: widest(lines),
        lines,
        top: dialog.top,
        foot: "y copies   Esc closes",
      };
    }
    case "locals": {
      const { task, frames, top } = dialog;
      const lines =
        frames.length === 0
          ? [[run("no frame of it is parked", "dialog")]]
          : frames.flatMap((frame) => frameLines(frame));
      return { ...plain, title: `Where ${task.tid} ${task.name} stands`, width, lines, top, foot: "Esc closes" };
    }
  }
}

const plain = { top: 0, chosen: -1, choices: 0 } as const;

function signalContent({ targets, choice, top }: Dialog & { kind: "signal" }, width: number): Content {
  const choices = signalChoices.map(({ signal, word, text }, place) =>
    choiceLine(`${signal.padEnd(5)} ${word.padEnd(10)} ${text}`, place === choice),
  );
  const [only] = targets;
  const whom =
    targets.length === 1 && only !== undefined ? `${only.tid} ${cut(only.name, 24)}` : `${targets.length} tasks`;
  return {
    title: `Send a signal to ${whom}`,
    width: 58,
    lines: [...choices, [], ...targetLines(targets, Math.min(width, 58))],
    top,
    chosen: choice,
    choices: choices.length,
    foot: "Enter sends   Esc does nothing",
  };
}

function choiceLine(text: string, isChosen: boolean): StyledLine {
  return [run(`${isChosen ? ">" : " "} ${text}`, isChosen ? "choice" : "dialog")];
}

/** Every task that is meant, as many in a line as fit. */
function targetLines(targets: readonly Named[], width: number): readonly StyledLine[] {
  const words = targets.map(({ tid, name }) => `${tid} ${cut(name, 24)}`);
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 2 <= width) lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(word);
  }
  return lines.map((text) => [run(text, "dialog")]);
}

const maxTextLines = 2_000;

/** Lines of a text, broken at the width. */
export function wrapped(text: string, width: number, style: Style): readonly StyledLine[] {
  const room = Math.max(1, width);
  const lines: StyledLine[] = [];
  for (const line of text.split("\n", maxTextLines)) {
    for (let from = 0; from === 0 || from < line.length; from += room) {
      if (lines.length >= maxTextLines) return lines;
      lines.push([run(line.slice(from, from + room), style)]);
    }
  }
  return lines;
}

function widest(lines: readonly StyledLine[]): number {
  return lines.reduce((width, line) => Math.max(width, widthOf(line)), 0);
}

function boxed(
  { title, lines, top, chosen, choices, foot }: Content,
  width: number,
  rows: number,
  { look }: Screen,
): Overlay {
  const { across, down, corners } = boxes[look.glyphs];
  const [topLeft, topRight, bottomLeft, bottomRight] = corners;
  const inside = width - 4;
  const room = Math.max(0, Math.min(lines.length, rows - 4));
  const first = firstInSight(lines.length, room, top, chosen);
  const shown = lines.slice(first, first + room);
  const side = run(down, "dialog");
  const body = (line: StyledLine): StyledLine => {
    const [only] = line;
    const fill: Style = line.length === 1 && only?.style === "choice" ? "choice" : "dialog";
    return [side, run(" ", "dialog"), ...filled(line.map(within), inside, fill), run(" ", "dialog"), side];
  };
  const head = ` ${cut(title, Math.max(1, inside - 2))} `;
  const rest = lines.length - first - shown.length;
  const more = rest > 0 ? ` ${rest} more ` : "";
  const made: StyledLine[] = [
    [
      run(topLeft + across, "dialog"),
      run(head, "dialogTitle"),
      run(across.repeat(Math.max(0, width - 3 - head.length)) + topRight, "dialog"),
    ],
    ...shown.map(body),
    body([]),
    body([run(cut(foot, inside), "dialogKey")]),
    [run(bottomLeft + across.repeat(Math.max(0, width - 3 - more.length)) + more + across + bottomRight, "dialog")],
  ];
  const regions = shown.flatMap((_, at): Region[] =>
    first + at < choices ? [{ row: at + 1, from: 0, to: width, target: { kind: "choice", choice: first + at } }] : [],
  );
  return {
    lines: made.map((line) => filled(line, width, "dialog")),
    regions,
    width,
    scroll: { top: first, rows: shown.length, total: lines.length },
  };
}

/** Styles of a view on the ground of a dialog. */
function within({ text, style }: Run): Run {
  if (style === "choice" || style === "dialogTitle" || style === "dialogKey") return { text, style };
  return { text, style: style === "bold" ? "dialogTitle" : style === "accent" ? "dialogKey" : "dialog" };
}
