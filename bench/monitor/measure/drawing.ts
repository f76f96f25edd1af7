// What a frame costs the viewer: to draw the views of it as lines.

import type { Frame, FrameQuery } from "../../../apps/control/protocol.ts";
import { draw } from "../../../apps/monitor/views/draw.ts";
import type { Screen } from "../../../apps/monitor/views/model.ts";
import { Crowd } from "../crowd.ts";
import type { Figures } from "../what.ts";
import { middleMs } from "./frames.ts";

const query: FrameQuery = { tasks: { sort: "cpu", isPinned: true, limit: 40 }, log: {}, apps: true };

function screenOf(frame: Frame): Screen {
  return {
    size: { columns: 120, rows: 40 },
    look: { glyphs: "unicode", hasColour: true, isVi: false, zoneMinutes: 0 },
    view: "tasks",
    target: "unix:1.sock",
    connection: { kind: "live" },
    everyMs: 1_000,
    frame,
    query,
    cursor: frame.tasks?.rows[3]?.tid ?? 0,
    tagged: new Set(),
    born: new Set(),
    places: {},
    columns: undefined,
    isFollowing: false,
    trace: { tids: [], all: false, isPaused: false, isCounted: false, records: [], dropped: 0 },
    log: { lines: [], dropped: 0 },
    where: undefined,
    recording: "",
    message: undefined,
    prompt: undefined,
    dialog: undefined,
    found: "",
  };
}

export async function drawing(): Promise<Figures> {
  const crowd = await Crowd.settled();
  const screen = screenOf(crowd.frame(query));
  return { draw: middleMs(() => draw(screen)) };
}
