// The I/O view: what can be read and written, who waits for it, and what nobody waits for.

import type { EndpointRow } from "../../control/records.ts";
import { marked, styleOfFinding } from "./columns.ts";
import { bytes, duration } from "./format.ts";
import type { Body } from "./layout.ts";
import { run } from "./line.ts";
import { listView } from "./list.ts";
import type { Screen } from "./model.ts";
import type { Column } from "./table.ts";
import { shortened } from "./words.ts";

export function endpointsView(screen: Screen, rows: number): Body {
  const page = screen.frame?.endpoints;
  const { tid, offset = 0 } = screen.query.endpoints ?? {};
  const empty = tid === undefined ? "nothing is open" : `task ${tid} has nothing open`;
  const { shown, ...list } = listView(screen, rows, {
    columns: columnsOf(screen),
    rows: page?.rows ?? [],
    first: offset,
    empty,
  });
  const whose = tid === undefined ? [] : [run("of task ", "dim"), run(`${tid}  `, "warn")];
  return { ...list, info: [[...whose, run(`${shown} of ${page?.total ?? 0}`)]] };
}

const columnsOf = ({ found }: Screen): readonly Column<EndpointRow>[] => [
  { name: "fd", title: "FD", width: 4, isRight: true, cell: ({ fd }) => (fd < 0 ? run("-", "dim") : run(String(fd))) },
  { name: "kind", title: "KIND", width: 8, drop: 3, cell: ({ kind }) => run(kind, "accent") },
  task("owner", "OWNER", ({ owner }) => owner),
  task("reader", "READER", ({ reader }) => reader),
  task("writer", "WRITER", ({ writer }) => writer),
  { name: "for", title: "FOR", width: 6, isRight: true, cell: ({ forMs }) => run(duration(forMs), "dim") },
  size("read", "READ", ({ bytesRead }) => bytesRead),
  size("written", "WRITTEN", ({ bytesWritten }) => bytesWritten),
  { name: "finding", title: "!", width: 1, cell: ({ finding }) => run(finding, styleOfFinding(finding)) },
  {
    name: "label",
    title: "WHAT",
    width: 20,
    least: 10,
    grows: 1,
    cell: ({ label }, width) => marked(shortened(label, width), found, "normal"),
  },
  {
    name: "note",
    title: "NOTE",
    width: 12,
    least: 6,
    grows: 2,
    drop: 5,
    cell: ({ note, finding }) => run(note, finding === "" ? "normal" : styleOfFinding(finding)),
  },
];

function task(name: string, title: string, tid: (row: EndpointRow) => number): Column<EndpointRow> {
  return {
    name,
    title,
    width: 6,
    isRight: true,
    drop: name === "owner" ? 4 : 6,
    cell: (row) => (tid(row) === 0 ? run("-", "dim") : run(String(tid(row)))),
  };
}

function size(name: string, title: string, of: (row: EndpointRow) => number): Column<EndpointRow> {
  return {
    name,
    title,
    width: 7,
    isRight: true,
    drop: 2,
    cell: (row) => run(bytes(of(row)), of(row) === 0 ? "dim" : "normal"),
  };
}
