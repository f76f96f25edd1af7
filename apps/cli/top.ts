// `yieldix top` in a terminal: boots a small kernel of its own for the viewer, gives it the terminal and the kernel that is
// meant, and sees to it that the terminal is whole again however this ends.

import { basename } from "node:path";
import process from "node:process";
import { Kernel } from "../../kernel/kernel.ts";
import { zoneMinutes } from "../../kernel/machine/console.ts";
import { NodeMachine } from "../../kernel/machine/node.ts";
import { type Call, type Program, routine, SyscallError } from "../../kernel/syscall.ts";
import { printable } from "../../kernel/text.ts";
import { Await } from "../../syscalls/index.ts";
import { connectControl, findKernel, type KernelEntry, listKernels, type Target } from "../control/client.ts";
import type { Channel } from "../lib/index.ts";
import { choose } from "../monitor/choose.ts";
import type { Port, Source, Surface, ViewerOptions } from "../monitor/given.ts";
import { Replay } from "../monitor/replay.ts";
import { abilitiesOf, type ColourChoice } from "../monitor/screen/abilities.ts";
import { attributesFor } from "../monitor/screen/attributes.ts";
import { Endings } from "../monitor/screen/endings.ts";
import { HeldOutput } from "../monitor/screen/held-output.ts";
import { Terminal } from "../monitor/screen/terminal.ts";
import type { TerminalOutput } from "../monitor/screen/terminal-parts.ts";
import { readSettings, settingsPath, writeSettings } from "../monitor/settings.ts";
import { type TopEvent, top, topEvents } from "../monitor/top.ts";
import { Viewer } from "../monitor/viewer.ts";
import { draw } from "../monitor/views/draw.ts";
import { tableRows } from "../monitor/views/layout.ts";
import type { ViewName } from "../monitor/views/model.ts";
import { findingWords } from "../monitor/views/words.ts";
import { ClientCode } from "./exit-code.ts";
import { failureOf } from "./failure.ts";
import { attachFault } from "./faults.ts";
import { filesAt } from "./paths.ts";

export interface TopOptions {
  /** Between two frames, ms. */
  readonly everyMs?: number | undefined;
  readonly filter?: string | undefined;
  readonly sort?: string | undefined;
  readonly view?: ViewName | undefined;
  readonly colour?: ColourChoice | undefined;
  readonly isUnicode?: boolean | undefined;
  readonly hasMouse?: boolean | undefined;
  readonly isVi?: boolean | undefined;
  /** A recording to show instead of a kernel. */
  readonly replay?: string | undefined;
  /** For a port on TCP. Default: the one in the environment. */
  readonly token?: string | undefined;
  /** The kernel is the user's own run in this terminal. */
  readonly isOwner?: boolean | undefined;
}

/**
 * Shows a kernel in this process's terminal until the user leaves.
 * @param which kernel, as typed; undefined: the only one, or the one that is chosen from the list
 * @returns the exit code: 0 left, 1 left when the kernel had gone, 2 usage, 3 no kernel to watch. A signal ends the process
 * as if nobody had listened: 129, 130, 131, 143
 */
export async function runTop(which: string | undefined, options: TopOptions): Promise<number> {
  const machine = new NodeMachine();
  try {
    return await new Kernel(machine).run(session(which, options), "yieldix top");
  } catch (error) {
    const { code, text } = failureOf(error, "yieldix top");
    process.stderr.write(text);
    return code;
  } finally {
    machine.close();
  }
}

/** What is to be watched: one kernel, one of several, or a recording. */
type Found =
  | { readonly target: Target; readonly name?: string }
  | { readonly entries: readonly KernelEntry[] }
  | { readonly replay: Replay };

// Whatever cannot be watched is said before the terminal is taken.
const session = routine(function* session(which: string | undefined, options: TopOptions): Program<number> {
  const found = yield* find(which, options);
  const events = topEvents();
  const screen = yield* new Await(openScreen(options, events));
  try {
    const source = yield* sourceOf(found, which, screen.surface, events);
    if (source === undefined) return ClientCode.done;
    const viewer = new Viewer(screen.surface, source, viewerOptions(options));
    screen.lastWords = () => lastWords(viewer);
    if ("replay" in found) viewer.replay = found.replay;
    return yield* top(viewer, events);
  } finally {
    screen.close();
  }
});

function* find(which: string | undefined, { replay, token }: TopOptions): Program<Found> {
  try {
    if (replay !== undefined) return { replay: yield* Replay.open(replay) };
    if (which !== undefined) return { target: yield* findKernel(which, token) };
    const entries = yield* listKernels();
    const [only] = entries;
    if (only === undefined) return { target: yield* findKernel() };
    return entries.length === 1 ? { target: only.target, name: only.name } : { entries };
  } catch (error) {
    throw attachFault(error);
  }
}

function* sourceOf(
  found: Found,
  which: string | undefined,
  surface: Surface,
  events: Channel<TopEvent>,
): Program<Source | undefined> {
  if ("replay" in found) return { label: found.replay.label, connect: () => again(found.replay) };
  if ("target" in found) return kernelSource(found.target, which, found.name);
  const choices = found.entries.map(({ name, pid, target }) => ({ name, pid, text: labelOf(target) }));
  const entry = found.entries[yield* choose(surface, events, choices)];
  return entry === undefined ? undefined : kernelSource(entry.target, undefined, entry.name);
}

// A name may come to mean another process, when its kernel is started again.
function kernelSource(target: Target, which: string | undefined, name: string | undefined): Source {
  const isLocal = "path" in target.address;
  const source = { label: labelOf(target), connect: (): Call<Port> => connect(target, which, name) };
  return isLocal ? { ...source, end: (pid) => void process.kill(pid, "SIGKILL") } : source;
}

/** @param name of a kernel that was found without being asked for by any: should it be gone, one of its name will do */
const connect = routine(function* connect(target: Target, which?: string, name?: string): Program<Port> {
  if (which !== undefined) return yield* connectControl(yield* findKernel(which, target.token));
  try {
    return yield* connectControl(target);
  } catch (error) {
    const isGone = error instanceof SyscallError && /^(ENOENT|ECONNREFUSED)$/.test(error.code);
    if (!isGone || name === undefined) throw error;
  }
  return yield* connectControl(yield* findKernel(name));
});

const again = routine(function* again(replay: Replay): Program<Port> {
  return replay;
});

function labelOf({ address }: Target): string {
  return "path" in address ? `unix:${basename(address.path)}` : `${address.host ?? "localhost"}:${address.port}`;
}

/** The terminal, as the viewer draws on it, and its end. */
interface TopScreen {
  readonly surface: Surface;
  /** What is said below the prompt when the screen has gone. */
  lastWords: () => string;
  close(): void;
}

async function openScreen(options: TopOptions, events: Channel<TopEvent>): Promise<TopScreen> {
  const { env, stdin, stdout, stderr } = process;
  const { terminal, isUnicode, hasColour } = abilitiesOf(env, { colour: options.colour, isUnicode: options.isUnicode });
  const output = outputOf(stdout);
  const held = new HeldOutput([stdout, stderr]);
  const attributesOf = attributesFor(hasColour);
  const hasMouse = options.hasMouse ?? true;
  const heed = (event: TopEvent): void => {
    // A viewer that takes nothing any more is ended as if the terminal were not raw.
    if (!events.trySend(event) && event.kind === "key" && event.name === "C-c") process.kill(process.pid, "SIGINT");
  };
  const wanted = { input: stdin, output, terminal, isUnicode, hasMouse, attributesOf };
  const opened = await Terminal.open(wanted, heed).catch((error: unknown) => {
    held.release();
    throw error;
  });
  const screen = { lastWords: (): string => "" };
  const restored = {
    close: (): void => {
      opened.close();
      held.release();
    },
    suspend: (): void => opened.suspend(),
    resume: (): void => opened.resume(),
  };
  const endings = new Endings(restored, () => screen.lastWords());
  return Object.assign(screen, { surface: surfaceOf(opened, () => endings.stop()), close: endings.close });
}

function surfaceOf(opened: Terminal, stop: () => void): Surface {
  return {
    get columns(): number {
      return opened.columns;
    },
    get rows(): number {
      return opened.rows;
    },
    draw: (lines, cursor) => opened.draw(lines, cursor),
    redraw: () => opened.redraw(),
    copy: (text) => opened.copy(text),
    stop,
  };
}

// What others write to it from now on is held back; what the viewer draws is not.
function outputOf(stream: NodeJS.WriteStream): TerminalOutput {
  const write = stream.write.bind(stream);
  return {
    get columns(): number {
      return stream.columns;
    },
    get rows(): number {
      return stream.rows;
    },
    get writableNeedDrain(): boolean {
      return stream.writableNeedDrain;
    },
    write: (text) => write(text),
    on: (event, listener) => stream.on(event, listener),
    off: (event, listener) => stream.off(event, listener),
  };
}

function viewerOptions(options: TopOptions): ViewerOptions {
  const path = settingsPath(process.env);
  const { settings, problem } = readSettings(path);
  const { isUnicode, hasColour } = abilitiesOf(process.env, { colour: options.colour, isUnicode: options.isUnicode });
  return {
    look: {
      glyphs: isUnicode ? "unicode" : "ascii",
      hasColour,
      isVi: options.isVi ?? false,
      zoneMinutes: zoneMinutes(),
    },
    everyMs: options.everyMs ?? settings.everyMs ?? 1_000,
    view: options.view ?? "tasks",
    filter: options.filter,
    sort: options.sort ?? settings.sort,
    columns: settings.columns,
    isPinned: settings.isPinned,
    isOwner: options.isOwner,
    problem,
    save: (chosen) => writeSettings(path, { ...settings, ...chosen }),
    paths: filesAt,
    paint: draw,
    roomOf: tableRows,
  };
}

/** What is still wrong when the screen has gone: that the kernel has gone, or the first finding. */
function lastWords({ screen, left }: Viewer): string {
  const { connection, frame, isOwner } = screen;
  // The run goes on, or says itself how it has ended; only who leaves it ends it as it is.
  if (isOwner && (connection.kind === "gone" || !left.isSet)) return "";
  if (connection.kind === "gone") return printable(`yieldix: the kernel is gone: ${connection.why}`);
  const [finding] = frame?.findings ?? [];
  if (finding === undefined) return "";
  return printable(`yieldix: ${findingWords[finding.letter]} ${finding.tids.slice(0, 8).join(", ")}: ${finding.text}`);
}
