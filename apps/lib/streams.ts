// Node streams as connections, in both directions. For the other way round, to give Node code a stream that a task
// fills or empties, make a PassThrough: Node code gets it, and the task its other end by one of these.

import type { NodeReadable, NodeWritable } from "../../kernel/machine/host-parts.ts";
import { OpenStream } from "../../syscalls/index.ts";

/**
 * Bytes of a Node Readable as a connection, owned by the calling task, whose end destroys the stream. Its error is an
 * error of whoever reads; for streams of objects see Next.
 * @param label for people. Default: "stream" and the name of its class
 * @throws as OpenStream
 *
 * ```ts
 * const input = yield* fromReadable(createReadStream(path).pipe(createGunzip()), "gunzip");
 * ```
 */
export function fromReadable(readable: NodeReadable, label?: string): OpenStream {
  return new OpenStream({ readable, label });
}

/**
 * A Node Writable as a connection to write to, owned by the calling task. Writing waits where the stream is full;
 * `shutdown` ends it, and so does closing, what was taken being still written.
 * @param label for people. Default: "stream" and the name of its class
 * @throws as OpenStream
 *
 * ```ts
 * app.get("/report", (_request, response) => kernel.start(report(response))); // Express
 * const report = routine(function* report(response: Response) {
 *   yield* sendAll(yield* toWritable(response), bytes);
 * });
 * ```
 */
export function toWritable(writable: NodeWritable, label?: string): OpenStream {
  return new OpenStream({ writable, label });
}

/** A Node Duplex as a connection both ways. As fromReadable and toWritable in one. */
export function fromDuplex(duplex: NodeReadable & NodeWritable, label?: string): OpenStream {
  return new OpenStream({ readable: duplex, writable: duplex, label });
}
