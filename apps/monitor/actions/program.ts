// The program's own affairs: the interval, columns, copying and saving what is shown, leaving.

import type { Program } from "../../../kernel/syscall.ts";
import { taskColumns } from "../../control/records.ts";
import { writeFile } from "../../lib/index.ts";
import { isOfTasks, sentence, type Viewer } from "../viewer.ts";
import { firstItem, itemsOf } from "./moving.ts";
import { columnsOnScreen, declaredColumns } from "./rows.ts";

/** Leaves; the kernel goes on, unless it is the user's own run in this terminal. */
export function quit(viewer: Viewer): void {
  viewer.leave(viewer.screen.connection.kind === "gone" ? 1 : 0);
}

/** Sets how often a frame comes, ms. */
export function setInterval(viewer: Viewer, everyMs: number): void {
  viewer.change({ everyMs });
  viewer.say(
    everyMs === 0 ? "as fast as frames come, at most 10 a second" : `a frame every ${everyMs / 1_000} s`,
    "good",
  );
  viewer.ask();
}

/** Copies the row under the cursor, or all tagged rows, as text. */
export function copy(viewer: Viewer): void {
  const { screen, rows } = viewer;
  const chosen = rows.filter(({ tid }) => (screen.tagged.size > 0 ? screen.tagged.has(tid) : tid === screen.cursor));
  if (chosen.length === 0) return;
  const text = chosen.map(({ tid, state, verb, object, name }) =>
    [tid, state, `${verb} ${object}`.trim(), name].join("\t"),
  );
  const isTaken = viewer.surface.copy(text.join("\n"));
  if (isTaken) viewer.say(chosen.length === 1 ? "copied the row" : `copied ${chosen.length} rows`, "good");
  else viewer.say("that is too long for a clipboard", "warn");
}

/** The text of what the cursor is on, in full. */
export function fullText(viewer: Viewer): void {
  const { view } = viewer.screen;
  const items = itemsOf(viewer);
  const { row, isAtEnd } = viewer.place;
  const item = isOfTasks(view)
    ? viewer.cursorRow
    : items[isAtEnd === true ? items.length - 1 : row - firstItem(viewer)];
  if (item === undefined) return;
  const title = isOfTasks(view) ? `task ${viewer.screen.cursor}` : view;
  viewer.dialog({ kind: "text", title, text: rowText(item), top: 0 });
}

function rowText(row: object): string {
  return Object.entries(row)
    .filter(([name, value]) => !["lasts", "count", "isRepeat"].includes(name) && value !== "" && value !== null)
    .map(([name, value]) => `${name.padEnd(12)} ${shown(value)}`)
    .join("\n");
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Saves all that the view shows, as JSON, to a file of its own in the working directory. */
export function save(viewer: Viewer): void {
  const { frame, view, log, trace } = viewer.screen;
  if (frame === undefined) return;
  // Of what comes in pieces, all that is on the screen.
  const shown = { ...frame, ...(view === "log" && { log }), ...(trace.records.length > 0 && { trace }) };
  const bytes = new TextEncoder().encode(`${JSON.stringify(shown, undefined, 2)}\n`);
  viewer.errand("save", function* save(): Program<void> {
    const path = `yieldix-${frame.kernel.pid}-${view}-${frame.seq}.json`;
    yield* writeFile(path, bytes, { mode: 0o600 });
    viewer.say(`saved to ${path}`, "good");
  });
}

/** The dialog that chooses columns. */
export function openColumns(viewer: Viewer): void {
  const { screen, rows } = viewer;
  const shown = screen.columns ?? columnsOnScreen(viewer);
  const names = [...new Set([...shown, ...taskColumns, ...declaredColumns(rows)])];
  viewer.dialog({
    kind: "columns",
    choice: 0,
    choices: names.map((name) => ({ name, isShown: shown.includes(name) })),
  });
}

/** Shows these columns, in this order, from now on. */
export function chooseColumns(viewer: Viewer, columns: readonly string[] | undefined): void {
  viewer.change({ columns });
  try {
    viewer.options.save?.({ columns });
  } catch (error) {
    viewer.say(`the columns could not be saved: ${sentence(error)}`, "warn");
  }
}

/** Looks at what the kernel is stuck in. */
export function lookAtStuck(viewer: Viewer): void {
  viewer.errand("stack", function* look(): Program<void> {
    const stuck = yield* viewer.connected().ask("stuck", {});
    if (stuck === null) viewer.say("the kernel answers again", "good");
    else {
      const text = stuck.stack.length === 0 ? "the guard has not seen its stack yet" : stuck.stack.join("\n");
      viewer.dialog({ kind: "text", title: `task ${stuck.tid} ${stuck.name} does not yield`, text, top: 0 });
    }
  });
}

/** Ends the kernel's process at once, after a question. */
export function endProcess(viewer: Viewer): void {
  const { end } = viewer.source;
  const pid = viewer.port?.hello.pid;
  if (end === undefined || pid === undefined) {
    viewer.say("its process cannot be ended from here", "warn");
    return;
  }
  viewer.dialog({ kind: "confirm", question: `End process ${pid} at once? No finally runs.`, targets: [] });
  viewer.confirmed = () => end(pid);
}

/** Asks the kernel to end its run in good order. */
export function stopKernel(viewer: Viewer): void {
  viewer.dialog({ kind: "confirm", question: "End the run of this kernel, in good order?", targets: [] });
  viewer.confirmed = () => {
    viewer.errand("stop", function* stop(): Program<void> {
      yield* viewer.connected().ask("stop", { why: "stopped from yieldix top" });
      viewer.say("the kernel is ending", "good");
    });
  };
}
