// Records of a kernel as the tests of the commands need them: whole, and with what the test is about.

import type { ControlPort, Frame, MethodName, Methods } from "../../../apps/control/protocol.ts";
import type { KernelRecord, PlacedRow, TraceRecord } from "../../../apps/control/records.ts";
import { type Call, type Program, routine } from "../../../kernel/syscall.ts";
import { rowWith } from "../control/row.ts";

export function row(of: Partial<PlacedRow> & { readonly tid: number }): PlacedRow {
  const usual = { name: `task-${of.tid}`, app: "app", state: "S", lasts: [], count: 1, isRepeat: false } as const;
  return { ...rowWith({}), ...usual, ...of };
}

export function syscall(of: Partial<TraceRecord> & { readonly at: number }): TraceRecord {
  return {
    seq: of.at,
    tid: 31,
    name: "uploader",
    syscall: "ReadWait(tcp 127.0.0.1:7000)",
    result: "= ready",
    isError: false,
    blockedMs: 0,
    turnMs: 0,
    kernelMs: 0.01,
    ...of,
  };
}

const spread = { p50: 0.2, p90: 1, p99: 1.8, max: 41 };

export const kernelRecord: KernelRecord = {
  name: "echo-server",
  pid: 4021,
  node: "20.20.2",
  machine: "epoll",
  upMs: 761_000,
  access: "full",
  viewers: 1,
  run: 0.331,
  poll: 0.02,
  idle: 0.649,
  live: 1_204,
  states: { R: 1, r: 12, W: 1_191 },
  ready: 12,
  readyWait: spread,
  readyHistory: [],
  lag: spread,
  lagHistory: [],
  turnsPerS: 18_200,
  trapsPerS: 18_900,
  pollsPerS: 400,
  endpoints: 1_160,
  reading: 1_158,
  writing: 2,
  timers: 38,
  heapBytes: 50_541_363,
};

/** What every name and text from outside must get through: controls, bidi, wide, combining, quotes, escapes. */
export const hostileTexts: readonly string[] = [
  "\u001b[2J\u001b]0;title\u0007",
  "\u009b31m",
  "\u202egnol\u2066",
  "a\r\nb\tc\u0000",
  "e\u0301\u0301漢字👩‍👩‍👧",
  'quote " back \\ slash \\n \\N &amp; <b>',
  "-- ];}",
  "\ud800",
];

/** What could act on a terminal. */
export const acts = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** A kernel that answers as it is told, by method. */
export type Answers = { readonly [M in MethodName]?: (params: Methods[M]["params"]) => Methods[M]["result"] };

/** A control port onto fixtures. @param asked gets every method and its params */
export function fixturePort(answers: Answers, asked: [MethodName, unknown][] = []): ControlPort {
  return {
    ask: <M extends MethodName>(method: M, params: Methods[M]["params"]) => {
      asked.push([method, params]);
      const answer = answers[method] as ((params: unknown) => unknown) | undefined; // by the same name
      return answered(() => {
        if (answer === undefined) throw new Error(`nobody asks for ${method} here`);
        return answer(params);
      }) as Call<Methods[M]["result"]>; // as it is told
    },
  };
}

const answered = routine(function* answered(answer: () => unknown): Program<unknown> {
  return answer();
});

/** A frame with these tasks. */
export function frameOf(rows: readonly PlacedRow[]): Frame {
  const tasks = { total: rows.length, all: rows.length, first: 0, rows };
  return { seq: 1, at: 0, time: 0, kernel: kernelRecord, findings: [], tasks };
}
