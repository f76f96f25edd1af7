// What a terminal is made from, and what comes out of it: two streams, what it can do, what its user does.

import type { Style } from "../views/line.ts";
import type { InputEvent } from "./input.ts";

/** The parts of a Node stream that is a terminal's input. */
export interface TerminalInput {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  off(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** The parts of a Node stream that is a terminal's output. */
export interface TerminalOutput {
  readonly columns?: number;
  readonly rows?: number;
  readonly writableNeedDrain: boolean;
  write(text: string): boolean;
  on(event: "resize" | "drain", listener: () => void): unknown;
  off(event: "resize" | "drain", listener: () => void): unknown;
}

export interface TerminalOptions {
  readonly input: TerminalInput;
  readonly output: TerminalOutput;
  /** Which description of a terminal is used. */
  readonly terminal: string;
  readonly isUnicode: boolean;
  readonly hasMouse: boolean;
  /** blessed's number for a style: flags << 18 | foreground << 9 | background. */
  readonly attributesOf: (style: Style) => number;
}

export type TerminalEvent = InputEvent | { readonly kind: "resize" };

/** Where the terminal's own cursor is shown, from 0. */
export interface CursorPlace {
  readonly row: number;
  readonly column: number;
}
