// The way from a task to what would have to happen for it to go on, drawn to its end.

import type { ChainStep } from "../../control/records.ts";
import { styleOfState } from "./columns.ts";
import { duration } from "./format.ts";
import { branchOf, signs } from "./glyphs.ts";
import { filled, type Run, run, type StyledLine, toLeft } from "./line.ts";
import type { Screen } from "./model.ts";
import { waitingText } from "./words.ts";

export interface ChainLine {
  readonly line: StyledLine;
  readonly tid: number;
}

export function chainLines(chain: readonly ChainStep[], { look, size }: Screen): readonly ChainLine[] {
  const { back } = signs[look.glyphs];
  const seen = new Set<number>();
  const whoWidth = size.columns >= 100 ? 36 : 28;
  const endWidth = chain.reduce((most, step) => Math.max(most, endOf(step, back).text.length), 0);
  const room = Math.max(10, size.columns - whoWidth - endWidth - 11);
  return chain.map((step) => {
    const { tid, state, forMs, end } = step;
    const who = whoOf(step, look.glyphs);
    const isAgain = seen.has(tid);
    seen.add(tid);
    if (isAgain && end === "") return { line: [...who, run("  as above", "dim")], tid };
    if (isAgain && end === "cycle") return { line: [...who, run(`  ${back} back to ${tid}: DEADLOCK`, "bad")], tid };
    const line = [
      ...filled(who, whoWidth),
      run(` ${state} `, styleOfState(state)),
      run(toLeft(waitingText(step, 0, room), room)),
      run(` ${duration(forMs).padStart(6)}`, "dim"),
      endOf(step, back),
    ];
    return { line, tid };
  });
}

function whoOf({ depth, tid, name }: ChainStep, glyphs: Screen["look"]["glyphs"]): StyledLine {
  // Each step stands below the one before it, as the only one.
  const lasts = Array<boolean>(Math.max(1, Math.min(12, Math.floor(depth) + 1))).fill(true);
  return [run(" "), run(branchOf(lasts, glyphs), "rule"), run(`${tid} `, "bold"), run(name, "accent")];
}

function endOf({ end }: ChainStep, back: string): Run {
  if (end === "cycle") return run(`  ${back} CYCLE`, "bad");
  if (end === "running") return run("  goes on by itself", "good");
  if (end === "outside") return run("  ended by time or the outside", "dim");
  return end === "nobody" ? run("  nobody can end this", "bad") : run("");
}
