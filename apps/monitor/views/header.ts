// The top of every screen: who the kernel is, how it is connected, and its meters. Four lines where there is room, three
// at 80x24, one below. When the kernel does not answer, they say in which task and where it is stuck.

import type { Frame } from "../../control/protocol.ts";
import type { KernelRecord, Spread } from "../../control/records.ts";
import { bannerLines } from "./banner.ts";
import { styleOfState } from "./columns.ts";
import { bytesText, clock, compact, count, duration, fineMillis, percent, several } from "./format.ts";
import { bar, sparkline, topOf } from "./glyphs.ts";
import { apart, cutLine, filled, type Run, run, type StyledLine, widthOf } from "./line.ts";
import type { Look, Screen } from "./model.ts";
import { stateLetters } from "./words.ts";

/** @param rows how many lines: 4, 3 or 1 */
export function headerLines(screen: Screen, rows: number): readonly StyledLine[] {
  const { frame, size } = screen;
  const banner = bannerLines(screen, rows);
  if (banner !== undefined) return banner;
  const top = apart(identity(screen), link(screen), size.columns);
  if (frame === undefined || rows === 1) return [top, ...Array<StyledLine>(rows - 1).fill([])];
  return [top, ...(rows >= 4 ? wide(frame.kernel, screen) : narrow(frame.kernel, screen))];
}

function identity({ frame, size, target }: Screen): StyledLine {
  if (frame === undefined) return [run(` ${target}`, "title")];
  const { name, pid, upMs, node, machine, run: share, live } = frame.kernel;
  const runs = [run(" "), run(name, "title"), run(`  pid ${pid}  up ${duration(upMs)}`)];
  if (size.columns >= 100) return [...runs, run(`  node ${node}  ${machine}`, "dim")];
  return size.columns >= 72 ? runs : [run(" "), run(name, "title"), run(` ${live}T ${percent(share)}%`)];
}

function link(screen: Screen): StyledLine {
  const { connection, frame, size, target, everyMs, recording, isFollowing } = screen;
  const parts: Run[] = [];
  const isWide = size.columns >= 100;
  if (recording !== "") parts.push(run(isWide ? `REC ${recording}` : "REC", "bad"), run("  "));
  if (isFollowing && size.columns >= 72) parts.push(run("FOLLOW", "warn"), run("  "));
  if (connection.kind === "connecting") parts.push(run("connecting", "warn"));
  else if (connection.kind === "live")
    parts.push(run("LIVE", "good"), run(` ${everyMs === 0 ? "max" : seconds(everyMs)}`));
  else if (connection.kind === "frozen") parts.push(...frozen(screen, frame, connection.back));
  else if (connection.kind === "replay") {
    parts.push(
      run(`REPLAY ${connection.place}/${connection.frames}${connection.isPlaying ? "" : " paused"}`, "notice"),
    );
  }
  if (size.columns >= 60 && frame !== undefined) {
    const { viewers, access } = frame.kernel;
    if (isWide) parts.push(run(`  ${target}  ${several(viewers, "viewer")}`, "dim"));
    parts.push(access === "read-only" ? run("  read-only", "warn") : run("  rw", "dim"));
  }
  return [...parts, run(" ")];
}

function frozen({ look, size }: Screen, frame: Frame | undefined, back: number): readonly Run[] {
  const at = frame === undefined ? "" : ` ${clock(frame.time, look.zoneMinutes)}`;
  const text = `FROZEN${at}${back > 0 ? ` -${back}` : ""}`;
  return [run(size.columns >= 150 ? ` ${text}: Z goes on, , . step ` : ` ${text} `, "notice")];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)}s`;
}

/** Three lines of two halves that begin in the same column. */
function wide(kernel: KernelRecord, { look, size }: Screen): readonly StyledLine[] {
  const half = Math.max(Math.floor(size.columns * 0.58), size.columns - 46);
  const spark = Math.min(60, half - 54);
  const meter = (word: string, runs: StyledLine, now: string, spread: Spread): StyledLine => [
    run(` ${word.padEnd(6)} `, "dim"),
    ...runs,
    run(`  ${now.padEnd(9)} `),
    ...spreadText(spread),
  ];
  const { readyHistory, lagHistory, readyWait, lag } = kernel;
  const left = [
    [run(" Loop  ", "dim"), ...loopBar(kernel, spark + 2), ...loopText(kernel)],
    meter("Ready", history(readyHistory, 1, spark, look), `${count(kernel.ready)} now`, readyWait),
    meter("Lag", history(lagHistory, 10, spark, look), `${fineMillis(lagHistory.at(-1) ?? 0)} now`, lag),
  ];
  const right = [tasksText(kernel, size.columns - half), ratesText(kernel), thingsText(kernel)];
  return left.map((line, row) => beside(line, half, right[row] ?? []));
}

/** Two lines. */
function narrow(kernel: KernelRecord, { look, size }: Screen): readonly StyledLine[] {
  const half = Math.floor(size.columns * 0.45);
  const loop = [
    run(" Loop  ", "dim"),
    ...loopBar(kernel, half - 15),
    run(` ${percent(kernel.run).padStart(4)}%`, "bold"),
  ];
  const ready = [
    run(" Ready  ", "dim"),
    ...history(kernel.readyHistory, 1, 10, look),
    run(` ${count(kernel.ready)}`, "bold"),
    run(` p99 ${fineMillis(kernel.readyWait.p99)}ms`),
  ];
  const { lag } = kernel;
  const lags = [
    run("Lag ", "dim"),
    ...history(kernel.lagHistory, 10, 10, look),
    run(` max `),
    run(`${fineMillis(lag.max)}ms`, lagStyle(lag.max)),
    run("  "),
    ...rate("Turns", kernel.turnsPerS),
  ];
  return [
    beside(loop, half, tasksText(kernel, size.columns - half)),
    beside(ready, half, cutLine(lags, size.columns - half)),
  ];
}

/** Two lines as one, never without a space in between. */
function beside(left: StyledLine, half: number, right: StyledLine): StyledLine {
  return [...filled(cutLine(left, half - 1), half), ...right];
}

function loopBar({ run: busy, poll }: KernelRecord, width: number): readonly Run[] {
  return bar(
    [
      { share: busy, sign: "|", style: busy > 0.9 ? "bad" : "meterRun" },
      { share: poll, sign: ":", style: "meterPoll" },
    ],
    width,
  );
}

function loopText({ run: busy, poll, idle }: KernelRecord): readonly Run[] {
  return [
    run("  run "),
    run(percent(busy), busy > 0.9 ? "bad" : "meterRun"),
    run("%  poll "),
    run(percent(poll), "meterPoll"),
    run("%  idle "),
    run(percent(idle), "meterIdle"),
    run("%"),
  ];
}

/** As many of the letters as fit. */
function tasksText({ live, states }: KernelRecord, width: number): readonly Run[] {
  const runs: Run[] = [run("Tasks ", "dim"), run(count(live), "bold")];
  for (const letter of stateLetters) {
    const n = states[letter] ?? 0;
    const text = count(n);
    if (n > 0 && widthOf(runs) + text.length + 2 < width) runs.push(run(` ${letter}`, styleOfState(letter)), run(text));
  }
  return runs;
}

function ratesText(kernel: KernelRecord): readonly Run[] {
  return [...rate("Turns", kernel.turnsPerS), ...rate("Traps", kernel.trapsPerS), ...rate("Polls", kernel.pollsPerS)];
}

function thingsText({ endpoints, reading, writing, timers, heapBytes }: KernelRecord): readonly Run[] {
  return [
    run("Fds ", "dim"),
    run(count(endpoints), "bold"),
    run(` r${count(reading)} w${count(writing)}  `),
    run("Timers ", "dim"),
    run(`${count(timers)}  `, "bold"),
    run("Heap ", "dim"),
    run(bytesText(heapBytes), "bold"),
  ];
}

function history(values: readonly number[], least: number, width: number, { glyphs }: Look): readonly Run[] {
  return sparkline(values, topOf(values.slice(-width), least), width, glyphs);
}

function spreadText({ p50, p99, max }: Spread): readonly Run[] {
  return [
    run("p50 ", "dim"),
    run(fineMillis(p50).padEnd(6)),
    run("p99 ", "dim"),
    run(fineMillis(p99).padEnd(6)),
    run("max ", "dim"),
    run(fineMillis(max), lagStyle(max)),
    run(" ms", "dim"),
  ];
}

function lagStyle(ms: number): "bold" | "warn" | "bad" {
  if (ms >= 200) return "bad";
  return ms >= 50 ? "warn" : "bold";
}

function rate(word: string, perS: number): readonly Run[] {
  return [run(`${word} `, "dim"), run(compact(perS), "bold"), run("/s  ")];
}
