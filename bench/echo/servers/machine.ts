// A bare app on the kernel: int32 frames, JSON.parse and JSON.stringify, one task per connection. The same work as
// node-callbacks.ts, so that what differs is the kernel and its machine: yieldix run --machine node|epoll machine.ts

import {
  Adopt,
  accept,
  type Connection,
  Listen,
  NewTask,
  type Program,
  print,
  type Routine,
  recv,
  routine,
  sendAll,
} from "../../../apps/index.ts";
import { Frames } from "./frames.ts";

const readBytes = 65_536;

const echo: Routine<[connection: Connection], void> = routine(function* echo(connection) {
  yield* new Adopt(connection);
  const frames = new Frames();
  for (;;) {
    const bytes = yield* recv(connection, readBytes);
    if (bytes.length === 0) return;
    const replies = frames.answer(bufferOf(bytes));
    if (replies.length > 0) yield* sendAll(connection, replies);
  }
});

/** The same bytes. */
function bufferOf(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

export default function* machine(): Program<void> {
  const listener = yield* new Listen({ port: 0 });
  const { address } = listener;
  yield* print(`listening on 127.0.0.1:${"port" in address ? address.port : ""}`);
  for (;;) yield* new NewTask(echo(yield* accept(listener)));
}
