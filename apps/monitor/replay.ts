// A recording as a control port: its frames can be asked for like a kernel's, sorted and filtered anew; nothing in it can
// be changed. Only the places of its lines are in memory. A line that is no frame is skipped, and said when one gets there.

import { type Call, type Program, type Routine, routine, SyscallError } from "../../kernel/syscall.ts";
import { type File, Open, Read } from "../../syscalls/index.ts";
import {
  errorCodes,
  type Frame,
  type FrameQuery,
  type Hello,
  type MethodName,
  type Methods,
  protocolVersion,
} from "../control/protocol.ts";
import { RpcError } from "../rpc/index.ts";
import type { Port } from "./given.ts";
import { type RecordingHeader, recordingKind, recordingVersion } from "./recording.ts";
import { checkedFrame } from "./replay-frame.ts";
import { cutTo } from "./replay-page.ts";

const chunkBytes = 1_048_576;
/** A frame of 10,000 tasks has about 5 MB. */
const maxLineBytes = 64 * 1_048_576;
const maxHeaderBytes = 1_048_576;
const newline = 10;
const maxFrames = 10_000_000;

export class Replay implements Port {
  readonly hello: Hello;
  /** How many frames there are. */
  readonly frames: number;
  /** The frame that is asked for, from 0. */
  place = 0;
  isPlaying = false;
  /** "recording town.frames" */
  readonly label: string;
  readonly #file: File;
  /** Where each frame begins, and where the last one ends. */
  readonly #starts: readonly number[];

  private constructor(file: File, header: RecordingHeader, starts: readonly number[]) {
    this.hello = { version: protocolVersion, name: header.name, pid: header.pid, access: "read-only" };
    this.label = `recording ${file.path}`;
    this.#file = file;
    this.#starts = starts;
    this.frames = starts.length - 1;
  }

  /**
   * Opens a recording.
   * @throws ENOENT and the like; EINVAL for what is none, is of another version, or has no frame
   */
  static readonly open: Routine<[path: string], Replay> = routine(function* open(path) {
    const file = yield* new Open(path);
    const starts = yield* lineStarts(file);
    const [first = 0, second = 0] = starts;
    const header = checkedHeader(yield* readSpan(file, first, second), path);
    if (starts.length < 3) throw new SyscallError("EINVAL", `${path} has no frame`);
    return new Replay(file, header, starts.slice(1));
  });

  /** Moves by so many frames, as far as there are any. */
  step(by: number): void {
    this.place = Math.max(0, Math.min(this.place + by, this.frames - 1));
  }

  /** Time has passed: the next frame, where it is played and has not come to its end. */
  play(): void {
    if (this.isPlaying) this.step(1);
    if (this.place === this.frames - 1) this.isPlaying = false;
  }

  ask<M extends MethodName>(method: M, params: Methods[M]["params"]): Call<Methods[M]["result"]> {
    return answer(this, method, params) as Call<Methods[M]["result"]>; // each branch answers as its method does
  }

  /** The frame at `place`. @throws EINVAL for a line that is none */
  current(): Call<Frame> {
    return currentFrame(this.#file, this.place, this.#starts);
  }

  close(): void {
    this.#file.close();
  }
}

const answer = routine(function* answer(replay: Replay, method: MethodName, params: unknown): Program<unknown> {
  if (method === "hello") return replay.hello;
  if (method === "stuck" || method === "trace" || method === "exit") return null;
  if (method !== "frame") throw new RpcError(errorCodes.readOnly, "this is a recording: nothing in it can be changed");
  return cutTo(yield* replay.current(), params as FrameQuery); // its method's
});

const currentFrame = routine(function* current(file: File, place: number, starts: readonly number[]): Program<Frame> {
  const text = yield* readSpan(file, starts[place] ?? 0, starts[place + 1] ?? 0);
  try {
    return checkedFrame(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof Error ? error.message : "";
    throw new RpcError(errorCodes.system, `frame ${place + 1} of the recording is damaged: ${reason}`);
  }
});

// Where each line begins, and where the last one ends; one without its end was being written when all ended.
const lineStarts = routine(function* lineStarts(file: File): Program<number[]> {
  const starts = [0];
  for (let at = 0; ; ) {
    const bytes = yield* new Read(file, chunkBytes, at);
    if (bytes.length === 0) return starts;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, end + 1)) starts.push(at + end + 1);
    // The first says what the file is: without one there is no end to what may come.
    if (starts.length === 1 && at > maxHeaderBytes) throw noRecording(file.path);
    if (starts.length > maxFrames) throw new SyscallError("EFBIG", `${file.label} has more than ${maxFrames} frames`);
    at += bytes.length;
  }
});

const readSpan = routine(function* readSpan(file: File, from: number, to: number): Program<string> {
  if (to - from > maxLineBytes)
    throw new SyscallError("EINVAL", `${file.label} has a line of over ${maxLineBytes} bytes`);
  const decoder = new TextDecoder();
  let text = "";
  for (let at = from; at < to; ) {
    const bytes = yield* new Read(file, Math.min(chunkBytes, to - at), at);
    if (bytes.length === 0) break;
    text += decoder.decode(bytes, { stream: true });
    at += bytes.length;
  }
  return text;
});

function checkedHeader(text: string, path: string): RecordingHeader {
  const header = parsed(text) as Partial<RecordingHeader> | undefined; // looked at
  if (header?.kind !== recordingKind || typeof header.name !== "string" || typeof header.pid !== "number") {
    throw noRecording(path);
  }
  if (header.version !== recordingVersion) {
    throw new SyscallError("EINVAL", `${path} is of version ${header.version}, this is for ${recordingVersion}`);
  }
  return header as RecordingHeader; // of this version
}

function noRecording(path: string): SyscallError {
  return new SyscallError("EINVAL", `${path} is no recording: make one with :record in yieldix top`);
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
