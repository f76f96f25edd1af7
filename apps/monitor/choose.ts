// The list of kernels, where several run and none was named: up, down, Enter; Escape or q for none.

import { type Program, type Routine, routine } from "../../kernel/syscall.ts";
import { Select, Sleep } from "../../syscalls/index.ts";
import type { Channel } from "../lib/index.ts";
import type { Surface } from "./given.ts";
import type { TopEvent } from "./top.ts";
import { run, type StyledLine, seal } from "./views/line.ts";

/** A kernel that can be chosen. */
export interface Choice {
  readonly name: string;
  readonly pid: number;
  readonly text: string;
}

const redrawMs = 10_000;

const steps: Readonly<Record<string, number>> = { up: -1, k: -1, down: 1, j: 1, home: -1_000, end: 1_000 };

/** Lets the user choose. @returns the place of the chosen one, or -1 */
export const choose: Routine<[surface: Surface, events: Channel<TopEvent>, choices: readonly Choice[]], number> =
  routine(function* choose(surface, events, choices): Program<number> {
    let at = 0;
    for (;;) {
      surface.draw(lines(surface, choices, at));
      // Who waits for a key alone would wait, as far as a kernel can see, for nothing that can come.
      const first = yield* new Select({ event: events.receive(), time: new Sleep(redrawMs) });
      if (first.key === "time") continue;
      const event = first.value;
      if (event.kind === "mouse" && event.action === "press" && choices[event.row - 2] !== undefined) {
        if (at === event.row - 2) return at;
        at = event.row - 2;
      }
      if (event.kind !== "key") continue;
      if (event.name === "enter") return at;
      if (["C-c", "escape", "q", "f10"].includes(event.name)) return -1;
      if (event.name === "C-z") surface.stop();
      const digit = /^[1-9]$/.test(event.name) ? Number(event.name) - 1 : -1;
      if (choices[digit] !== undefined) return digit;
      at = Math.max(0, Math.min(at + (steps[event.name] ?? 0), choices.length - 1));
    }
  });

function lines({ columns, rows }: Surface, choices: readonly Choice[], at: number): readonly StyledLine[] {
  const room = Math.max(1, rows - 4);
  const top = Math.max(0, Math.min(at - room + 1, choices.length - room));
  const shown = choices.slice(top, top + room).map(({ name, pid, text }, place) => {
    const line = `${top + place === at ? ">" : " "} ${String(top + place + 1).padStart(3)}  ${String(pid).padStart(7)}  ${name.padEnd(24)}  ${text}`;
    return [run(line.padEnd(columns), top + place === at ? "cursor" : "normal")];
  });
  const title = [run(" Several kernels run: which one?", "title")];
  const keys = [run(" Enter", "key"), run(" watch it   "), run("Esc", "key"), run(" none")];
  return [title, [], ...shown, [], keys].map((line) => seal(line, columns, false));
}
