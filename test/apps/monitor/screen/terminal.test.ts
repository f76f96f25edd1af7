// The adapter over a terminal that is emulated: what its cells show, what is written and what is not, and that all it was
// put into is undone.

import { EventEmitter } from "node:events";
import process from "node:process";
import xterm from "@xterm/headless";
import { afterEach, describe, expect, test } from "vitest";
import { emptyAttributes, Terminal } from "../../../../apps/monitor/screen/terminal.ts";
import type { TerminalEvent, TerminalOutput } from "../../../../apps/monitor/screen/terminal-parts.ts";
import type { StyledLine } from "../../../../apps/monitor/views/line.ts";

class FakeInput extends EventEmitter {
  isRaw = false;
  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw;
  }
  resume(): void {}
  pause(): void {}
  type(text: string): void {
    this.emit("data", new TextEncoder().encode(text));
  }
}

class FakeOutput extends EventEmitter implements TerminalOutput {
  columns: number;
  rows: number;
  writableNeedDrain = false;
  readonly emulator: InstanceType<typeof xterm.Terminal>;
  written = "";
  writes = 0;
  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
    this.emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  }
  write(text: string): boolean {
    this.written += text;
    this.writes++;
    this.emulator.write(text);
    return true;
  }
  take(): string {
    const { written } = this;
    this.written = "";
    return written;
  }
  /** What the screen shows, once all that was written has been. */
  async shown(): Promise<string[]> {
    await new Promise<void>((resolve) => this.emulator.write("", resolve));
    const { active } = this.emulator.buffer;
    return Array.from(
      { length: this.emulator.rows },
      (_, row) => active.getLine(row)?.translateToString(true).trimEnd() ?? "",
    );
  }
}

const bold = (1 << 18) | emptyAttributes;
const opened: Terminal[] = [];

async function open(columns = 20, rows = 4, isUnicode = true) {
  const input = new FakeInput();
  const output = new FakeOutput(columns, rows);
  const events: TerminalEvent[] = [];
  const attributesOf = (style: string) => (style === "bold" ? bold : emptyAttributes);
  const options = { input, output, terminal: "xterm-256color", isUnicode, hasMouse: true, attributesOf };
  const terminal = await Terminal.open(options, (event) => events.push(event));
  opened.push(terminal);
  return { input, output, terminal, events };
}

afterEach(() => {
  for (const terminal of opened.splice(0)) terminal.close();
});

const lines = (...texts: string[]): StyledLine[] => texts.map((text) => [{ text, style: "normal" }]);

describe("a frame", () => {
  test("is what the screen shows, the rest of it blank", async () => {
    const { output, terminal } = await open();
    terminal.draw(lines("one", "▂▃█ │─┌", "x".repeat(30), "y".repeat(20), "too much"));
    expect(await output.shown()).toEqual(["one", "▂▃█ │─┌", "x".repeat(20), "y".repeat(19)]);
    terminal.draw(lines("two"));
    expect(await output.shown()).toEqual(["two", "", "", ""]);
    expect(output.emulator.buffer.active.baseY).toBe(0);
  });

  test("is one write, marked as one, in styles", async () => {
    const { output, terminal } = await open();
    output.take();
    output.writes = 0;
    terminal.draw([[{ text: "bold", style: "bold" }]]);
    expect(output.writes).toBe(1);
    expect(output.take()).toMatch(/^\x1b\[\?2026h.*\x1b\[\?2026l$/s);
    await output.shown();
    expect(output.emulator.buffer.active.getLine(0)?.getCell(0)?.isBold()).toBeTruthy();
    expect(output.emulator.buffer.active.getLine(0)?.getCell(4)?.isBold()).toBeFalsy();
  });

  test("that is the same as before is no byte, with and without a cursor", async () => {
    const { output, terminal } = await open();
    for (const cursor of [undefined, { row: 1, column: 2 }]) {
      terminal.draw(lines("same", "line"), cursor);
      expect(output.take()).not.toBe("");
      terminal.draw(lines("same", "line"), cursor);
      expect(output.take()).toBe("");
    }
  });

  test("costs no more bytes than what has changed in it", async () => {
    const { output, terminal } = await open(120, 40);
    const rows = Array.from({ length: 40 }, (_, row) => `row ${row} `.repeat(10));
    terminal.draw(lines(...rows));
    output.take();
    rows[7] = `changed${rows[7]?.slice(7)}`;
    terminal.draw(lines(...rows));
    expect(output.take().length).toBeLessThan(60);
  });

  test("puts the cursor where it is typed, and hides it again", async () => {
    const { output, terminal } = await open();
    terminal.draw(lines("a", "filter: x"), { row: 1, column: 9 });
    await output.shown();
    const { active } = output.emulator.buffer;
    expect([active.cursorY, active.cursorX]).toEqual([1, 9]);
    expect(output.take()).toContain("\x1b[?25h");
    terminal.draw(lines("b", "filter: xy"), { row: 1, column: 10 });
    await output.shown();
    expect([active.cursorY, active.cursorX]).toEqual([1, 10]);
    terminal.draw(lines("b"));
    expect(output.take()).toContain("\x1b[?25l");
  });

  test("with what could act on the terminal acts on nothing", async () => {
    const { output, terminal } = await open();
    output.take();
    terminal.draw(lines("\x1b[2J\x07\r\n\x9b31m"));
    expect(output.take()).not.toMatch(/\x07|\r|\n|\x9b|\x1b\[2J/);
    expect((await output.shown())[0]).toBe("?[2J????31m");
  });

  test("without Unicode has no byte beyond ASCII", async () => {
    const { output, terminal } = await open(20, 4, false);
    terminal.draw(lines("▂▃█ é ~"));
    expect(output.take()).toMatch(/^[\x00-\x7f]*$/);
  });
});

describe("a terminal that does not take its bytes", () => {
  test("gets none until it does, and then the newest frame alone", async () => {
    const { output, terminal } = await open();
    output.take();
    output.writableNeedDrain = true;
    for (let frame = 0; frame < 500; frame++) terminal.draw(lines(`frame ${frame}`));
    expect(output.take()).toBe("");
    output.writableNeedDrain = false;
    output.emit("drain");
    expect((await output.shown())[0]).toBe("frame 499");
    expect(output.writes).toBe(2);
  });
});

describe("the size", () => {
  test("is asked for again after a change, which is told once", async () => {
    const { output, terminal, events } = await open();
    terminal.draw(lines("before"));
    for (const columns of [30, 40, 50]) {
      output.columns = columns;
      output.rows = 6;
      output.emulator.resize(columns, 6);
      output.emit("resize");
    }
    await expect.poll(() => events.length).toBe(1);
    expect([terminal.columns, terminal.rows]).toEqual([50, 6]);
    terminal.draw(lines("a".repeat(50), "", "", "", "", "b".repeat(50)));
    expect(await output.shown()).toEqual(["a".repeat(50), "", "", "", "", "b".repeat(49)]);
  });

  test.each([
    [1, 1],
    [2, 1],
    [1, 9],
    [300, 2],
  ])("may be %i x %i", async (columns, rows) => {
    const { output, terminal } = await open(columns, rows);
    terminal.draw(
      lines(
        ..."x"
          .repeat(rows)
          .split("")
          .map((x) => x.repeat(columns)),
      ),
    );
    const [first = ""] = await output.shown();
    expect(first).toBe(rows === 1 ? "x".repeat(columns - 1) : "x".repeat(columns));
  });
});

describe("keys", () => {
  test("come as they are completed; a lone Escape after a while", async () => {
    const { input, events } = await open();
    input.type("q\x1b");
    input.type("[A");
    expect(events).toMatchObject([{ name: "q" }, { name: "up" }]);
    input.type("\x1b");
    expect(events).toHaveLength(2);
    await expect.poll(() => events.length).toBe(3);
    expect(events[2]).toMatchObject({ name: "escape" });
  });

  test("what is pasted comes as text", async () => {
    const { input, events } = await open();
    input.type("\x1b[200~kill all\x1b[201~");
    expect(events).toEqual([{ kind: "paste", text: "kill all" }]);
  });
});

describe("the terminal is given back", () => {
  const modes = (output: FakeOutput) => output.emulator.modes;

  test("whole: every mode that was set is reset, in order, once", async () => {
    const { input, output, terminal } = await open();
    terminal.draw(lines("full"), { row: 0, column: 0 });
    await output.shown();
    expect(output.emulator.buffer.active.type).toBe("alternate");
    expect(modes(output)).toMatchObject({ mouseTrackingMode: "drag", bracketedPasteMode: true });
    expect(input.isRaw).toBe(true);
    output.take();
    terminal.close();
    const said = output.take();
    const places = ["\x1b[?1006l", "\x1b[?2004l", "\x1b[?2026l", "\x1b[m", "\x1b[?1l", "\x1b[?25h", "\x1b[?1049l"].map(
      (sequence) => said.indexOf(sequence),
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    await output.shown();
    expect(output.emulator.buffer.active.type).toBe("normal");
    expect(modes(output)).toMatchObject({
      mouseTrackingMode: "none",
      bracketedPasteMode: false,
      applicationCursorKeysMode: false,
      applicationKeypadMode: false,
    });
    expect(input.isRaw).toBe(false);
    terminal.close();
    terminal.suspend();
    terminal.resume();
    terminal.draw(lines("late"));
    expect(output.take()).toBe("");
    expect(input.listenerCount("data") + output.listenerCount("resize") + output.listenerCount("drain")).toBe(0);
  });

  test("for a while, and taken again, with everything drawn anew", async () => {
    const { input, output, terminal, events } = await open();
    terminal.draw(lines("picture"));
    terminal.suspend();
    await output.shown();
    expect(output.emulator.buffer.active.type).toBe("normal");
    expect(input.isRaw).toBe(false);
    output.take();
    terminal.draw(lines("unseen"));
    expect(output.take()).toBe("");
    terminal.resume();
    expect(events).toEqual([{ kind: "resize" }]);
    terminal.draw(lines("picture"));
    expect((await output.shown())[0]).toBe("picture");
    expect(input.isRaw).toBe(true);
    expect(modes(output)).toMatchObject({ mouseTrackingMode: "drag", bracketedPasteMode: true });
  });

  test("and nothing listens for the end of the process, or holds a timer", async () => {
    const watched = ["uncaughtException", "exit", "SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP"] as const;
    const count = () => watched.map((event) => process.listenerCount(event));
    const before = count();
    const { terminal } = await open();
    expect(count()).toEqual(before);
    terminal.close();
    expect(count()).toEqual(before);
  });
});
