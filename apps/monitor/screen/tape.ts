// What blessed gets instead of a terminal: an output that only keeps the text, so that one frame is one write of ours,
// and an input on which nothing ever comes, because input.ts reads the keys.

import { EventEmitter } from "node:events";

/** Stands in for a terminal's output. */
export class Tape extends EventEmitter {
  readonly isTTY = true;
  readonly writable = true;
  columns: number;
  rows: number;
  #text = "";

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): boolean {
    this.#text += text;
    return true;
  }

  /** All that was written since it was asked last. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.emit("resize");
  }
}

/** Stands in for a terminal's input. */
export class Silence extends EventEmitter {
  readonly destroyed = false;
  pause(): void {}
  resume(): void {}
}
