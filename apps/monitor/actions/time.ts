// Time: a display that stands still and steps through the frames of before, and a recording that is stepped or played.

import { settle } from "../frames.ts";
import type { Viewer } from "../viewer.ts";

/** Freezes the display at the newest frame, or lets it go on. The kernel goes on, and so does what is kept of it. */
export function freeze(viewer: Viewer): void {
  const { kind } = viewer.screen.connection;
  if (viewer.replay !== undefined) {
    play(viewer);
  } else if (kind === "frozen") {
    thaw(viewer);
  } else if (kind === "live" && viewer.kept.length > 0) {
    viewer.frozen = [...viewer.kept];
    viewer.change({ connection: { kind: "frozen", back: 0, kept: viewer.frozen.length } });
  }
}

export function thaw(viewer: Viewer): void {
  viewer.frozen = [];
  const frame = viewer.kept.at(-1);
  viewer.change({ connection: { kind: "live" }, ...(frame === undefined ? {} : { frame }) });
  settle(viewer);
  viewer.ask();
}

/** Steps through the frames that were kept, or through the recording. The first step freezes the display. */
export function step(viewer: Viewer, by: -1 | 1): void {
  if (viewer.replay !== undefined) {
    viewer.replay.isPlaying = false;
    viewer.replay.step(by);
    viewer.ask();
    return;
  }
  if (viewer.screen.connection.kind === "live") {
    if (by > 0) return;
    freeze(viewer);
  }
  const { connection } = viewer.screen;
  if (connection.kind !== "frozen") return;
  const back = Math.max(0, Math.min(connection.back - by, viewer.frozen.length - 1));
  const frame = viewer.frozen.at(-1 - back);
  if (frame === undefined) return;
  viewer.change({ frame, connection: { ...connection, back } });
  settle(viewer);
}

/** Plays a recording, or stops. */
export function play(viewer: Viewer): void {
  const { replay } = viewer;
  if (replay === undefined) return;
  replay.isPlaying = !replay.isPlaying;
  if (replay.isPlaying && replay.place === replay.frames - 1) replay.place = 0;
  viewer.ask();
}
