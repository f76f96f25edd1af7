// Tracing syscalls: who is traced for us, on the kernel's side, and what the views of it show. The view of one task traces
// that task by itself, and stops when it is left; what was asked for with s or S goes on.

import type { Viewer } from "../viewer.ts";

const nobody = { tids: [], all: false };

/** Traces these tasks, or all; none: no more. What has come before is forgotten. */
export function trace(viewer: Viewer, whom: { readonly tids: readonly number[]; readonly all: boolean }): void {
  const before = viewer.screen.trace;
  viewer.isTracing = false;
  viewer.change({ trace: { ...before, ...whom, isPaused: false, records: [], dropped: 0 } });
  viewer.errand("trace", function* tell() {
    // A later wish has come before this one was told.
    if (viewer.screen.trace.tids !== whom.tids) return;
    yield* viewer.connected().ask("trace", whom.all ? { all: true } : { tids: whom.tids });
    if (viewer.screen.trace.tids !== whom.tids) return;
    viewer.traceLast = 0;
    viewer.isTracing = whom.all || whom.tids.length > 0;
    viewer.ask();
  });
}

/** s: these tasks, or no more of them; S: all, or no more. */
export function traceTasks(viewer: Viewer): boolean {
  const tids = viewer.targets.map(({ tid }) => tid);
  if (tids.length === 0) return false;
  viewer.tracesDetail = false;
  trace(viewer, { tids, all: false });
  return true;
}

export function traceAll(viewer: Viewer): void {
  viewer.tracesDetail = false;
  trace(viewer, { tids: [], all: true });
}

export function stopTracing(viewer: Viewer): void {
  viewer.tracesDetail = false;
  trace(viewer, nobody);
}

/** The view has changed, or the task that it is about. */
export function traceDetail(viewer: Viewer): void {
  const { view, cursor, trace: now } = viewer.screen;
  const isByHand = !viewer.tracesDetail && (now.all || now.tids.length > 0);
  if (isByHand) return;
  if (view === "detail" && cursor > 0) {
    if (now.tids[0] === cursor) return;
    viewer.tracesDetail = true;
    trace(viewer, { tids: [cursor], all: false });
  } else if (viewer.tracesDetail && view !== "trace") {
    stopTracing(viewer);
  }
}

export function pauseTrace(viewer: Viewer): void {
  const { trace: now } = viewer.screen;
  viewer.change({ trace: { ...now, isPaused: !now.isPaused } });
  viewer.ask();
}

export function countTrace(viewer: Viewer): void {
  const { trace: now } = viewer.screen;
  viewer.change({ trace: { ...now, isCounted: !now.isCounted } });
}
