// What the steps ask of the system below them about sockets. `select` is the call of that name, and has its manners:
// each time it looks at every socket, and it cannot wait for more than 1,024. Only the last step is beyond it.

import type { Closable, Interest, Pollable } from "../../kernel/machine/machine.ts";
import { type Program, type Routine, routine, type Syscall } from "../../kernel/syscall.ts";
import { ReadWait, Select, WriteWait } from "../../syscalls/index.ts";

export type { Connection as Socket, Interest, Listener } from "../../kernel/machine/machine.ts";

/** A socket of either kind: what can be waited for, and closed. */
export type Endpoint = Pollable & Pick<Closable, "closed">;

/** The sockets that can be read, and written, now. */
export interface Ready {
  readonly readable: readonly Endpoint[];
  readonly writable: readonly Endpoint[];
}

/**
 * Lets the world in, and says which sockets can be read or written.
 * @param mayWait whether it may wait until one can
 * @throws EBADF when one of them is closed, EINVAL when it would have to wait for more than 1,024
 */
export const select: Routine<[reading: Iterable<Endpoint>, writing: Iterable<Endpoint>, mayWait: boolean], Ready> =
  routine(function* selecting(reading, writing, mayWait): Program<Ready> {
    const [readers, writers] = [[...reading], [...writing]];
    const look = (): Ready => ({
      readable: readers.filter((socket) => isReady(socket, "read")),
      writable: writers.filter((socket) => isReady(socket, "write")),
    });
    yield;
    const ready = look();
    if (!mayWait || ready.readable.length + ready.writable.length > 0) return ready;
    const waits = [
      ...readers.map((socket): Syscall<void> => new ReadWait(socket)),
      ...writers.map((socket): Syscall<void> => new WriteWait(socket)),
    ];
    yield* new Select(Object.fromEntries(waits.map((wait, place) => [`socket ${place + 1}`, wait])));
    return look();
  });

function isReady(socket: Endpoint, interest: Interest): boolean {
  let ready = false;
  const watcher = {
    ready: () => {
      ready = true;
    },
  };
  socket.watch(interest, watcher); // tells at once, if it is ready already
  if (!ready) socket.unwatch(interest, watcher);
  return ready;
}
