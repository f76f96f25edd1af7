// A plot of a suite as SVG, by Observable Plot on a document of linkedom: no browser.

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { Plot as PlotOfSuite } from "./suite.ts";

const colours = ["#4269d0", "#ff725c", "#3ca951", "#efb118", "#a463f2", "#6cc5b0", "#9c6b4e", "#97bbf5", "#9498a0"];

/** The file's text. The lines' names stand at the right, the highest line's first. */
export function plotSvg(plot: PlotOfSuite): string {
  const { document } = parseHTML("<html><body></body></html>");
  const series = plot.series.toSorted((a, b) => lastOf(b) - lastOf(a));
  const points = series.flatMap(({ name, points }) => points.map(({ x, y }) => ({ name, x, y })));
  const drawn = Plot.plot({
    document,
    width: 800,
    height: 420,
    marginLeft: 60,
    marginRight: 220,
    marginTop: 44,
    style: { background: "white", color: "#222", fontSize: "12px" },
    x: scale(plot, "x"),
    y: scale(plot, "y"),
    color: { domain: series.map(({ name }) => name), range: colours },
    marks: [
      Plot.lineY(points, { x: "x", y: "y", stroke: "name", strokeWidth: 2 }),
      Plot.dot(points, { x: "x", y: "y", fill: "name", r: 3 }),
      ...series.map(({ name }, place) => legendLine(name, place)),
    ],
  });
  return `${String(drawn.outerHTML).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')}\n`;
}

function scale(plot: PlotOfSuite, axis: "x" | "y"): Plot.ScaleOptions {
  const type = plot.log.includes(axis) ? "log" : "linear";
  return { type, label: plot[axis], grid: true, tickFormat: "~s", ticks: 6 };
}

function legendLine(name: string, place: number): Plot.Markish {
  const fill = colours[place % colours.length] ?? "black";
  return Plot.text([`● ${name}`], { frameAnchor: "top-right", textAnchor: "start", dx: 14, dy: 18 * place, fill });
}

function lastOf({ points }: PlotOfSuite["series"][number]): number {
  return points.at(-1)?.y ?? 0;
}
