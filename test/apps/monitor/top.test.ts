// The viewer as its user has it: keys in, lines out, against a real agent, on simulated time.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { errorCodes } from "../../../apps/control/protocol.ts";
import { isOfTasks } from "../../../apps/monitor/viewer.ts";
import { widthOf } from "../../../apps/monitor/views/line.ts";
import { RpcError } from "../../../apps/rpc/index.ts";
import { type Program, SyscallError } from "../../../kernel/syscall.ts";
import { NewTask, Sleep } from "../../../syscalls/index.ts";
import { onStage, type Stage } from "./stage.ts";

function* forever(): Program<void> {
  for (;;) yield* new Sleep(1_000_000);
}

/** Tasks 2 and up: "baker-1" … */
const town = (count: number) =>
  function* (): Program<void> {
    for (let at = 1; at <= count; at++) yield* new NewTask(forever(), `baker-${at}`);
  };

/** The lines of the table. */
const tasksOf = (stage: Stage): string[] => stage.text.filter((line) => /^[> ][* ] *\d+ [A-Za-z] /.test(line));

const cursorTid = (stage: Stage): number => Number(/^> *\*? *(\d+)/.exec(stage.here)?.[1] ?? 0);

describe("a screen", () => {
  test("shows the tasks, and leaves with 0 on q", async () => {
    const code = await onStage(town(5), function* (stage) {
      expect(stage.text[0]).toContain("town");
      expect(stage.text.filter((line) => line.includes("baker-"))).toHaveLength(5);
      yield* stage.type("q");
    });
    expect(code).toBe(0);
  });

  test("is asked for each interval, and at once after a key that wants other rows", async () => {
    await onStage(town(2), function* (stage) {
      const before = stage.canvas.frames;
      yield* new Sleep(5_000);
      expect(stage.canvas.frames - before).toBe(5);
      const seq = stage.viewer.screen.frame?.seq ?? 0;
      yield* stage.type("I");
      expect(stage.viewer.screen.frame?.seq).toBe(seq + 1);
    });
  });

  test("the interval is typed, and 0 is ten a second", async () => {
    await onStage(town(1), function* (stage) {
      yield* stage.type("d", "0", "\r");
      const before = stage.viewer.screen.frame?.seq ?? 0;
      yield* new Sleep(1_000);
      expect((stage.viewer.screen.frame?.seq ?? 0) - before).toBe(10);
      yield* stage.type("d", "2", ".", "5", "\r");
      expect(stage.viewer.screen.everyMs).toBe(2_500);
      yield* stage.type("d", "x", "\r");
      expect(stage.bottom).toContain("seconds from 0 to 3600");
    });
  });

  test("follows the size of its terminal", async () => {
    await onStage(town(3), function* (stage) {
      stage.canvas.columns = 80;
      stage.canvas.rows = 24;
      stage.events.trySend({ kind: "resize" });
      yield* new Sleep(10);
      expect(stage.canvas.lines).toHaveLength(24);
    });
  });
});

describe("the cursor", () => {
  test("holds a tid, moves by keys, and the window with it", async () => {
    await onStage(town(200), function* (stage) {
      yield* stage.type("N", "\x1b[B", "\x1b[B", "\x1bj");
      expect(cursorTid(stage)).toBe(4);
      yield* stage.type("\x1b[6~", "\x1b[6~");
      const there = cursorTid(stage);
      expect(there).toBe(4 + 2 * stage.viewer.room);
      yield* stage.type("\x1b[F");
      expect(stage.here).toContain("input");
      yield* stage.type("\x1b[H");
      expect(cursorTid(stage)).toBe(1);
      yield* stage.type("g", "1", "5", "0", "\r");
      expect(cursorTid(stage)).toBe(150);
      yield* stage.type("g", "g");
      expect(cursorTid(stage)).toBe(1);
      yield* stage.type("I");
      expect(stage.text.some((line) => line.includes("baker-200"))).toBe(true);
    });
  });

  test("is put where the mouse clicks, and the wheel moves it", async () => {
    await onStage(town(50), function* (stage) {
      yield* stage.type("N");
      const row = stage.text.findIndex((line) => line.includes("baker-9"));
      yield* stage.type(`\x1b[<0;30;${row + 1}M`);
      expect(cursorTid(stage)).toBe(10);
      yield* stage.type("\x1b[<65;30;10M");
      expect(cursorTid(stage)).toBe(13);
      const titles = stage.text.findIndex((line) => line.includes("NAME"));
      yield* stage.type(`\x1b[<0;${(stage.text[titles]?.indexOf("NAME") ?? 0) + 1};${titles + 1}M`);
      expect(stage.viewer.screen.query.tasks?.sort).toBe("name");
    });
  });

  test("finds as it is typed, next and previous, and comes back on Escape", async () => {
    await onStage(town(120), function* (stage) {
      yield* stage.type("N", "/", "b", "a", "k", "e", "r", "-", "7", "7");
      expect(stage.here).toContain("baker-77");
      yield* stage.type("\x1b");
      expect(cursorTid(stage)).toBe(1);
      yield* stage.type("/", "\x1b[200~baker-10\x1b[201~", "\r");
      expect(stage.here).toMatch(/baker-10$/);
      yield* stage.type("n");
      expect(stage.here).toContain("baker-100");
      yield* stage.type("\x1b[1;2R");
      expect(stage.here).toMatch(/baker-10$/);
      yield* stage.type("/", "n", "o", "n", "e", "\r");
      expect(stage.said).toContain('"none"');
    });
  });
});

describe("over a slow line", () => {
  test("keys count from when they are pressed: a frame that was under way takes none of them back", async () => {
    await onStage(town(300), function* (stage) {
      yield* stage.type("N", "d", "0", "\r");
      stage.latencyMs = 300;
      for (let at = 0; at < 20; at++) {
        yield* new Sleep(37);
        yield* stage.press("\x1b[F");
        yield* new Sleep(1_000);
        expect(stage.here).toContain("input");
        yield* new Sleep(37);
        yield* stage.press("g", "1", "5", "0", "\r");
        yield* new Sleep(1_000);
        expect(cursorTid(stage)).toBe(150);
        yield* stage.press("\x1b[H");
        yield* new Sleep(1_000);
        expect(cursorTid(stage)).toBe(1);
      }
    });
  });
});

describe("rows", () => {
  test("a filter is applied as soon as it can be read, and says where it cannot", async () => {
    await onStage(town(30), function* (stage) {
      yield* stage.type("\\", "\x1b[200~name~baker-1\x1b[201~");
      expect(tasksOf(stage)).toHaveLength(11);
      yield* stage.type("(");
      expect(stage.bottom).toMatch(/position \d+/);
      expect(tasksOf(stage)).toHaveLength(11);
      yield* stage.type("\x7f", "\r");
      expect(stage.viewer.screen.query.tasks?.filter).toBe("name~baker-1");
      yield* stage.type("\x1bOS", "\x1b");
      expect(tasksOf(stage).length).toBeGreaterThan(30);
    });
  });

  test("are tagged, in a range and with their children, and untagged", async () => {
    await onStage(town(30), function* (stage) {
      yield* stage.type("N", "\x1b[B", " ", "\x1b[B", "\x1b[B", "\x00");
      expect([...stage.viewer.screen.tagged].sort((a, b) => a - b)).toEqual([2, 3, 4, 5]);
      yield* stage.type("U");
      expect(stage.viewer.screen.tagged.size).toBe(0);
      yield* stage.type("g", "1", "\r", "c");
      expect(stage.viewer.screen.tagged.size).toBeGreaterThan(30);
    });
  });

  test("columns are chosen, and kept", async () => {
    const saved: unknown[] = [];
    await onStage(
      town(2),
      function* (stage) {
        yield* stage.type(":", "\x1b[200~columns tid,name,turns\x1b[201~", "\r");
        expect(stage.text.find((line) => line.includes("NAME"))).toMatch(/TID.*NAME.*TURNS/);
        yield* stage.type("\x1bOQ", " ", "\x1b[B", "\r");
        expect(saved.at(-1)).toEqual({ columns: ["name", "turns"] });
      },
      { viewer: { save: (settings) => saved.push(settings) } },
    );
  });
});

describe("tasks are acted on", () => {
  test("by a signal that is chosen and confirmed by Enter; Escape sends none", async () => {
    await onStage(town(3), function* (stage) {
      yield* stage.type("g", "3", "\r", "k", "\x1b");
      expect(stage.asked.map(([method]) => method)).not.toContain("signal");
      yield* stage.type("\x1bOS", "\x1b", "\x1b[20~", "\x1b[B", "\r");
      expect(stage.asked.at(-1)).toEqual(["signal", { tids: [3], signal: "KILL" }]);
      yield* new Sleep(2_000);
      expect(tasksOf(stage).find((line) => line.includes("baker-2"))).toMatch(/^[> ][* ] +3 Z /);
    });
  });

  test("by commands, which Tab completes", async () => {
    await onStage(town(3), function* (stage) {
      yield* stage.type(":", "k", "i", "\t");
      expect(stage.bottom).toContain(":kill ");
      yield* stage.type("\x1b[200~-s STOP 2 3\x1b[201~", "\r");
      expect(stage.asked.at(-1)).toEqual(["signal", { tids: [2, 3], signal: "STOP" }]);
      yield* stage.type(":", "\x1b[200~kill -s NONE 2\x1b[201~", "\r");
      expect(stage.said).toContain("there is no signal NONE");
      yield* stage.type(":", "x", "y", "\r");
      expect(stage.said).toContain('there is no command "xy"');
      yield* stage.type(":", "\x1b[A");
      expect(stage.bottom).toContain(":xy");
    });
  });

  test("by priority, each key counting, also those before the next frame", async () => {
    await onStage(town(3), function* (stage) {
      yield* stage.type("g", "3", "\r");
      yield* stage.press("\x1b[19~", "\x1b[19~", "\x1b[19~");
      yield* new Sleep(2_000);
      expect(stage.asked.map(([, params]) => Object(params).nice)).toEqual([1, 2, 3]);
      yield* stage.type("\x1b[18~");
      expect(stage.asked.at(-1)).toEqual(["renice", { tids: [3], nice: 2 }]);
    });
  });

  test("all tagged ones at once, by priority", async () => {
    await onStage(town(3), function* (stage) {
      yield* stage.type("N", "\x1b[B", " ", " ", "\x1b[18~");
      expect(stage.asked.at(-1)?.[0]).toBe("renice");
      expect(stage.asked.at(-1)?.[1]).toMatchObject({ tids: [2, 3], nice: -1 });
    });
  });
});

describe("time", () => {
  test("stands still while the kernel goes on, and steps through what was kept", async () => {
    await onStage(town(2), function* (stage) {
      yield* new Sleep(10_000);
      yield* stage.type("Z");
      const frozen = stage.viewer.screen.frame?.seq ?? 0;
      yield* new Sleep(5_000);
      expect(stage.viewer.screen.frame?.seq).toBe(frozen);
      yield* stage.type(",", ",", ".");
      expect(stage.viewer.screen.frame?.seq).toBe(frozen - 1);
      for (let step = 0; step < 100; step++) yield* stage.type(",");
      expect(stage.viewer.screen.connection).toMatchObject({ kind: "frozen" });
      yield* stage.type("Z");
      expect(stage.viewer.screen.frame?.seq).toBeGreaterThan(frozen + 5);
      expect(stage.viewer.screen.connection.kind).toBe("live");
    });
  });

  test("no more than sixty frames are kept", async () => {
    await onStage(town(1), function* (stage) {
      yield* new Sleep(100_000);
      expect(stage.viewer.kept).toHaveLength(60);
    });
  });
});

test("the order it is started with is turned round by a minus, as in ps", async () => {
  const tids: number[] = [];
  await onStage(
    town(3),
    function* (stage) {
      tids.push(...tasksOf(stage).map((line) => Number(/\d+/.exec(line)?.[0])));
      yield* new Sleep(0);
    },
    { viewer: { sort: "-tid", isPinned: false } },
  );
  expect(tids.length).toBeGreaterThan(3);
  expect(tids).toEqual([...tids].sort((one, other) => other - one));
});

describe("a kernel that does not answer", () => {
  test("is seen within half a second, however long the interval is, and again when it answers", async () => {
    await onStage(
      town(2),
      function* (stage) {
        yield* new Sleep(70_000);
        stage.stuck = { tid: 2, name: "baker-1", forMs: 400, stack: ["town.ts:7:3 in knead"] };
        yield* new Sleep(500);
        expect(stage.text.slice(0, 2).join("\n")).toMatch(/NOT RESPONDING .*task 2 baker-1[\s\S]*knead town\.ts:7:3/);
        stage.stuck = undefined;
        yield* new Sleep(600);
        expect(stage.viewer.screen.connection.kind).toBe("live");
      },
      { viewer: { everyMs: 60_000 } },
    );
  });

  const stuck = { tid: 2, name: "baker-1", forMs: 1_600, stack: ["evil.ts:91:3 in spin"] };

  test("is said to, with the task that sticks it; K ends that", async () => {
    await onStage(town(1), function* (stage) {
      stage.fault = new RpcError(errorCodes.notResponding, "a turn does not end", stuck);
      yield* new Sleep(1_500);
      expect(stage.text[0]).toMatch(/NOT RESPONDING/i);
      expect(stage.text.slice(0, 3).join("\n")).toContain("baker-1");
      yield* stage.type("K");
      stage.fault = undefined;
      yield* stage.type("y");
      expect(stage.asked.at(-1)).toEqual(["signal", { tids: [2], signal: "KILL" }]);
      yield* new Sleep(1_500);
      expect(stage.viewer.screen.connection.kind).toBe("live");
    });
  });

  test("in no task's turn is said to be busy outside them, and there is nobody to kill", async () => {
    await onStage(town(1), function* (stage) {
      stage.fault = new RpcError(errorCodes.notResponding, "busy", { tid: 0, name: "", forMs: 5_200, stack: [] });
      yield* new Sleep(1_500);
      expect(stage.text[0]).toMatch(/NOT RESPONDING for 5.2s: its thread is busy outside its tasks/);
      expect(stage.text.slice(0, 4).join("\n")).not.toContain("k ends its turn");
      yield* stage.type("K");
      expect(stage.viewer.screen.dialog).toBeUndefined();
      expect(stage.text.join("\n")).toContain("there is no task to kill");
    });
  });

  test("X ends its process, after a question", async () => {
    const ended: number[] = [];
    const end = (pid: number): void => void ended.push(pid);
    await onStage(
      town(1),
      function* (stage) {
        stage.fault = new RpcError(errorCodes.notResponding, "a turn does not end", stuck);
        yield* new Sleep(1_500);
        yield* stage.type("X", "n");
        expect(ended).toEqual([]);
        yield* stage.type("X", "y");
        expect(ended).toEqual([4021]);
      },
      { source: { end } },
    );
  });
});

describe("a connection that is lost", () => {
  test("is made again after 0.25, 0.5, 1 and 2 s, the last frame still there with its age", async () => {
    await onStage(town(1), function* (stage) {
      yield* new Sleep(500);
      stage.fault = new SyscallError("EPIPE", "the peer has closed");
      yield* new Sleep(3_000);
      expect(stage.viewer.screen.connection).toMatchObject({ kind: "reconnecting" });
      expect(stage.text.some((line) => line.includes("baker-1"))).toBe(true);
      stage.fault = undefined;
      yield* new Sleep(2_100);
      expect(stage.connections).toBe(2);
      expect(stage.viewer.screen.connection.kind).toBe("live");
    });
  });

  test("that gives no answer does not pass for a live one, and is made again after ten seconds", async () => {
    await onStage(town(1), function* (stage) {
      yield* new Sleep(500);
      stage.isSilent = true;
      yield* new Sleep(5_000);
      expect(stage.text[0]).toMatch(/the frame below is [\d.]+s old/);
      stage.isSilent = false;
      yield* new Sleep(10_000);
      expect(stage.connections).toBe(2);
      expect(stage.viewer.screen.connection.kind).toBe("live");
    });
  });

  test("to a kernel that is gone is said to be, and q then leaves with 1", async () => {
    const code = await onStage(town(1), function* (stage) {
      stage.fault = new SyscallError("ECONNREFUSED", "nobody listens");
      yield* new Sleep(2_000);
      expect(stage.viewer.screen.connection).toMatchObject({ kind: "gone" });
      yield* stage.type("q");
    });
    expect(code).toBe(1);
  });

  test("in the terminal of a run ends the viewer", async () => {
    const code = await onStage(
      town(1),
      function* (stage) {
        stage.fault = new SyscallError("EPIPE", "the peer has closed");
        yield* new Sleep(2_000);
        expect(stage.viewer.left.isSet).toBe(true);
      },
      { viewer: { isOwner: true } },
    );
    expect(code).toBe(0);
  });
});

describe("whatever is typed", () => {
  const sequence = fc.oneof(
    fc.constantFrom(
      ..."123456789 /\\:tWoIPMTNFZ,.!?kdgUcp[]<>*+-bsSClwyz\r\t\x1b".split(""),
      ..."\x1b[A \x1b[B \x1b[C \x1b[D \x1b[5~ \x1b[6~ \x1b[H \x1b[F \x1bOP \x1bOQ \x1b[17~ \x00 \x7f".split(" "),
      "\x1b[200~kill -s KILL 3\x1b[201~",
      "\x1b[200~sort name\x1b[201~",
      "\x1b[200~name~baker-[12]\x1b[201~",
    ),
    fc
      .tuple(fc.constantFrom(0, 0, 0, 64, 65), fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 40 }))
      .map(([button, column, row]) => `\x1b[<${button};${column};${row}M`),
  );

  test("every line is exactly as wide as the screen, and the cursor on a row that is there", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sequence, { minLength: 30, maxLength: 120 }), async (sequences) => {
        await onStage(town(90), function* (stage) {
          for (const each of sequences) {
            yield* stage.press(each);
            if (stage.viewer.left.isSet) return;
            for (const line of stage.canvas.lines) expect(widthOf(line)).toBe(120);
            const { screen, rows } = stage.viewer;
            const isOn = rows.length === 0 || rows.some(({ tid }) => tid === screen.cursor);
            if (isOfTasks(screen.view) && stage.viewer.jump === undefined) expect(isOn).toBe(true);
          }
        });
      }),
      { numRuns: 10 },
    );
  }, 120_000);
});

describe("every key", () => {
  test("in every view does something or nothing, and never ends the viewer but by q, F10 and Ctrl-C", async () => {
    await onStage(town(3), function* (stage) {
      const printable = Array.from({ length: 0x5f }, (_, at) => String.fromCharCode(0x20 + at)).filter(
        (key) => key !== "q",
      );
      const others = [
        "\t",
        "\r",
        "\x1b[A",
        "\x1b[B",
        "\x1b[C",
        "\x1b[D",
        "\x1bOP",
        "\x1bOQ",
        "\x1b[17~",
        "\x1b[5~",
        "\x1b[Z",
        "\x00",
        "\x0c",
        "\x13",
      ];
      for (const view of ["1", "2", "3", "4", "5", "6", "7", "8"]) {
        for (const key of [...printable.filter((key) => !"12345678".includes(key)), ...others]) {
          yield* stage.press(view, key, "\x1b", "\x1b");
          if (stage.viewer.left.isSet) throw new Error(`${JSON.stringify(key)} in view ${view} left the viewer`);
        }
      }
      expect(stage.viewer.screen.prompt).toBeUndefined();
    });
  }, 60_000);
});
