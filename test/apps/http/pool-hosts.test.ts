// A client that keeps its connections, on the machines of this process: real sockets, TCP and TLS.

import { describe, expect, test } from "vitest";
import { ConnectionPool, HttpCounters, type IncomingResponse, serve } from "../../../apps/lib/http/index.ts";
import { type Call, type Program, routine } from "../../../kernel/syscall.ts";
import { KillTask, Listen, ListenTls, NewTask, Sleep, Timeout } from "../../../syscalls/index.ts";
import { cert, key } from "../../kernel/machine/certificates.ts";
import { hostMachines } from "../../kernel/machine/host-machines.ts";
import { onHost } from "../../kernel/machine/on-host.ts";

const text = ({ body }: IncomingResponse): Call<string> => body.text();

describe.each(hostMachines)("on the %s machine", (machine) => {
  test("it keeps connections over TLS and over TCP, to our own server", async () => {
    const hello = routine(function* hello(): Program<{ body: string }> {
      return { body: "hello" };
    });
    const counts = await onHost(machine, () =>
      (function* (): Program<unknown> {
        const pool = new ConnectionPool({}, { ca: cert });
        const keeper = yield* new NewTask(pool.keep(), "idle connections");
        const plain = yield* new Listen({ port: 0 });
        const secure = yield* new ListenTls({ port: 0 }, { cert, key });
        const servers = [
          yield* new NewTask(serve(plain, { "GET /": hello }), "plain"),
          yield* new NewTask(serve(secure, { "GET /": hello }), "secure"),
        ];
        const heard: string[] = [];
        for (const [scheme, { address }] of [
          ["http", plain],
          ["https", secure],
        ] as const) {
          const url = `${scheme}://localhost:${"port" in address ? address.port : 0}/`;
          for (let n = 0; n < 5; n++) heard.push(yield* new Timeout(5_000, pool.exchange(url, text)));
        }
        const { opened, reused, idle } = pool;
        for (const tid of [keeper, ...servers]) yield* new KillTask(tid);
        return [heard.filter((each) => each === "hello").length, opened, reused, idle];
      })(),
    );
    expect(counts).toEqual([10, 2, 8, 2]);
  });

  test("one that our own server has closed meanwhile is replaced", async () => {
    const counts = await onHost(machine, () =>
      (function* (): Program<unknown> {
        const pool = new ConnectionPool();
        const keeper = yield* new NewTask(pool.keep(), "idle connections");
        const listener = yield* new Listen({ port: 0 });
        const counters = new HttpCounters();
        const hello = routine(function* hello(): Program<{ body: string }> {
          return { body: "hello" };
        });
        const server = yield* new NewTask(serve(listener, { "GET /": hello }, { limits: { idleMs: 20 }, counters }));
        const url = `http://localhost:${"port" in listener.address ? listener.address.port : 0}/`;
        const heard = [yield* new Timeout(5_000, pool.exchange(url, text))];
        while (counters.open > 0) yield* new Sleep(5);
        heard.push(yield* new Timeout(5_000, pool.exchange(url, text)));
        for (const tid of [keeper, server]) yield* new KillTask(tid);
        return [...heard, pool.opened];
      })(),
    );
    expect(counts).toEqual(["hello", "hello", 2]);
  });
});
