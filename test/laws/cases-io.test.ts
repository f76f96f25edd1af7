// I/O: what the peer, the system and a task's own end can do to an endpoint. Who opened or adopted it owns it.

import { describe, expect, test } from "vitest";
import type { Connection, Listener } from "../../kernel/machine/machine.ts";
import type { Program } from "../../kernel/syscall.ts";
import {
  Adopt,
  Connect,
  Join,
  KillTask,
  Listen,
  NewTask,
  ReadWait,
  Sleep,
  Timeout,
  WaitTask,
  WriteWait,
} from "../../syscalls/index.ts";
import { run } from "../kit/index.ts";
import { accept, Custom, codeOf, codeText, endOf, receive, resetting, socketPair } from "./programs.ts";

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function bytesOf(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

test("after a half-close the other way still works", () => {
  const { value } = run(function* () {
    const { client, server } = yield* socketPair();
    client.write(bytesOf("question"));
    client.shutdown();
    const question = text(yield* receive(server));
    const end = yield* receive(server);
    server.write(bytesOf("answer"));
    server.close();
    return [question, end.length, text(yield* receive(client)), (yield* receive(client)).length];
  });
  expect(value).toEqual(["question", 0, "answer", 0]);
});

describe("a reset is an error of those that use the connection", () => {
  function* afterReset(use: (server: Connection) => Program<unknown>): Program<string> {
    const { client, server } = yield* socketPair();
    const user = yield* new NewTask(codeOf(use(server)));
    yield* new Sleep(5);
    yield* resetting(client);
    return yield* new Join(user);
  }

  const uses: Record<string, (server: Connection) => Program<unknown>> = {
    "while it waits to read": reading,
    "while it waits to write": function* (server) {
      for (;;) if (server.write(new Uint8Array(9_999)) === 0) yield* new WriteWait(server);
    },
    "while it does something else, at its next read": function* (server) {
      yield* new Sleep(20);
      yield* receive(server);
    },
    "while it does something else, at its next write": function* (server) {
      yield* new Sleep(20);
      server.write(bytesOf("too late"));
    },
  };
  test.each(Object.entries(uses))("%s", (_name, use) => {
    expect(run(() => afterReset(use)).value).toBe("ECONNRESET");
  });

  test("before it was accepted, at its first read", () => {
    const { value } = run(function* () {
      const listener = yield* new Listen({ port: 0 });
      const client = yield* new Connect(listener.address);
      yield* resetting(client);
      yield* new Sleep(5);
      const server = yield* accept(listener);
      return yield* codeOf(reading(server));
    });
    expect(value).toBe("ECONNRESET");
  });
});

function* reading(connection: Connection): Program<Uint8Array> {
  return yield* receive(connection);
}

test("a write takes what there is room for, and the rest later", () => {
  const { value } = run(
    function* () {
      const { client, server } = yield* socketPair();
      const first = client.write(new Uint8Array(1_000));
      const full = client.write(new Uint8Array(1));
      const rest = yield* new NewTask(
        (function* () {
          yield* new WriteWait(client);
          return client.write(new Uint8Array(900));
        })(),
      );
      yield* new Sleep(5);
      const read = (yield* receive(server)).length;
      return { first, full, read, rest: yield* new Join(rest) };
    },
    { capacityBytes: 100 },
  );
  expect(value).toEqual({ first: 100, full: 0, read: 100, rest: 100 });
});

test("out of descriptors, an accept is EMFILE, and works again when some are free", () => {
  const { value } = run(
    function* () {
      const listener = yield* new Listen({ port: 0 });
      const clients: Connection[] = [];
      for (let i = 0; i < 3; i++) clients.push(yield* new Connect(listener.address));
      const codes = [yield* codeOf(accepting(listener)), yield* codeOf(accepting(listener))];
      clients[0]?.close();
      clients[1]?.close();
      yield* new Sleep(5);
      return [...codes, yield* codeOf(accepting(listener))];
    },
    { maxEndpoints: 5 },
  );
  expect(value).toEqual(["", "EMFILE", ""]);
});

function* accepting(listener: Listener): Program<void> {
  yield* accept(listener);
}

test("an endpoint that is closed between the wake-up and the read is EBADF, and no crash of the kernel", () => {
  const { value } = run(function* () {
    const { client, server } = yield* socketPair();
    const reader = yield* new NewTask(
      codeOf(
        (function* () {
          yield* new ReadWait(server);
          return server.read(10);
        })(),
      ),
    );
    yield* new Sleep(1);
    client.write(Uint8Array.of(1));
    // In the poll the reader is woken; before its turn somebody else closes what it was woken for.
    yield* new Custom(({ kernel }) => {
      kernel.machine.poll(10, () => {});
      server.close();
    });
    return yield* new Join(reader);
  });
  expect(value).toBe("EBADF");
});

describe("an endpoint is closed with the task that owns it", () => {
  test("however that ends, and its waiters get EBADF", () => {
    for (const how of ["returns", "throws", "killed"] as const) {
      const { value } = run(function* () {
        const opened: Connection[] = [];
        const listener = yield* new Listen({ port: 0 });
        const owner = yield* new NewTask(
          (function* () {
            opened.push(yield* new Connect(listener.address));
            yield* new Sleep(10);
            if (how === "throws") throw new Error("the owner's end");
            if (how === "killed") yield* new Sleep(Number.POSITIVE_INFINITY);
          })(),
        );
        yield* new Sleep(5);
        const [connection] = opened;
        if (connection === undefined) throw new Error("it should be open");
        const waiter = yield* new NewTask(codeOf(reading(connection)));
        yield* new Sleep(20);
        if (how === "killed") yield* new KillTask(owner);
        yield* new WaitTask(owner);
        return [connection.closed, yield* new Join(waiter)];
      });
      expect([how, ...value]).toEqual([how, true, "EBADF"]);
    }
  });

  test("unless another has adopted it", () => {
    const { value } = run(function* () {
      const listener = yield* new Listen({ port: 0 });
      const opener = yield* new NewTask(new Connect(listener.address));
      const connection = yield* new Join(opener);
      const afterOpener = connection.closed;
      const server = yield* accept(listener);
      const first = yield* new NewTask(adopting(server, 5));
      const second = yield* new NewTask(adopting(server, 50));
      yield* new Join(first);
      const afterFirst = server.closed;
      yield* new Join(second);
      return [afterOpener, afterFirst, server.closed, yield* codeOf(adopting(server, 0))];
    });
    expect(value).toEqual([true, false, true, "EBADF"]);
  });

  function* adopting(connection: Connection, ms: number): Program<void> {
    yield* new Adopt(connection);
    yield* new Sleep(ms);
  }

  test("the main task's are closed, after the others were told to end", () => {
    const { logs, value } = run(function* () {
      const { listener, client, server } = yield* socketPair();
      for (const end of [client, server]) yield* new NewTask(reading(end));
      yield* new Sleep(5);
      return [listener, client];
    });
    expect(logs).toEqual([]);
    expect(value.map(({ closed }) => closed)).toEqual([true, true]);
  });
});

describe("opening", () => {
  test.each(["kill", "cancel"] as const)("a %s on the way leaves nothing open", (how) => {
    const { value } = run(
      function* () {
        const listener = yield* new Listen({ port: 7_000 });
        const exit = yield* endOf(new Connect(listener.address), how);
        const { endpoints } = yield* new Custom(({ kernel }) => ({ endpoints: kernel.outside }));
        listener.close();
        const again = yield* new Listen({ port: 7_000 });
        return { status: exit.status, waiting: endpoints, again: again.closed };
      },
      { latencyMs: [5, 5] }, // longer than until the kill
    );
    expect(value).toEqual({ status: "killed", waiting: 0, again: false });
  });

  test("granted just before a kill, it is closed again", () => {
    const { value } = run(
      function* () {
        const victim = yield* new NewTask(new Listen({ port: 7_000 }));
        yield;
        yield* new Custom(({ kernel }) => {
          kernel.machine.poll(10, () => {}); // it is open, and the task has been woken
          kernel.kill(victim, 0, "the test");
        });
        const exit = yield* new WaitTask(victim);
        return [exit.status, yield* codeOf(listening(7_000))];
      },
      { seed: 3 },
    );
    expect(value).toEqual(["killed", ""]);
  });

  function* listening(port: number): Program<void> {
    yield* new Listen({ port });
  }

  function* connecting(port: number): Program<void> {
    yield* new Connect({ port });
  }

  test("fails with a code, and fails alone", () => {
    const { value } = run(function* () {
      yield* new Listen({ port: 7_000 });
      return [
        yield* codeOf(listening(7_000)),
        yield* codeOf(connecting(7_001)),
        yield* codeOf(listening(-1)),
        yield* codeOf(timing(connecting(7_000))),
      ];
    });
    expect(value).toEqual(["EADDRINUSE", "ECONNREFUSED", "EINVAL", ""]);
  });

  function* timing(program: Program<void>): Program<void> {
    yield* new Timeout(100, program);
  }
});

test("a read that waits is cut off by its deadline, and what came meanwhile is still there", () => {
  const { value } = run(function* () {
    const { client, server } = yield* socketPair();
    let code = "";
    try {
      yield* new Timeout(10, receive(server));
    } catch (error) {
      code = codeText(error);
    }
    client.write(bytesOf("later"));
    return [code, text(yield* receive(server))];
  });
  expect(value).toEqual(["ETIMEDOUT", "later"]);
});
