// UDP on each machine of this process, over the loopback, which loses nothing that is read in time.

import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import { receiveFrom, sendTo } from "../../../apps/lib/index.ts";
import type { Datagrams } from "../../../kernel/machine/datagrams.ts";
import type { Program } from "../../../kernel/syscall.ts";
import {
  Adopt,
  Bind,
  CancelTask,
  Join,
  KillTask,
  Limit,
  ListTasks,
  NewTask,
  Sleep,
  Timeout,
  WaitTask,
  WriteWait,
} from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";
import { codeOf } from "../../laws/programs.ts";
import { bytesOf, textOf } from "../../text.ts";
import { hostMachines } from "./host-machines.ts";
import { onHost } from "./on-host.ts";

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((found) => found?.address === "::1");

function* echo(socket: Datagrams): Program<never> {
  yield* new Adopt(socket);
  for (;;) {
    const { bytes, from } = yield* receiveFrom(socket);
    yield* sendTo(socket, bytes, from);
  }
}

describe.each(hostMachines)("on the %s machine", (machine) => {
  test.each(["127.0.0.1", "::1"])(
    "datagrams go to %s and back, one by one, with where they come from",
    async (host) => {
      if (host === "::1" && !hasIpv6) return;
      const found = await onHost(machine, function* () {
        const server = yield* new Bind({ host, port: 0 });
        const { address } = server;
        yield* new NewTask(echo(server), "echo");
        const client = yield* new Bind({ host, port: 0 });
        const echoed: string[] = [];
        for (const text of ["one", "", "three"]) {
          yield* sendTo(client, bytesOf(text), address);
          const { bytes, from } = yield* receiveFrom(client);
          expect(from).toEqual(address);
          echoed.push(textOf(bytes));
        }
        return echoed;
      });
      expect(found).toEqual(["one", "", "three"]);
    },
  );

  test("the largest there is arrives; one byte more is EMSGSIZE", async () => {
    await onHost(machine, function* () {
      const [from, to] = [yield* new Bind({ port: 0 }), yield* new Bind({ port: 0 })];
      yield* sendTo(from, new Uint8Array(65_507), to.address);
      expect((yield* receiveFrom(to)).bytes).toHaveLength(65_507);
      expect(yield* codeOf(sendTo(from, new Uint8Array(65_508), to.address))).toBe("EMSGSIZE");
    });
  });

  test("a port that is taken is EADDRINUSE, and the socket that has it is untouched", async () => {
    const found = await onHost(machine, function* () {
      const first = yield* new Bind({ port: 0 });
      const codes = [yield* codeOf(new Bind(first.address)), yield* codeOf(new Bind({ host: "192.0.2.1", port: 0 }))];
      const other = yield* new Bind({ port: 0 });
      yield* sendTo(other, bytesOf("still"), first.address);
      return [...codes, textOf((yield* receiveFrom(first)).bytes)];
    });
    expect(found).toEqual(["EADDRINUSE", "EADDRNOTAVAIL", "still"]);
  });

  test("what comes when the buffer is full is dropped, the newest, and counted", async () => {
    await onHost(machine, function* () {
      const [from, to] = [yield* new Bind({ port: 0 }), yield* new Bind({ port: 0 })];
      // So few at a time that it is not the system that drops them.
      for (let n = 0; to.dropped < 3; n++) {
        yield* sendTo(from, new Uint8Array(10_000).fill(n), to.address);
        yield* new Sleep(1);
      }
      const kept: unknown[] = [];
      for (let next = to.receive(); next !== null; next = to.receive()) kept.push(next.bytes[0]);
      expect(kept).toEqual(Array.from({ length: 25 }, (_, n) => n));
      yield* sendTo(from, bytesOf("again"), to.address);
      expect(textOf((yield* receiveFrom(to)).bytes)).toBe("again");
    });
  });

  test("what may wait to be sent is bounded: then sending would block, until some has left", async () => {
    await onHost(machine, function* () {
      const [from, to] = [yield* new Bind({ port: 0 }), yield* new Bind({ port: 0 })];
      let sent = 0;
      while (sent < 1_000 && from.send(new Uint8Array(1_000), to.address)) sent++;
      expect(sent).toBe(209);
      yield* new WriteWait(from);
      expect(from.send(bytesOf("more"), to.address)).toBe(true);
    });
  });

  test("what is no bytes is EINVAL, and takes no room from what is", async () => {
    await onHost(machine, function* () {
      const [from, to] = [yield* new Bind({ port: 0 }), yield* new Bind({ port: 0 })];
      const codes = new Set<string>();
      for (let n = 0; n < 1_100; n++) codes.add(yield* codeOf(sendTo(from, [n] as unknown as Uint8Array, to.address)));
      expect([...codes]).toEqual(["EINVAL"]);
      expect(from.send(bytesOf("more"), to.address)).toBe(true);
    });
  });

  test.each(["kill", "cancel", "deadline"])(
    "given up by %s, a wait leaves nothing, and its datagram is the next one's",
    async (how) => {
      await onHost(machine, function* () {
        const [from, to] = [yield* new Bind({ port: 0 }), yield* new Bind({ port: 0 })];
        const receiver = yield* new NewTask(
          codeOf(how === "deadline" ? new Timeout(2, receiveFrom(to)) : receiveFrom(to)),
        );
        yield* new Sleep(1);
        if (how !== "deadline") {
          const record = (yield* new ListTasks()).find(({ tid }) => tid === receiver);
          expect([record?.verb, record?.object]).toEqual(["read", to.label]);
        }
        if (how === "kill") yield* new KillTask(receiver);
        if (how === "cancel") yield* new CancelTask(receiver);
        yield* new WaitTask(receiver);
        yield* sendTo(from, bytesOf("here"), to.address);
        expect(textOf((yield* receiveFrom(to)).bytes)).toBe("here");
      });
    },
  );

  test("a socket is closed with its task, and its port is free", async () => {
    await onHost(machine, function* () {
      let address = { host: "", port: 0 };
      const owner = yield* new NewTask(
        (function* (): Program<never> {
          const socket = yield* new Bind({ port: 0 });
          address = socket.address;
          for (;;) yield* receiveFrom(socket);
        })(),
      );
      yield* new Sleep(1);
      yield* new KillTask(owner);
      yield* new WaitTask(owner);
      const again = yield* new Bind(address);
      expect(again.address).toEqual(address);
    });
  });

  test("closing wakes who waits with EBADF, a second reader is EBUSY, and later uses are EBADF", async () => {
    const codes = await onHost(machine, function* () {
      const socket = yield* new Bind({ port: 0 });
      const reader = yield* new NewTask(codeOf(receiveFrom(socket)));
      yield* new Sleep(1);
      const busy = yield* codeOf(receiveFrom(socket));
      socket.close();
      const woken = yield* new Join(reader);
      return [
        busy,
        woken,
        yield* codeOf(receiveFrom(socket)),
        yield* codeOf(sendTo(socket, bytesOf("x"), socket.address)),
      ];
    });
    expect(codes).toEqual(["EBUSY", "EBADF", "EBADF", "EBADF"]);
  });

  test("addresses that cannot be, and one socket too many, are refused", async () => {
    const codes = await onHost(machine, function* () {
      const socket = yield* new Bind({ port: 0 });
      const to = (host: string, port: number) => codeOf(sendTo(socket, bytesOf("x"), { host, port }));
      const codes = [
        yield* to("localhost", 1),
        yield* to("127.0.0.1", 0),
        yield* to("127.0.0.1", 65_536),
        yield* to("::1", 1),
        yield* codeOf(new Bind({ host: "localhost", port: 0 })),
        yield* codeOf(new Bind({ port: -1 })),
      ];
      yield* new Limit({ sockets: 1 });
      return [...codes, yield* codeOf(new Bind({ port: 0 }))];
    });
    expect(codes).toEqual(["EINVAL", "EINVAL", "EINVAL", "EINVAL", "EINVAL", "EINVAL", "EMFILE"]);
  });
});

test("a simulated machine has no UDP", () => {
  expect(run(codeOf(new Bind({ port: 0 }))).value).toBe("ENOTSUP");
});
