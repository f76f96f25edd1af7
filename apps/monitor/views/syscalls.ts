// The syscalls view: each class that was ever called, a user's own among them.

import type { SyscallRow } from "../../control/records.ts";
import { marked } from "./columns.ts";
import { count, millis, percent } from "./format.ts";
import type { Body } from "./layout.ts";
import { run } from "./line.ts";
import { listView } from "./list.ts";
import type { Screen } from "./model.ts";
import type { Column } from "./table.ts";

export function syscallsView(screen: Screen, rows: number): Body {
  const all = screen.frame?.syscalls ?? [];
  const { sort = "calls", isInverted = false } = screen.query.syscalls ?? {};
  const isText = sort === "name" || sort === "family";
  const { shown, ...list } = listView(screen, rows, {
    columns: columnsOf(screen),
    rows: all,
    sorted: { name: sort, isAscending: isText !== isInverted },
    empty: "no syscall was made",
  });
  return { ...list, info: [[run(`${shown} of ${all.length}`)]] };
}

const columnsOf = ({ found }: Screen): readonly Column<SyscallRow>[] => [
  { name: "name", title: "SYSCALL", width: 14, least: 8, grows: 2, cell: ({ name }) => marked(name, found, "bold") },
  { name: "family", title: "FAMILY", width: 8, drop: 1, cell: ({ family }) => run(family, "accent") },
  number("calls", "CALLS", 7, 5, ({ calls }) => count(calls)),
  number("callsPerS", "CALLS/s", 8, 9, ({ callsPerS }) => count(callsPerS)),
  {
    name: "errors",
    title: "ERRORS",
    width: 7,
    isRight: true,
    drop: 6,
    cell: ({ errors }) => run(count(errors), errors !== null && errors > 0 ? "warn" : "dim"),
  },
  number("inside", "INSIDE", 7, 8, ({ inside }) => count(inside)),
  number("meanBlockedMs", "MEAN ms", 8, 7, ({ meanBlockedMs }) => millis(meanBlockedMs)),
  number("p99BlockedMs", "P99 ms", 8, 3, ({ p99BlockedMs }) => millis(p99BlockedMs)),
  number("maxBlockedMs", "MAX ms", 8, 4, ({ maxBlockedMs }) => millis(maxBlockedMs)),
  number("share", "KERNEL%", 8, 2, ({ share }) => percent(share)),
];

function number(
  name: string,
  title: string,
  width: number,
  drop: number,
  text: (row: SyscallRow) => string,
): Column<SyscallRow> {
  return {
    name,
    title,
    width,
    isRight: true,
    drop,
    cell: (row) => {
      const shown = text(row);
      return run(shown, shown === "-" || Number(shown) === 0 ? "dim" : "normal");
    },
  };
}
