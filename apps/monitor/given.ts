// What the viewer is given: something to draw on, somewhere to ask, and how it is to be. It knows no more of the world.

import type { Call } from "../../kernel/syscall.ts";
import type { ControlPort, Hello } from "../control/protocol.ts";
import type { StyledLine } from "./views/line.ts";
import type { Look, Picture, Screen, ViewName } from "./views/model.ts";

/** What it is shown on: `Terminal`, or a stand-in. */
export interface Surface {
  readonly columns: number;
  readonly rows: number;
  draw(lines: readonly StyledLine[], cursor?: { readonly row: number; readonly column: number }): void;
  /** Draws all of the next frame. */
  redraw(): void;
  /** Gives a text to the terminal's clipboard; false for one that is too long. */
  copy(text: string): boolean;
  /** Stops this job, until it is continued. */
  stop(): void;
}

/** A kernel that can be asked, until `close`. */
export interface Port extends ControlPort {
  readonly hello: Hello;
  close(): void;
}

/** Where frames come from. */
export interface Source {
  /** "unix:4021.sock", as the banner says it. */
  readonly label: string;
  /** Connects. @throws what connecting throws */
  connect(): Call<Port>;
  /** Ends the kernel's process, whatever it is doing; absent: that cannot be done from here. */
  readonly end?: (pid: number) => void;
}

/** How the viewer is to be. */
export interface ViewerOptions {
  readonly look: Look;
  readonly everyMs: number;
  readonly view: ViewName;
  readonly filter?: string | undefined;
  readonly sort?: string | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly isPinned?: boolean | undefined;
  /** The kernel is the user's own run in this terminal: when it has gone there is nothing more to see. */
  readonly isOwner?: boolean | undefined;
  /** What was wrong before anything was shown; "" for nothing. */
  readonly problem?: string;
  /** Keeps the settings that were chosen. @throws Error when they cannot be kept */
  readonly save?: (settings: { readonly columns: readonly string[] | undefined }) => void;
  /** Paths that begin so, for completion. */
  readonly paths?: (start: string) => readonly string[];
  /** The picture of a screen. */
  readonly paint: (screen: Screen) => Picture;
  /** Rows that a view has room for. */
  readonly roomOf: (screen: Screen) => number;
}
