// blessed, as far as it is used: its description of terminals, its buffer of cells, and its drawing of what has changed.
// Its elements are not: a box would take each line apart again to find the cells that we have. Made here with everything
// undone that it does to a process: it listens for no signal, exception or exit, and reads and writes no terminal.

import process from "node:process";
import { Silence, Tape } from "./tape.ts";

/** A cell: attributes and one character. */
export type Cell = [attributes: number, character: string];
export type CellRow = Cell[] & { dirty: boolean };

/** The parts of blessed's Screen that we call. */
export interface BlessedScreen {
  readonly lines: CellRow[];
  readonly program: { flush(): void; readonly tput: { brokenACS: boolean; cup(y: number, x: number): string } };
  enter(): void;
  leave(): void;
  alloc(): void;
  draw(first: number, last: number): void;
  destroy(): void;
}

export interface BlessedOptions {
  readonly columns: number;
  readonly rows: number;
  /** Which description of a terminal it goes by. */
  readonly terminal: string;
  readonly isUnicode: boolean;
}

const listened = ["uncaughtException", "exit", "SIGTERM", "SIGINT", "SIGQUIT"] as const;

/** Makes one; what it has to say to the terminal on entering is on the tape. Loads blessed: nothing else needs it. */
export async function makeBlessedScreen(options: BlessedOptions): Promise<{ screen: BlessedScreen; tape: Tape }> {
  const { default: blessed } = await import("blessed");
  const tape = new Tape(options.columns, options.rows);
  const before = new Set<unknown>(listened.flatMap((event) => process.rawListeners(event)));
  const screen = blessed.screen({
    // It asks no more of them than the stand-ins have.
    input: new Silence() as never,
    output: tape as never,
    terminal: options.terminal,
    forceUnicode: options.isUnicode,
    fullUnicode: false,
  }) as unknown as BlessedScreen; // what its types leave out is in its source, which no longer changes
  for (const event of listened) {
    for (const listener of process.rawListeners(event)) {
      if (!before.has(listener)) process.removeListener(event, listener as () => void); // added by blessed just now
    }
  }
  // Else it draws lines by the alternate character set, which shows as letters in recordings and some fonts.
  screen.program.tput.brokenACS = true;
  return { screen, tape };
}
