// From what tmux captures to a picture: colours, attributes, blocks, and text that could be markup.

import { describe, expect, test } from "vitest";
import { colourOf, runsOf } from "./styled.ts";
import { screenSvg } from "./svg.ts";

const line = "\x1b[1m\x1b[31mred\x1b[39m bold\x1b[0m plain";

describe("runs of a captured line", () => {
  test("have the style that goes on until it is changed", () => {
    expect(runsOf([line])[0]).toEqual([
      { column: 0, text: "red", style: { bold: true, foreground: colourOf(1) } },
      { column: 3, text: " bold", style: { bold: true } },
      { column: 8, text: " plain", style: {} },
    ]);
  });

  test.each([
    ["38;5;196", { foreground: "#ff0000" }],
    ["48;5;236", { background: "#303030" }],
    ["38;2;1;2;255", { foreground: "#0102ff" }],
    ["38;5;4;48;5;16", { foreground: colourOf(4), background: "#000000" }],
    ["90", { foreground: colourOf(8) }],
    ["107", { background: colourOf(15) }],
    ["1;2;3;4;7", { bold: true, dim: true, italic: true, underline: true, inverse: true }],
    ["1;22", {}],
    ["", {}],
    ["5;58", {}],
  ])("know the codes %s", (codes, style) => {
    expect(runsOf([`\x1b[${codes}mx`])[0]).toEqual([{ column: 0, text: "x", style }]);
  });

  test("have the style of the line before, until it is changed", () => {
    expect(runsOf(["\x1b[1ma", "", "b"])[2]).toEqual([{ column: 0, text: "b", style: { bold: true } }]);
  });

  test("are counted in cells, and have no control characters", () => {
    expect(runsOf(["\x1b(Bä▁\x0e\x1b[32m█\x1b[?25lx"])[0]).toEqual([
      { column: 0, text: "ä▁", style: {} },
      { column: 2, text: "█", style: { foreground: colourOf(2) } },
      { column: 3, text: "x", style: { foreground: colourOf(2) } },
    ]);
  });
});

describe("the picture", () => {
  const svg = (...lines: readonly string[]): string => screenSvg(lines, 40, "a title & <more>");

  test("has text in its place, as wide as its cells", () => {
    expect(svg("", "  two words   three")).toContain('<text x="16" y="30" textLength="72">two words</text>');
    expect(svg("", "  two words   three")).toContain('<text x="112" y="30" textLength="40">three</text>');
  });

  test("has colours as classes, each once", () => {
    const drawn = svg(line, line);
    expect(drawn.match(/\{fill:#f07178\}/g)?.length).toBe(1);
    expect(drawn.match(/font-weight:bold/g)?.length).toBe(1);
    expect(drawn).toMatch(/class="s0 s1">red</);
  });

  test("draws blocks as high as they are, equal ones as one", () => {
    expect(svg("▁▁█")).toContain('<rect x="0" y="14.88" width="16" height="2.13" fill="#d7dae0"/>');
    expect(svg("▁▁█")).toContain('<rect x="16" y="0" width="8" height="17" fill="#d7dae0"/>');
  });

  test("swaps the colours of what is inverse", () => {
    const drawn = svg("\x1b[7mx");
    expect(drawn).toContain('<rect x="0" y="0" width="8" height="17" fill="#d7dae0"/>');
    expect(drawn).toContain("{fill:#16181d}");
  });

  test("escapes what could be markup, and is whole", () => {
    const drawn = svg('a<b>&"c');
    expect(drawn).toContain('>a&lt;b&gt;&amp;"c</text>');
    expect(drawn).toContain("<title>a title &amp; &lt;more&gt;</title>");
    expect(drawn.match(/<(text|rect|g|svg|style|title)\b/g)?.length).toBe(
      (drawn.match(/<\/(text|g|svg|style|title)>|\/>/g) ?? []).length,
    );
  });
});
