// The top of every screen: who the kernel is, how it is connected, and its meters. Four lines where there is room, three
// at 80x24, one below. When the kernel does not answer, they say in which task and where it is stuck.

import type { Frame } from "../../control/protocol.ts";
import type { KernelRecord, Spread } from "../../control/records.ts";
import { bannerLines } from "./banner.ts";
import { styleOfState } from "./columns.ts";
import { bytesText, clock, compact, duration, fineMillis, percent, several } from "./format.ts";
import { bar, sparkline, topOf } from "./glyphs.ts";
import { apart, cutLine, filled, type Run, run, type StyledLine } from "./line.ts";
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
  return [run(size.columns >= 110 ? ` ${text}: Z goes on, , . step ` : ` ${text} `, "notice")];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)}s`;
}

/** Three lines of two halves that begin in the same column. */
function wide(kernel: KernelRecord, { look, size }: Screen): readonly StyledLine[] {
  const half = Math.floor(size.columns * 0.6);
  const spark = Math.min(20, half - 52);
  const pair = (left: StyledLine, right: StyledLine): StyledLine => [
    ...filled(left, half),
    ...cutLine(right, size.columns - half),
  ];
  const { readyHistory, lagHistory } = kernel;
  return [
    pair([run(" Loop  "), ...loopBar(kernel, spark + 2), ...loopText(kernel)], [...tasksText(kernel)]),
    pair(
      [
        run(" Ready  "),
        ...history(readyHistory, 1, spark, look),
        run(`  ${`${kernel.ready} now`.padEnd(8)} wait `),
        ...spreadText(kernel.readyWait),
      ],
      [...rate("Turns", kernel.turnsPerS), ...rate("Traps", kernel.trapsPerS), ...rate("Polls", kernel.pollsPerS)],
    ),
    pair(
      [
        run(" Lag    "),
        ...history(lagHistory, 10, spark, look),
        run(`  ${"".padEnd(8)}      `),
        ...spreadText(kernel.lag),
      ],
      [
        run("Fds ", "dim"),
        run(`${compact(kernel.endpoints)} `, "bold"),
        run(`${compact(kernel.reading)}r ${compact(kernel.writing)}w  `),
        run("Timers ", "dim"),
        run(`${compact(kernel.timers)}  `, "bold"),
        run("Heap ", "dim"),
        run(bytesText(kernel.heapBytes), "bold"),
      ],
    ),
  ];
}

/** Two lines. */
function narrow(kernel: KernelRecord, { look, size }: Screen): readonly StyledLine[] {
  const { columns } = size;
  const half = Math.floor(columns / 2) - 1;
  const loop = [run(" Loop  "), ...loopBar(kernel, half - 18), run(` run ${percent(kernel.run)}%`)];
  const ready = [
    run(" Ready  "),
    ...history(kernel.readyHistory, 1, 10, look),
    run(`  ${kernel.ready} p99 `),
    run(fineMillis(kernel.readyWait.p99), "bold"),
    run(" ms"),
  ];
  const rates = [
    run("Lag max ", "dim"),
    run(fineMillis(kernel.lag.max), lagStyle(kernel.lag.max)),
    run(" ms  "),
    run("Turns ", "dim"),
    run(`${compact(kernel.turnsPerS)}/s`, "bold"),
  ];
  return [
    [...filled(loop, half), ...cutLine([run(" "), ...tasksText(kernel)], columns - half)],
    [...filled(ready, half), ...cutLine([run(" "), ...rates], columns - half)],
  ];
}

function loopBar({ run: busy, poll }: KernelRecord, width: number): readonly Run[] {
  return bar(
    [
      [busy, busy > 0.9 ? "bad" : "meterRun"],
      [poll, "meterPoll"],
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

function tasksText({ live, states }: KernelRecord): readonly Run[] {
  const runs: Run[] = [run("Tasks ", "dim"), run(compact(live), "bold"), run(" ")];
  for (const letter of stateLetters) {
    const n = states[letter];
    if (n !== undefined && n > 0) runs.push(run(` ${letter}`, styleOfState(letter)), run(compact(n)));
  }
  return runs;
}

function history(values: readonly number[], least: number, width: number, { glyphs }: Look): readonly Run[] {
  return sparkline(values, topOf(values.slice(-width), least), width, glyphs);
}

function spreadText({ p50, p99, max }: Spread): readonly Run[] {
  return [
    run("p50 ", "dim"),
    run(fineMillis(p50).padEnd(5)),
    run("p99 ", "dim"),
    run(fineMillis(p99).padEnd(5)),
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
