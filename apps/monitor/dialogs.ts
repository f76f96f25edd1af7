// Keys while a dialog lies over the view. Nothing in one is done without Enter or y, and Escape always means no.

import { chooseColumns } from "./actions/program.ts";
import { sortBy } from "./actions/rows.ts";
import { sendSignal } from "./actions/tasks.ts";
import { scroll } from "./scrolling.ts";
import type { Viewer } from "./viewer.ts";
import { type ColumnChoice, type Dialog, signalChoices } from "./views/model.ts";

const page = 10;
const steps: Readonly<Record<string, number>> = {
  up: -1,
  down: 1,
  k: -1,
  j: 1,
  "M-k": -1,
  "M-j": 1,
  pageup: -page,
  pagedown: page,
  space: page,
  home: Number.NEGATIVE_INFINITY,
  end: Number.POSITIVE_INFINITY,
};
/** Keys that move a column. */
const moves: Readonly<Record<string, -1 | 1>> = { "<": -1, ">": 1, "[": -1, "]": 1, left: -1, right: 1 };
/** Lines that a text can be scrolled by at most; the view stops earlier, at its end. */
const maxLines = 10_000;

/** A key while a dialog is open. */
export function dialogKey(viewer: Viewer, dialog: Dialog, key: string): void {
  if (dialog.kind === "confirm") {
    answer(viewer, key === "enter" || key === "y");
    return;
  }
  if (key === "escape" || key === "q" || key === "f10") {
    viewer.dialog(undefined);
    return;
  }
  if (dialog.kind === "columns") columnKey(viewer, dialog, key);
  else if (dialog.kind === "signal" || dialog.kind === "sort") choiceKey(viewer, dialog, key);
  else if (key === "enter") viewer.dialog(undefined);
  else if (key === "y" && dialog.kind === "text") viewer.surface.copy(dialog.text);
  else
    scroll(viewer, stepped(dialog.top, key, maxLines) - dialog.top, dialog.top, (top) =>
      viewer.dialog({ ...dialog, top }),
    );
}

/** A click on one of a dialog's choices: the first chooses it, the next takes it. */
export function dialogClick(viewer: Viewer, dialog: Dialog, choice: number): void {
  if (dialog.kind !== "columns" && dialog.kind !== "signal" && dialog.kind !== "sort") return;
  if (dialog.choice === choice) dialogKey(viewer, dialog, dialog.kind === "columns" ? "space" : "enter");
  else viewer.dialog({ ...dialog, choice });
}

function answer(viewer: Viewer, isYes: boolean): void {
  const { confirmed } = viewer;
  viewer.confirmed = undefined;
  viewer.dialog(undefined);
  if (isYes) confirmed?.();
}

function choiceKey(viewer: Viewer, dialog: Extract<Dialog, { kind: "signal" | "sort" }>, key: string): void {
  const count = dialog.kind === "signal" ? signalChoices.length : dialog.choices.length;
  if (key !== "enter") {
    viewer.dialog({ ...dialog, choice: stepped(dialog.choice, key, count) });
    return;
  }
  viewer.dialog(undefined);
  if (dialog.kind === "sort") {
    const column = dialog.choices[dialog.choice];
    if (column !== undefined) sortBy(viewer, column);
    return;
  }
  const signal = signalChoices[dialog.choice]?.signal;
  const tids = dialog.targets.map(({ tid }) => tid);
  if (signal !== undefined) sendSignal(viewer, signal, tids);
}

// Space shows a column or not; < and > move it; Enter keeps what was chosen.
function columnKey(viewer: Viewer, dialog: Extract<Dialog, { kind: "columns" }>, key: string): void {
  const { choices, choice } = dialog;
  if (key === "enter") {
    viewer.dialog(undefined);
    const shown = choices.filter(({ isShown }) => isShown).map(({ name }) => name);
    chooseColumns(viewer, shown.length === 0 ? undefined : shown);
  } else if (key === "space") {
    const toggled = choices.map(
      (each, at): ColumnChoice => (at === choice ? { ...each, isShown: !each.isShown } : each),
    );
    viewer.dialog({ ...dialog, choices: toggled });
  } else if (key in moves) {
    const to = choice + (moves[key] ?? 0);
    viewer.dialog(
      to < 0 || to >= choices.length ? dialog : { ...dialog, choices: swapped(choices, choice, to), choice: to },
    );
  } else {
    viewer.dialog({ ...dialog, choice: stepped(choice, key, choices.length) });
  }
}

function swapped(choices: readonly ColumnChoice[], from: number, to: number): readonly ColumnChoice[] {
  const next = [...choices];
  const [taken] = next.splice(from, 1);
  if (taken !== undefined) next.splice(to, 0, taken);
  return next;
}

function stepped(at: number, key: string, count: number): number {
  return Math.max(0, Math.min(at + (steps[key] ?? 0), count - 1));
}
