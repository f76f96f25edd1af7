// RESULTS.md, from the sections of results.json.

import { checksMarkdown } from "./checks.ts";
import { aboutText } from "./machine.ts";
import type { Section } from "./results.ts";
import { tableMarkdown } from "./table.ts";

const opening = `# Results

Written by \`npm run bench\` from \`results.json\`; do not edit. What is measured and how: [README.md](README.md). The
machine is shared, so the ratios count.
`;

export function resultsMarkdown(sections: readonly Section[]): string {
  return [opening, ...sections.map(sectionMarkdown)].join("\n");
}

function sectionMarkdown({ suite, about, result }: Section): string {
  const plots = result.plots.map(({ title, file }) => `![${title}](plots/${file}.svg)\n`);
  const checks = result.checks.length === 0 ? [] : [checksMarkdown(result.checks)];
  return [`## ${suite}`, "", aboutText(about), "", ...checks, ...result.tables.map(tableMarkdown), ...plots].join("\n");
}
