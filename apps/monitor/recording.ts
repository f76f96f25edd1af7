// Recording: frames as lines of JSON in a file, for `yieldix top --replay`. Each has all that any view shows, whatever the
// screen shows at that time. The file grows until recording is stopped or the disk is full, which is said.

import { Cancelled, type Program, type Routine, routine, SyscallError } from "../../kernel/syscall.ts";
import { type File, Open, Write } from "../../syscalls/index.ts";
import { errorCodes, type Frame, type FrameQuery } from "../control/protocol.ts";
import { RpcError } from "../rpc/errors.ts";
import { sentence, type Viewer } from "./viewer.ts";

/** What the first line of a recording says it is, and of which version. */
export const recordingKind = "yieldix frames";
export const recordingVersion = 1;

/** The first line. */
export interface RecordingHeader {
  readonly kind: typeof recordingKind;
  readonly version: number;
  /** Of the kernel. */
  readonly name: string;
  readonly pid: number;
}

const maxRows = 10_000;
const encoder = new TextEncoder();

/** A file that frames are written to. */
export class Recording {
  readonly path: string;
  readonly #file: File;
  /** The latest line of the log that it has. */
  #logSeq = 0;

  private constructor(path: string, file: File) {
    this.path = path;
    this.#file = file;
  }

  /**
   * Creates the file, which must not be there, and writes its first line.
   * @throws EEXIST and whatever else the file system says
   */
  static readonly begin: Routine<[path: string, kernel: { readonly name: string; readonly pid: number }], Recording> =
    routine(function* begin(path, { name, pid }): Program<Recording> {
      const file = yield* new Open(path, "wx");
      const header: RecordingHeader = { kind: recordingKind, version: recordingVersion, name, pid };
      yield* new Write(file, encoder.encode(`${JSON.stringify(header)}\n`));
      return new Recording(path, file);
    });

  /** What a frame for it is asked with. @param cursor the task whose detail is wanted; 0: nobody's */
  query(cursor: number): FrameQuery {
    return {
      tasks: { sort: "tid", limit: maxRows, withFinished: true },
      ...(cursor > 0 ? { detail: cursor } : {}),
      syscalls: {},
      endpoints: { limit: maxRows },
      log: { after: this.#logSeq, limit: maxRows },
      apps: true,
      graph: true,
    };
  }

  /** Writes a frame. @throws ENOSPC and the like */
  write(frame: Frame): Write {
    this.#logSeq = frame.log?.last ?? this.#logSeq;
    return new Write(this.#file, encoder.encode(`${JSON.stringify(frame)}\n`));
  }

  close(): void {
    this.#file.close();
  }
}

/** Records a frame, where one records. A failure ends the recording, and is said. */
export const recordFrame: Routine<[viewer: Viewer], void> = routine(function* recordFrame(viewer) {
  const { recording, port } = viewer;
  if (recording === undefined || port === undefined) return;
  try {
    yield* recording.write(yield* port.ask("frame", recording.query(viewer.screen.cursor)));
  } catch (error) {
    if (isInterruption(error)) throw error;
    stopRecording(viewer);
    viewer.say(`recording stopped: ${sentence(error)}`, "bad");
  }
});

// A kernel that is gone, or does not answer, may come back: the recording goes on then. One that cannot make such a frame
// will not make the next one either.
function isInterruption(error: unknown): boolean {
  if (error instanceof RpcError) return error.code === errorCodes.gone || error.code === errorCodes.notResponding;
  return error instanceof Cancelled || (error instanceof SyscallError && error.code === "EPIPE");
}

export function stopRecording(viewer: Viewer): void {
  viewer.recording?.close();
  viewer.recording = undefined;
  viewer.change({ recording: "" });
}
