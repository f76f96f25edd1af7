// The server that calls its clients: whom, when, how it knows the response, and that reader and writer end together.

import { describe, expect, test } from "vitest";
import parallel from "../../../apps/evolution/parallel.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import { GetTime, KillTask, ListTasks, MoveOn, NewTask, Sleep } from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";
import { type Guest, startMs, visit } from "./guests.ts";
import { answerText, requestText } from "./systems.ts";

const port = 7000;

/** A guest of a server that runs, for as long as `body` does. */
const visited = routine(function* visited<T>(body: (guest: Guest) => Program<T>): Program<T> {
  yield* new NewTask(parallel(["--port", String(port)]), "server");
  yield* new Sleep(startMs);
  return yield* body(yield* visit(port));
});

const names = routine(function* names(): Program<string[]> {
  return (yield* new ListTasks()).map(({ name }) => name.split(" ")[0] ?? "");
});

/** All that comes within a time, and whether the end did. */
function* heard(guest: Guest, ms: number): Program<(string | null)[]> {
  const until = (yield* new GetTime()) + ms;
  const texts: (string | null)[] = [];
  while (texts.at(-1) !== null) {
    const text = yield* new MoveOn(until - (yield* new GetTime()), guest.next());
    if (!text.done) return texts;
    texts.push(text.value);
  }
  return texts;
}

const callText = (n: number): string => `{"jsonrpc":"2.0","method":"heartbeat","id":"server-${n}"}`;
const responseText = (n: number): string => `{"jsonrpc": "2.0", "result": "ok", "id": "server-${n}"}`;

describe("the server calls heartbeat", () => {
  test("a second after its client has said connect, and a second after each response", () => {
    const { value } = run(
      visited(function* (guest) {
        yield* guest.send(requestText("a", "connect"));
        expect(yield* guest.next()).toBe(answerText("a"));
        const times = [yield* new GetTime()];
        for (let n = 1; n <= 60; n++) {
          expect(yield* guest.next()).toBe(callText(n));
          times.push(yield* new GetTime());
          yield* guest.send(responseText(n));
        }
        return times.slice(1).map((time, n) => Math.round((time - (times[n] ?? 0)) / 1_000));
      }),
    );
    expect(value).toEqual(Array.from({ length: 60 }, () => 1));
  });

  test("never, when its client has not", () => {
    const talk = visited(function* (guest) {
      yield* guest.send(requestText("a"), requestText("b", "heartbeat"));
      return yield* heard(guest, 60_000);
    });
    expect(run(talk).value).toEqual([answerText("a"), answerText("b")]);
  });

  test("and goes on answering while it waits", () => {
    const talk = visited(function* (guest) {
      yield* guest.send(requestText("a", "connect"), requestText("b", "connect"));
      const first = yield* heard(guest, 1_500);
      yield* guest.send(requestText("c"));
      return [...first, yield* guest.next()];
    });
    expect(run(talk).value).toEqual([answerText("a"), answerText("b"), callText(1), answerText("c")]);
  });

  test("an error is a response as well", () => {
    const talk = visited(function* (guest) {
      yield* guest.send(requestText("a", "connect"));
      const first = yield* heard(guest, 1_500);
      yield* guest.send('{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":"server-1"}');
      return [...first, ...(yield* heard(guest, 1_500))];
    });
    expect(run(talk).value).toEqual([answerText("a"), callText(1), callText(2)]);
  });

  test.each([
    ["does not respond", []],
    ["responds to what was not asked", [responseText(2), '{"jsonrpc":"2.0","result":"ok","id":1}']],
  ])("and hangs up on a client that %s, and on nobody else", (_what, responses) => {
    const talk = visited(function* (guest) {
      const other = yield* visit(port);
      yield* guest.send(requestText("a", "connect"));
      const first = yield* heard(guest, 1_500);
      yield* guest.send(...responses);
      const rest = yield* heard(guest, 60_000);
      yield* other.send(requestText("other"));
      return [...first, ...rest, yield* other.next(), ...(yield* names())];
    });
    const left = ["main", "server", "reader", "writer"];
    expect(run(talk, { name: "main" }).value).toEqual([
      answerText("a"),
      callText(1),
      null,
      answerText("other"),
      ...left,
    ]);
  });
});

describe("reader and writer", () => {
  test("are told who they are and what they wait for", () => {
    const talk = visited(function* (guest) {
      yield* guest.send(requestText("a", "connect"));
      yield* heard(guest, 1_500);
      const { local } = guest.connection;
      const named = (name: string): string => name.replaceAll(local, "guest");
      return (yield* new ListTasks()).slice(2).map(({ name, verb, object }) => named(`${name}: ${verb} ${object}`));
    });
    expect(run(talk).value).toEqual([
      "reader guest: read tcp 127.0.0.1:7000 <- guest",
      "writer guest: receive from channel to guest (0 of 64)",
      "caller guest: wait for event heartbeat of guest",
    ]);
  });

  test("a client that has ended its side hears all that is owed to it, however slowly it reads", () => {
    const ids = Array.from({ length: 60 }, (_, n) => `id-${n}`);
    const talk = visited(function* (guest) {
      yield* guest.send(requestText("a", "connect"));
      const texts = yield* heard(guest, 1_500); // the call is not answered any more
      yield* guest.send(...ids.map((id) => requestText(id)));
      guest.connection.shutdown();
      for (let text = yield* guest.next(); text !== null; text = yield* guest.next()) {
        texts.push(text);
        yield* new Sleep(200);
      }
      yield* new Sleep(1);
      return [texts, yield* names()];
    });
    const { value } = run(talk, { name: "main", capacityBytes: 512 });
    expect(value).toEqual([
      [answerText("a"), callText(1), ...ids.map(answerText)],
      ["main", "server"],
    ]);
  });

  test.each(["reader", "writer", "caller"])("are over, with the connection, when the %s is killed", (name) => {
    const talk = visited(function* (guest) {
      yield* guest.send(requestText("a", "connect"));
      yield* heard(guest, 500);
      const victim = (yield* new ListTasks()).find((task) => task.name.startsWith(name));
      yield* new KillTask(victim?.tid ?? 0, "to see what becomes of the rest");
      const rest = yield* heard(guest, 1_000);
      return [rest.at(-1), yield* names()];
    });
    const { value, logs } = run(talk, { name: "main" });
    if (name === "caller") expect(value).toEqual([undefined, ["main", "server", "reader", "writer"]]);
    else expect(value).toEqual([null, ["main", "server"]]);
    expect(logs).toEqual([]);
  });
});
