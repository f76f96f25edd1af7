// What the user does, to what it means: a key goes to the open line, else to the dialog, else by the key table to its
// action; a click by the regions of the picture. Ctrl-C leaves from everywhere.

import { actions } from "./actions/index.ts";
import { goTo, move } from "./actions/moving.ts";
import { endProcess, lookAtStuck } from "./actions/program.ts";
import { show, sortBy } from "./actions/rows.ts";
import { isRefused, sendSignal } from "./actions/tasks.ts";
import { play } from "./actions/time.ts";
import { dialogClick, dialogKey } from "./dialogs.ts";
import { promptKey, promptPaste } from "./prompts.ts";
import type { InputEvent } from "./screen/input.ts";
import type { Mouse } from "./screen/sequences.ts";
import { isOfTasks, type Viewer } from "./viewer.ts";
import { actionOf } from "./views/keys.ts";
import type { Target } from "./views/model.ts";

const wheelRows = 3;

/** Does what an event means. */
export function dispatch(viewer: Viewer, event: InputEvent | { readonly kind: "resize" }): void {
  if (event.kind === "key") key(viewer, event.name, event.text);
  else if (event.kind === "paste") promptPaste(viewer, event.text);
  else if (event.kind === "mouse") mouse(viewer, event);
  else viewer.ask();
}

function key(viewer: Viewer, name: string, typed: string): void {
  const { screen } = viewer;
  viewer.change({ message: undefined });
  if (name === "C-c") actions.quit(viewer);
  else if (screen.prompt !== undefined) promptKey(viewer, name, typed);
  else if (name === "C-z") actions.suspend(viewer);
  else if (screen.dialog !== undefined) dialogKey(viewer, screen.dialog, name);
  else if (screen.connection.kind === "stuck" && stuckKey(viewer, name)) return;
  else if (viewer.replay !== undefined && name === "space") play(viewer);
  else {
    const action = actionOf(name, screen.view, screen.look.isVi);
    if (action !== undefined) actions[action](viewer);
  }
}

/** While the kernel does not answer: a look at its stack, the end of the task, the end of the process. */
function stuckKey(viewer: Viewer, name: string): boolean {
  const { connection } = viewer.screen;
  if (connection.kind !== "stuck") return false;
  const { tid } = connection.stuck;
  if (/^([kKX]|f9)$/.test(name) && isRefused(viewer)) return true;
  if (name === "B" || name === "b") {
    lookAtStuck(viewer);
  } else if (/^([kK]|f9)$/.test(name) && tid === 0) {
    viewer.say("it is in no task's turn: there is no task to kill (X ends its process)", "warn");
  } else if (name === "k" || name === "K" || name === "f9") {
    const target = { tid, name: connection.stuck.name };
    viewer.dialog({ kind: "confirm", question: `Kill task ${tid}, which does not yield?`, targets: [target] });
    viewer.confirmed = () => sendSignal(viewer, "KILL", [tid]);
  } else if (name === "X") {
    endProcess(viewer);
  } else {
    return false;
  }
  return true;
}

function mouse(viewer: Viewer, event: Mouse): void {
  const { dialog, prompt } = viewer.screen;
  if (event.action === "wheelUp" || event.action === "wheelDown") {
    const by = event.action === "wheelUp" ? -1 : 1;
    if (dialog !== undefined) dialogKey(viewer, dialog, by < 0 ? "up" : "down");
    else move(viewer, by * wheelRows);
    return;
  }
  if (event.action !== "press" || event.button !== "left" || prompt !== undefined) return;
  const hit = viewer.picture?.regions.findLast(
    ({ row, from, to }) => row === event.row && event.column >= from && event.column < to,
  );
  if (hit !== undefined) click(viewer, hit.target);
  else if (dialog !== undefined) viewer.dialog(undefined);
}

function click(viewer: Viewer, target: Target): void {
  const { dialog } = viewer.screen;
  viewer.change({ message: undefined });
  if (dialog !== undefined) {
    if (target.kind === "choice") dialogClick(viewer, dialog, target.choice);
    else if (dialog.kind !== "confirm") viewer.dialog(undefined);
    return;
  }
  if (target.kind === "task") clickTask(viewer, target.tid);
  else if (target.kind === "row") clickRow(viewer, target.row);
  else if (target.kind === "sort") sortBy(viewer, target.column);
  else if (target.kind === "view") show(viewer, target.view);
  else if (target.kind === "action") actions[target.action](viewer);
}

function clickRow(viewer: Viewer, row: number): void {
  if (row === viewer.place.row) actions.open(viewer);
  else viewer.movePlace({ ...viewer.place, row, isAtEnd: false });
}

// The second click on a task opens it.
function clickTask(viewer: Viewer, tid: number): void {
  const isHere = viewer.screen.cursor === tid && viewer.isHeld;
  if (!isOfTasks(viewer.screen.view)) show(viewer, "tasks");
  else if (isHere) actions.open(viewer);
  goTo(viewer, tid);
}
