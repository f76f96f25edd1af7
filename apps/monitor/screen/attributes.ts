// Styles as blessed's numbers: flags << 18 | foreground << 9 | background. It has neither dim nor more than 256 colours.

import type { Style } from "../views/line.ts";
import { appearance } from "../views/palette.ts";

const own = 0x1ff;
const bold = 1;
const reverse = 8;

/** Makes the function that `Terminal` asks, which remembers each style's number. */
export function attributesFor(hasColour: boolean): (style: Style) => number {
  const known = new Map<Style, number>();
  return (style) => {
    const found = known.get(style);
    if (found !== undefined) return found;
    const { foreground = own, background = own, isBold, isReverse } = appearance(style, hasColour);
    const flags = (isBold ? bold : 0) | (isReverse ? reverse : 0);
    const made = (flags << 18) | (foreground << 9) | background;
    known.set(style, made);
    return made;
  };
}
