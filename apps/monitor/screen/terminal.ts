// The terminal: styled lines in, keys, mouse events and pasted text out. The one place that knows blessed and escape
// sequences. Promises: a frame is one write, and none where nothing has changed; a terminal that does not take its bytes
// gets the newest frame when it does, and no queue of old ones; the bottom right cell stays blank, so that nothing ever
// scrolls; `close` restores everything, synchronously, once, in an order that no terminal minds.

import { Buffer } from "node:buffer";
import type { StyledLine } from "../views/line.ts";
import { type BlessedScreen, type CellRow, makeBlessedScreen } from "./blessed-screen.ts";
import { Input, type InputEvent, patienceMs } from "./input.ts";
import type { Tape } from "./tape.ts";
import type { CursorPlace, TerminalEvent, TerminalOptions } from "./terminal-parts.ts";

// Clicks, drags and the wheel, with coordinates as numbers: never the mouse's every move.
const mouseOn = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const mouseOff = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";
const pasteOn = "\x1b[?2004h";
const pasteOff = "\x1b[?2004l";
// A frame is shown as one: terminals that do not know it ignore it.
const syncOn = "\x1b[?2026h";
const syncOff = "\x1b[?2026l";
const plain = "\x1b[m";
const cursorOn = "\x1b[?25h";
const cursorOff = "\x1b[?25l";

// More than this no terminal takes at once, characters of base64.
const maxCopyLength = 74_994;
const resizeMs = 40;
/** Attributes of an empty cell: both colours the terminal's own. */
export const emptyAttributes: number = (0x1ff << 9) | 0x1ff;

export class Terminal {
  readonly #options: TerminalOptions;
  readonly #screen: BlessedScreen;
  readonly #tape: Tape;
  readonly #listener: (event: TerminalEvent) => void;
  readonly #keys = new Input();
  #isUp = false;
  #isClosed = false;
  #waiting: { lines: readonly StyledLine[]; cursor: CursorPlace | undefined } | undefined = undefined;
  #cursorText = "";
  #flushTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  #resizeTimer: ReturnType<typeof setTimeout> | undefined = undefined;

  private constructor(
    options: TerminalOptions,
    made: { screen: BlessedScreen; tape: Tape },
    listener: (event: TerminalEvent) => void,
  ) {
    this.#options = options;
    this.#screen = made.screen;
    this.#tape = made.tape;
    this.#listener = listener;
  }

  /**
   * Takes a terminal over: raw keys, the alternate screen.
   * @param listener called for each event, between turns
   */
  static async open(options: TerminalOptions, listener: (event: TerminalEvent) => void): Promise<Terminal> {
    const { terminal, isUnicode, output } = options;
    const made = await makeBlessedScreen({
      columns: output.columns || 80,
      rows: output.rows || 24,
      terminal,
      isUnicode,
    });
    const opened = new Terminal(options, made, listener);
    options.input.on("data", opened.#read);
    output.on("resize", opened.#resized);
    output.on("drain", opened.#drained);
    opened.#enter();
    return opened;
  }

  get columns(): number {
    return this.#tape.columns;
  }

  get rows(): number {
    return this.#tape.rows;
  }

  /**
   * Shows a frame.
   * @param lines from the top; what is missing is blank, what is too much is cut
   * @param cursor where the terminal's own cursor is; undefined: hidden
   */
  draw(lines: readonly StyledLine[], cursor?: CursorPlace): void {
    if (!this.#isUp) return;
    if (this.#options.output.writableNeedDrain) {
      this.#waiting = { lines, cursor };
      return;
    }
    this.#waiting = undefined;
    const { columns, rows } = this;
    for (let row = 0; row < rows; row++) {
      const cells = this.#screen.lines[row];
      if (cells !== undefined) this.#fill(cells, lines[row] ?? [], row === rows - 1 ? columns - 1 : columns);
    }
    this.#screen.draw(0, rows - 1);
    this.#moveCursor(cursor);
    this.#send(syncOn, syncOff);
  }

  /** Forgets what is on the screen: the next frame is drawn in full. */
  redraw(): void {
    if (!this.#isUp) return;
    this.#screen.alloc();
    this.#cursorText = "";
  }

  /** Gives a text to the terminal's clipboard, where it takes one (OSC 52). @returns false for one that is too long */
  copy(text: string): boolean {
    const encoded = Buffer.from(text).toString("base64");
    if (!this.#isUp || encoded.length > maxCopyLength) return false;
    this.#tape.write(`\x1b]52;c;${encoded}\x07`);
    this.#send("", "");
    return true;
  }

  /** Gives the terminal back for a while; `resume` takes it again. */
  suspend(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#waiting = undefined;
    this.#tape.write(mouseOff + pasteOff + syncOff + plain);
    // Keypad, cursor, main screen, in this order.
    this.#screen.leave();
    this.#send("", "");
    this.#options.input.setRawMode?.(false);
  }

  /** Takes the terminal again, and asks for a frame: "resize", for its size may be another. */
  resume(): void {
    if (this.#isUp || this.#isClosed) return;
    this.#enter();
    this.#resize();
  }

  /** Restores the terminal. Any more calls do nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.suspend();
    this.#isClosed = true;
    const { input, output } = this.#options;
    clearTimeout(this.#flushTimer);
    clearTimeout(this.#resizeTimer);
    input.off("data", this.#read);
    input.pause();
    output.off("resize", this.#resized);
    output.off("drain", this.#drained);
    this.#screen.destroy();
  }

  #enter(): void {
    const { input, hasMouse } = this.#options;
    this.#isUp = true;
    // Who continued us may have changed its mode behind Node's back: only a change is a call to the system.
    input.setRawMode?.(false);
    input.setRawMode?.(true);
    input.resume();
    this.#screen.enter();
    this.#cursorText = "";
    this.#tape.write(pasteOn + (hasMouse ? mouseOn : ""));
    this.#send("", "");
  }

  #fill(cells: CellRow, line: StyledLine, columns: number): void {
    const { attributesOf } = this.#options;
    let column = 0;
    for (const { text, style } of line) {
      const attributes = attributesOf(style);
      for (let at = 0; at < text.length && column < columns; at++)
        put(cells, column++, attributes, harmless(text.charAt(at)));
    }
    while (column < cells.length) put(cells, column++, emptyAttributes, " ");
  }

  #moveCursor(cursor: CursorPlace | undefined): void {
    const text = cursor === undefined ? cursorOff : this.#screen.program.tput.cup(cursor.row, cursor.column) + cursorOn;
    // It is hidden from the start, and drawing leaves it where it was.
    if (text === (this.#cursorText || cursorOff)) return;
    this.#cursorText = text;
    this.#screen.program.flush();
    this.#tape.write(text);
  }

  #send(before: string, after: string): void {
    this.#screen.program.flush();
    const text = this.#tape.take();
    if (text !== "") this.#options.output.write(before + text + after);
  }

  readonly #read = (bytes: Uint8Array): void => {
    clearTimeout(this.#flushTimer);
    this.#tell(this.#keys.feed(bytes));
    if (this.#keys.isPending) {
      this.#flushTimer = setTimeout(() => this.#tell(this.#keys.flush()), patienceMs);
    }
  };

  #tell(events: readonly InputEvent[]): void {
    for (const event of events) this.#listener(event);
  }

  readonly #resized = (): void => {
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = setTimeout(() => this.#resize(), resizeMs);
  };

  #resize(): void {
    if (!this.#isUp) return;
    const { columns, rows } = this.#options.output;
    this.#tape.resize(columns || this.columns, rows || this.rows);
    this.#cursorText = "";
    this.#listener({ kind: "resize" });
  }

  readonly #drained = (): void => {
    const frame = this.#waiting;
    if (frame !== undefined) this.draw(frame.lines, frame.cursor);
  };
}

// Whoever made the line has seen to it; the terminal relies on nobody.
function harmless(character: string): string {
  return character < " " || (character >= "\x7f" && character < "\xa0") ? "?" : character;
}

function put(cells: CellRow, column: number, attributes: number, character: string): void {
  const cell = cells[column];
  if (cell === undefined || (cell[0] === attributes && cell[1] === character)) return;
  cell[0] = attributes;
  cell[1] = character;
  cells.dirty = true;
}
