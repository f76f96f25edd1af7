// Datagrams in straight lines, as sockets.ts has it for connections: try first, wait only when it would block.

import type { Datagram, DatagramAddress, Datagrams } from "../../kernel/machine/datagrams.ts";
import { type Routine, routine } from "../../kernel/syscall.ts";
import { ReadWait, WriteWait } from "../../syscalls/index.ts";

/**
 * The next datagram that a socket receives: `{bytes, from}`.
 * @throws EBADF when it is or gets closed, EBUSY if another task receives from it
 */
export const receiveFrom: Routine<[socket: Datagrams], Datagram> = routine(function* receiveFrom(socket) {
  for (;;) {
    const datagram = socket.receive();
    if (datagram !== null) return datagram;
    yield* new ReadWait(socket);
  }
});

/**
 * Sends one datagram, which must not be changed afterwards. That it was sent says nothing of whether it arrives.
 * @throws EMSGSIZE for more than 65,507 bytes (IPv6: 65,527), EINVAL for an address that is not numeric, EBADF when the socket
 * is or gets closed, EBUSY if another task sends on it, and what became of an earlier one (ENETUNREACH, EACCES, …)
 */
export const sendTo: Routine<[socket: Datagrams, bytes: Uint8Array, to: DatagramAddress], void> = routine(
  function* sendTo(socket, bytes, to) {
    while (!socket.send(bytes, to)) yield* new WriteWait(socket);
  },
);
