// Node streams that a program hands over, as connections: told from what is no stream by what they have, so that
// streams of other copies of Node's own library, and HTTP responses, which are no Writables by class, count too.

import type { Readable, Writable } from "node:stream";
import type { NodeReadable, NodeStreams, NodeWritable } from "./host-parts.ts";
import type { Connection } from "./machine.ts";
import { fromStream } from "./stream.ts";

/** As `Host.openStream`. @throws TypeError for what is no stream, and as fromStream */
export function openStream({ readable, writable, label, keep = false }: NodeStreams): Connection {
  const made = (readable ?? writable)?.constructor?.name ?? "of nothing";
  return fromStream(asReadable(readable), asWritable(writable), label ?? `stream ${made}`, { keep });
}

function asReadable(stream: NodeReadable | undefined): Readable | undefined {
  const looked = stream as Partial<Readable> | undefined; // looked at on the next lines
  if (looked === undefined || (isStream(looked) && typeof looked.readableLength === "number")) {
    return looked as Readable | undefined; // it has what one has
  }
  throw new TypeError("to read from, give a Node Readable; objects of async iterables come by Next");
}

function asWritable(stream: NodeWritable | undefined): Writable | undefined {
  const looked = stream as Partial<Writable> | undefined; // looked at on the next lines
  if (looked === undefined || (isStream(looked) && typeof looked.writableLength === "number")) {
    return looked as Writable | undefined; // it has what one has
  }
  throw new TypeError("to write to, give a Node Writable");
}

function isStream(stream: Partial<Readable | Writable>): boolean {
  return stream !== null && typeof stream === "object" && typeof stream.on === "function" && "destroy" in stream;
}
