// What a frame costs the viewer: to draw its view as lines, to bring these to a terminal, and what is kept of it. The
// terminal's bytes are counted, and go nowhere.

import type { Frame } from "../../../apps/control/protocol.ts";
import { accept, queryOf } from "../../../apps/monitor/frames.ts";
import { attributesFor } from "../../../apps/monitor/screen/attributes.ts";
import { Terminal } from "../../../apps/monitor/screen/terminal.ts";
import { Viewer } from "../../../apps/monitor/viewer.ts";
import { draw } from "../../../apps/monitor/views/draw.ts";
import { tableRows } from "../../../apps/monitor/views/layout.ts";
import { SyscallError } from "../../../kernel/index.ts";
import { routine } from "../../../kernel/syscall.ts";
import { collected } from "../../lib/memory.ts";
import { Crowd } from "../crowd.ts";
import type { Figures } from "../what.ts";
import { middleMs } from "./frames.ts";

const [warmFrames, manyFrames] = [1_000, 10_000];
/** Frames that differ, of as many moments. */
const moments = 10;

class Bytes {
  readonly columns = 120;
  readonly rows = 40;
  readonly writableNeedDrain = false;
  count = 0;

  write(text: string): boolean {
    this.count += Buffer.byteLength(text);
    return true;
  }

  on(): void {}
  off(): void {}
}

const input = { on(): void {}, off(): void {}, resume(): void {}, pause(): void {} };

const nowhere = routine(function* nowhere(): Generator<never, never> {
  throw new SyscallError("ENOENT", "nothing connects here");
});

async function viewerOn(output: Bytes): Promise<Viewer> {
  const terminal = "xterm-256color";
  const screen = { input, output, terminal, isUnicode: true, hasMouse: true, attributesOf: attributesFor(true) };
  const opened = await Terminal.open(screen, () => {});
  const surface = {
    columns: opened.columns,
    rows: opened.rows,
    draw: opened.draw.bind(opened),
    redraw: () => opened.redraw(),
    copy: () => false,
    stop: () => {},
  };
  const look = { glyphs: "unicode", hasColour: true, isVi: false, zoneMinutes: 0 } as const; // the literals
  const options = { look, everyMs: 1_000, view: "tasks", paint: draw, roomOf: tableRows } as const; // the literals
  return new Viewer(surface, { label: "unix:1.sock", connect: nowhere }, options);
}

/** Frames as they come from a socket. */
async function recorded(crowd: Crowd, viewer: Viewer): Promise<string[]> {
  const texts: string[] = [];
  for (let moment = 0; moment < moments; moment++) {
    texts.push(JSON.stringify(crowd.frame(queryOf(viewer))));
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (moment % 5 === 4) crowd.agent.tick();
  }
  return texts;
}

export async function drawing(): Promise<Figures> {
  const output = new Bytes();
  const viewer = await viewerOn(output);
  const texts = await recorded(await Crowd.settled(), viewer);
  let shown = 0;
  const show = (): void => {
    const frame = JSON.parse(texts[shown++ % texts.length] ?? "") as Frame; // as it was written
    accept(viewer, { ...frame, seq: shown }, queryOf(viewer));
    viewer.draw();
  };
  // Node has its turn between two frames, as it does in a terminal: what is put off until then does not pile up.
  const bytesOf = async (work: () => void, times: number): Promise<number> => {
    const before = output.count;
    for (let n = 0; n < times; n++) {
      work();
      await new Promise(setImmediate);
    }
    return (output.count - before) / times;
  };
  await bytesOf(show, warmFrames);
  const heap = collected().heapUsed;
  const screenBytes = await bytesOf(show, manyFrames);
  const growth = collected().heapUsed - heap;
  return {
    draw: middleMs(() => draw(viewer.screen)),
    screen: middleMs(show),
    screenBytes,
    unchanged: middleMs(() => viewer.draw()),
    unchangedBytes: await bytesOf(() => viewer.draw(), 100),
    growth,
  };
}
