// Prints screens of the monitor in colour, to be looked at: `npx tsx test/apps/monitor/show.ts [view] [120x40]`.

import { draw } from "../../../apps/monitor/views/draw.ts";
import type { StyledLine } from "../../../apps/monitor/views/line.ts";
import { appearance } from "../../../apps/monitor/views/palette.ts";
import { captured } from "./captured.ts";
import { cases } from "./cases.ts";

const [wanted = "", size = "120x40"] = process.argv.slice(2);
const hasColour = process.env["NO_COLOR"] === undefined;

function painted(line: StyledLine): string {
  return line
    .map(({ text, style }) => {
      const { foreground, background, isBold, isReverse } = appearance(style, hasColour);
      const codes = [
        ...(foreground === undefined ? [] : [`38;5;${foreground}`]),
        ...(background === undefined ? [] : [`48;5;${background}`]),
        ...(isBold ? ["1"] : []),
        ...(isReverse ? ["7"] : []),
      ];
      return codes.length === 0 ? text : `\u001b[${codes.join(";")}m${text}\u001b[m`;
    })
    .join("");
}

const all = [...cases, ...captured().map(({ name, screen }) => ({ name: `captured/${name}`, screen }))];
for (const { name, screen } of all) {
  if (!name.startsWith(wanted) || !name.includes(size)) continue;
  process.stdout.write(`${draw(screen).lines.map(painted).join("\n")}\n\n`);
}
