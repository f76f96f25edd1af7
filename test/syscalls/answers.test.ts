// What the syscalls on files, names, datagrams and threads are answered with, and refuse to be made of. Only compiled.

import { expect, expectTypeOf, test } from "vitest";
import {
  Bind,
  type Datagrams,
  type FileLines,
  type FileStatus,
  follow,
  LookUp,
  Offload,
  Open,
  type Program,
  Read,
  readFile,
  readLines,
  receiveFrom,
  Stat,
  type Step,
  Write,
} from "../../apps/index.ts";
import type { File } from "../../syscalls/index.ts";

function* answers(file: File, socket: Datagrams): Program<void> {
  expectTypeOf(yield* new Open("a", "wx")).toEqualTypeOf<File>();
  expectTypeOf(yield* new Read(file, 1)).toEqualTypeOf<Uint8Array>();
  expectTypeOf(yield* new Write(file, new Uint8Array(1))).toEqualTypeOf<void>();
  expectTypeOf(yield* new Stat("a")).toEqualTypeOf<FileStatus>();
  expectTypeOf(yield* readFile("a")).toEqualTypeOf<Uint8Array>();
  expectTypeOf(yield* readLines("a")).toEqualTypeOf<FileLines>();
  expectTypeOf(yield* (yield* readLines("a")).next()).toEqualTypeOf<Step<string>>();
  expectTypeOf(yield* (yield* follow("a")).next()).toEqualTypeOf<Step<string>>();
  expectTypeOf(yield* new LookUp("a")).toEqualTypeOf<readonly string[]>();
  expectTypeOf(yield* new Bind({ port: 0 })).toEqualTypeOf<Datagrams>();
  expectTypeOf((yield* receiveFrom(socket)).bytes).toEqualTypeOf<Uint8Array>();
  expectTypeOf(yield* new Offload(new URL("file:///a"))).toEqualTypeOf<unknown>();
  expectTypeOf(yield* new Offload<number>("/a")).toEqualTypeOf<number>();

  // @ts-expect-error flags are those of fopen
  yield* new Open("a", "rx");
  // @ts-expect-error a path is no file
  yield* new Read("a", 1);
  // @ts-expect-error text is no bytes
  yield* new Write(file, "text");
  // @ts-expect-error a datagram's socket has no path
  yield* new Bind({ path: "a" });
  // @ts-expect-error readLines comes to an end, follow does not
  follow("a", { follow: false });
}

test("types: what the answers are", () => {
  expect(answers).toBeTypeOf("function");
});
