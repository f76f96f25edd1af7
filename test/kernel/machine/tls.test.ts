// TLS, with real sockets, on each machine of a real process: as any other connection, but for who is let in.

import type { AddressInfo } from "node:net";
import { connect as connectPlain, createServer, type Server, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { accept, Reader, readLine, recv, sendAll } from "../../../apps/lib/index.ts";
import type { Address, Listener } from "../../../kernel/machine/machine.ts";
import type { Program, Runnable } from "../../../kernel/syscall.ts";
import {
  ConnectTls,
  GetTask,
  Join,
  KillTask,
  ListenTls,
  NewTask,
  Sleep,
  Timeout,
  WaitTask,
} from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";
import { Custom, codeOf } from "../../laws/programs.ts";
import { bytesOf } from "../../text.ts";
import { cert, expired, key } from "./certificates.ts";
import { hostMachines } from "./host-machines.ts";
import { onHost } from "./on-host.ts";

const trusted = { ca: cert, servername: "localhost" };

const portOf = (listener: Listener): number => ("port" in listener.address ? listener.address.port : 0);

/** A peer that is no TLS one. */
async function plainServer(serve: (socket: Socket) => void): Promise<{ server: Server; at: Address }> {
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, at: { port: (server.address() as AddressInfo).port } }; // it listens on TCP
}

describe.each(hostMachines)("on the %s machine", (name) => {
  const booted = <T>(program: Runnable<T>): Promise<T> => onHost(name, () => program);

  /** Why nobody could connect. */
  function* refusal(to: Address, options: object): Program<[string, string]> {
    try {
      yield* new ConnectTls(to, options);
      return ["", ""];
    } catch (error) {
      return [(error as { code: string }).code, (error as Error).message.replaceAll(/\d{4,5}/g, "PORT")]; // a SyscallError
    }
  }

  test("bytes go both ways, more than any buffer holds, and each half ends by itself", async () => {
    const value = await booted(
      (function* () {
        const listener = yield* new ListenTls({ port: 0 }, { cert, key });
        const serving = yield* new NewTask(
          (function* (): Program<number> {
            const connection = yield* accept(listener);
            let total = 0;
            for (;;) {
              const bytes = yield* recv(connection, 65_536);
              if (bytes.length === 0) break;
              total += bytes.length;
            }
            yield* sendAll(connection, bytesOf(`got ${total}\n`));
            connection.shutdown();
            return total;
          })(),
        );
        const client = yield* new ConnectTls(listener.address, trusted);
        yield* sendAll(client, new Uint8Array(1_000_000));
        client.shutdown();
        const reader = new Reader(client);
        return [yield* readLine(reader), yield* readLine(reader), yield* new Join(serving)];
      })(),
    );
    expect(value).toEqual(["got 1000000", null, 1_000_000]);
  });

  test("both ends are named, as what they are", async () => {
    const value = await booted(
      (function* () {
        const listener = yield* new ListenTls({ port: 0 }, { cert, key });
        const accepting = yield* new NewTask(
          (function* (): Program<string[]> {
            const { label, local, peer } = yield* accept(listener);
            return [label, local, peer];
          })(),
        );
        const { label, local, peer } = yield* new ConnectTls(listener.address, trusted);
        return { listener: listener.label, client: [label, local, peer], server: yield* new Join(accepting) };
      })(),
    );
    const [here, there] = value.client.slice(1);
    expect(value).toEqual({
      listener: `tls ${there}`,
      client: [`tls ${here} -> ${there}`, here, there],
      server: [`tls ${there} <- ${here}`, there, here],
    });
  });

  test("a certificate that is refused is ECERT, with the name and the reason", async () => {
    const value = await booted(
      (function* () {
        const { address } = yield* new ListenTls({ port: 0 }, { cert, key });
        const old = yield* new ListenTls({ port: 0 }, { cert: expired, key });
        return [
          yield* refusal(address, { servername: "localhost" }),
          yield* refusal(address, { ca: cert, servername: "other.example" }),
          yield* refusal(address, { ca: cert }),
          yield* refusal(old.address, { ca: expired, servername: "localhost" }),
        ];
      })(),
    );
    const refused = "connect tls -> 127.0.0.1:PORT: the certificate of";
    expect(value).toEqual([
      ["ECERT", `${refused} localhost is refused: nobody we trust vouches for it: give its authority as ca`],
      ["ECERT", expect.stringContaining(`${refused} other.example is refused: it is for other names`)],
      ["ECERT", expect.stringContaining(`${refused} 127.0.0.1 is refused: it is for other names`)],
      ["ECERT", `${refused} localhost is refused: it has expired`],
    ]);
  });

  test("who speaks no TLS is EPROTO, who breaks off ECONNRESET, who is not there ECONNREFUSED", async () => {
    const talker = await plainServer((socket) => socket.on("error", () => {}).end("220 hello, this is no TLS\r\n"));
    const deserter = await plainServer((socket) => socket.destroy());
    const gone = await plainServer(() => {});
    gone.server.close();
    const value = await booted(
      (function* () {
        const codes = [];
        for (const { at } of [talker, deserter, gone]) codes.push((yield* refusal(at, trusted))[0]);
        return [codes, yield* new Custom((task) => task.owned?.size ?? 0)];
      })(),
    );
    for (const { server } of [talker, deserter]) server.close();
    expect(value).toEqual([["EPROTO", "ECONNRESET", "ECONNREFUSED"], 0]);
  });

  test("a server that never shakes hands is left by a deadline or a kill, and sees its socket close", async () => {
    const closed: Promise<void>[] = [];
    const silent = await plainServer((socket) => {
      socket.on("error", () => {}).resume();
      closed.push(new Promise((resolve) => socket.once("close", () => resolve())));
    });
    const value = await booted(
      (function* () {
        const code = yield* codeOf(new Timeout(50, new ConnectTls(silent.at, trusted)));
        const tid = yield* new NewTask(new ConnectTls(silent.at, trusted));
        while (closed.length < 2) yield* new Sleep(1);
        const waiting = yield* new GetTask(tid);
        yield* new KillTask(tid);
        const { status } = yield* new WaitTask(tid);
        return [code, `${waiting?.verb} ${waiting?.object}`.replace(/\d+$/, "PORT"), status];
      })(),
    );
    await Promise.all(closed);
    silent.server.close();
    expect(value).toEqual(["ETIMEDOUT", "connect tls -> 127.0.0.1:PORT", "killed"]);
  });

  test("clients that never shake hands, or speak something else, hold up nobody, and are cut off in time", async () => {
    const cut: Promise<void>[] = [];
    const value = await booted(
      (function* () {
        const listener = yield* new ListenTls({ port: 0 }, { cert, key, handshakeMs: 300 });
        const open = (greeting: string): void => {
          const socket = connectPlain(portOf(listener), "127.0.0.1", () => socket.write(greeting));
          socket.on("error", () => {}).resume();
          cut.push(new Promise((resolve) => socket.once("close", () => resolve())));
        };
        for (let n = 0; n < 10; n++) open(n % 2 === 0 ? "" : "GET / HTTP/1.1\r\n\r\n");
        const accepting = yield* new NewTask(
          (function* (): Program<string | null> {
            return yield* readLine(new Reader(yield* accept(listener)));
          })(),
        );
        yield* sendAll(yield* new ConnectTls(listener.address, trusted), bytesOf("first\n"));
        const line = yield* new Join(accepting);
        const before = listener.accept();
        while (!(yield* new Custom(() => settledAll(cut)))) yield* new Sleep(1);
        return [line, before, listener.accept()];
      })(),
    );
    expect(value).toEqual(["first", null, null]);
  });

  test("who is still shaking hands when the listener closes is not let in", async () => {
    const held: { target: number; letGo?: () => void } = { target: 0 };
    const between = await plainServer((socket) => {
      const other = connectPlain(held.target, "127.0.0.1", () => {
        held.letGo = () => socket.pipe(other).pipe(socket);
      });
      for (const end of [socket, other]) end.on("error", () => socket.destroy());
    });
    const value = await booted(
      (function* () {
        const listener = yield* new ListenTls({ port: 0 }, { cert, key });
        held.target = portOf(listener);
        const reading = yield* new NewTask(
          (function* (): Program<number> {
            return (yield* recv(yield* new ConnectTls(between.at, trusted), 1)).length;
          })(),
        );
        while (held.letGo === undefined) yield* new Sleep(1);
        yield* new Sleep(20); // so that the server has it, as a rule; were it too short, less would be tested
        listener.close();
        held.letGo();
        return yield* codeOf(new Join(reading));
      })(),
    );
    between.server.close();
    expect(["", "ECONNRESET"]).toContain(value);
  });

  test("no more shake hands at once than the backlog allows, and failed ones do not count for ever", async () => {
    const value = await booted(
      (function* () {
        const listener = yield* new ListenTls({ port: 0 }, { cert, key, backlog: 2 });
        const closed: Promise<void>[] = [];
        for (let n = 0; n < 20; n++) {
          const socket = connectPlain(portOf(listener), "127.0.0.1", () => socket.write("no TLS at all\r\n"));
          socket.on("error", () => {}).resume();
          closed.push(new Promise((resolve) => socket.once("close", () => resolve())));
          while (!(yield* new Custom(() => settledAll(closed)))) yield* new Sleep(1);
        }
        const silent = [0, 1].map(() => connectPlain(portOf(listener), "127.0.0.1").on("error", () => {}));
        while (silent.some((socket) => socket.connecting)) yield* new Sleep(1);
        const code = yield* codeOf(new ConnectTls(listener.address, trusted));
        for (const socket of silent) socket.destroy();
        let tries = "";
        do tries = yield* codeOf(new ConnectTls(listener.address, trusted));
        while (tries !== "");
        return code;
      })(),
    );
    expect(value).toBe("ECONNRESET");
  });

  test("a reset is ECONNRESET at both ends, whether they wait to read or come later", async () => {
    const ends: Socket[] = [];
    let target = 0;
    const between = await plainServer((socket) => {
      const other = connectPlain(target, "127.0.0.1");
      for (const end of [socket, other]) ends.push(end.on("error", () => {}));
      socket.pipe(other).pipe(socket);
    });
    const value = await booted(
      (function* () {
        const listener = yield* new ListenTls({ port: 0 }, { cert, key });
        target = portOf(listener);
        const serving = yield* new NewTask(
          (function* (): Program<string> {
            const connection = yield* accept(listener);
            yield* sendAll(connection, bytesOf("hello"));
            return yield* codeOf(recv(connection, 1));
          })(),
        );
        const client = yield* new ConnectTls(between.at, trusted);
        yield* recv(client, 10);
        for (const end of ends) end.resetAndDestroy();
        const later = yield* new Join(serving);
        return [later, yield* codeOf(recv(client, 1)), yield* codeOf(recv(client, 1))];
      })(),
    );
    between.server.close();
    expect(value).toEqual(["ECONNRESET", "ECONNRESET", "ECONNRESET"]);
  });

  test("a client without the certificate that is asked for is not let in; one with it is", async () => {
    const value = await booted(
      (function* () {
        const listener = yield* new ListenTls({ port: 0 }, { cert, key, ca: cert });
        const accepting = yield* new NewTask(
          (function* (): Program<string | null> {
            return yield* readLine(new Reader(yield* accept(listener)));
          })(),
        );
        const stranger = yield* new ConnectTls(listener.address, trusted);
        const refused = yield* codeOf(recv(stranger, 1));
        const known = yield* new ConnectTls(listener.address, { ...trusted, cert, key });
        yield* sendAll(known, bytesOf("let in\n"));
        return [refused === "", yield* new Join(accepting)];
      })(),
    );
    expect(value).toEqual([false, "let in"]);
  });

  test("what is no certificate, key, name or time is EINVAL, and opens nothing", async () => {
    const value = await booted(
      (function* () {
        const at = { port: 0 };
        const codes = [
          yield* codeOf(new ListenTls(at, { cert: "no", key: "no" })),
          yield* codeOf(new ListenTls(at, { cert, key: "no" })),
          yield* codeOf(new ListenTls(at, { cert } as never)), // that is the test
          yield* codeOf(new ListenTls(at, { cert, key, handshakeMs: 0 })),
          yield* codeOf(new ListenTls(at, { cert, key, backlog: 0 })),
          yield* codeOf(new ListenTls({ port: -1 }, { cert, key })),
          yield* codeOf(new ConnectTls({ port: 1 }, { cert: "no", key: "no" })),
          yield* codeOf(new ConnectTls({ port: 1 }, { servername: "127.0.0.1" })),
          yield* codeOf(new ConnectTls({ port: 70_000 })),
        ];
        return [codes, yield* new Custom((task) => task.owned?.size ?? 0)];
      })(),
    );
    expect(value).toEqual([Array(9).fill("EINVAL"), 0]);
  });

  test("a taken port is EADDRINUSE, as for any listener", async () => {
    const value = await booted(
      (function* () {
        const { address } = yield* new ListenTls({ port: 0 }, { cert, key });
        return yield* codeOf(new ListenTls(address, { cert: [cert], key: bytesOf(key) }));
      })(),
    );
    expect(value).toBe("EADDRINUSE");
  });
});

test("a simulated machine has none", () => {
  const { value } = run(function* () {
    return [yield* codeOf(new ConnectTls({ port: 1 })), yield* codeOf(new ListenTls({ port: 0 }, { cert, key }))];
  });
  expect(value).toEqual(["ENOTSUP", "ENOTSUP"]);
});

const settled = new WeakSet<Promise<void>>();

/** Whether all promises have settled, of those that were asked about before. */
function settledAll(promises: readonly Promise<void>[]): boolean {
  for (const promise of promises) promise.then(() => settled.add(promise));
  return promises.every((promise) => settled.has(promise));
}
