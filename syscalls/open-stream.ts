// OpenStream and OpenStdin: bytes that come from Node code, or go there, as connections like any socket.

import type { NodeStreams } from "../kernel/machine/host-parts.ts";
import type { Connection } from "../kernel/machine/machine.ts";
import { type Kernel, needed } from "../kernel/syscall.ts";
import { OpenAtOnce } from "./opening.ts";

abstract class OpenBytes extends OpenAtOnce<Connection> {
  override get family(): string {
    return "io";
  }
}

/**
 * Makes Node streams a connection, owned by the caller; nobody else may read from or write to them from now on. See
 * `fromReadable`, `toWritable` and `fromDuplex` of apps/lib for short.
 * @throws EINVAL for streams of objects or of text, and for one that somebody else reads; EBUSY where the streams are a
 * connection already; EMFILE at the caller's limit; ENOTSUP on a simulated machine that was given none; TypeError for
 * what is no stream
 */
export class OpenStream extends OpenBytes {
  readonly streams: NodeStreams;

  constructor(streams: NodeStreams) {
    super();
    if (streams.readable === undefined && streams.writable === undefined) {
      throw new TypeError("OpenStream needs a readable, a writable, or both");
    }
    this.streams = streams;
  }

  protected override open(kernel: Kernel): Connection {
    return needed(kernel, "openStream")(this.streams);
  }
}

/**
 * Opens the process's standard input, owned by the caller: one task has it at a time. What it has not taken from the
 * connection when it ends or closes it is there for the next.
 * @throws EBUSY while another task has it; EMFILE at the caller's limit; ENOTSUP on a simulated machine that was given none
 *
 * ```ts
 * const input = lines(new Reader(yield* new OpenStdin())); // cat file | yieldix run app.ts
 * for (let line = yield* input.next(); !line.done; line = yield* input.next()) yield* print(line.value);
 * ```
 */
export class OpenStdin extends OpenBytes {
  protected override open(kernel: Kernel): Connection {
    return needed(kernel, "openStdin")();
  }
}
