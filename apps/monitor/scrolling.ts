// Scrolling what has no rows: only the picture tells where its end is. A step that changes nothing on the screen is none,
// so that the way back is as long as the way there.

import type { Viewer } from "./viewer.ts";

/** Lines that are tried for the end at most. */
const maxLines = 2_000;

/**
 * Scrolls by so many lines, as far as there are any.
 * @param move puts a line, from 0, at the top
 */
export function scroll(viewer: Viewer, by: number, top: number, move: (top: number) => void): void {
  const wanted = Math.max(0, Math.min(top + by, top + maxLines));
  move(wanted);
  if (wanted <= top) return;
  // The furthest place that still shows something else than the one before it.
  const end = picture(viewer);
  let [low, high] = [top, wanted];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    move(middle);
    if (picture(viewer) === end) high = middle;
    else low = middle + 1;
  }
  move(low);
}

function picture({ options, screen }: Viewer): string {
  return JSON.stringify(options.paint(screen).lines);
}
