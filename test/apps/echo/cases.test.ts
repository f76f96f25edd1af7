// The table of cases, over each framing: whole and cut in every way on simulated connections, whole on a real server.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendAll } from "../../../apps/lib/index.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { Sleep } from "../../../syscalls/index.ts";
import { hostMachines } from "../../kernel/machine/host-machines.ts";
import { type Case, canCarry, cases, fault, modeOf } from "./cases.ts";
import { type Server, startServer } from "./server.ts";
import { type Framing, frame, framings, parseError, request } from "./wire.ts";
import { type Client, type World, world } from "./world.ts";

/** White space latches the framing of lines, for texts that could not begin a connection. */
const latch: Readonly<Record<Framing, string>> = { length: "", lines: "\n", headers: "" };
const carriers = framings.flatMap(
  (framing) => cases.filter((given) => canCarry(framing, given)).map((given) => [given.name, framing, given] as const), // a tuple
);

type Sending = (client: Client, bytes: Buffer) => Program<void>;

function* whole(client: Client, bytes: Buffer): Program<void> {
  yield* sendAll(client.connection, bytes);
}

function* byteByByte(client: Client, bytes: Buffer): Program<void> {
  for (let at = 0; at < bytes.length; at++) {
    yield* sendAll(client.connection, bytes.subarray(at, at + 1));
    yield* new Sleep(1); // longer than any byte is on its way: each arrives alone
  }
}

function answered(world: World, framing: Framing, given: Case, send: Sending): Program<string | undefined> {
  return (function* answered() {
    const client = yield* world.connect(framing);
    yield* send(client, Buffer.concat([Buffer.from(latch[framing]), frame(framing, given.send)]));
    const replies = yield* client.settled();
    client.connection.close();
    return fault(given, replies);
  })();
}

describe("on simulated connections", () => {
  test.each(carriers)("%s in %s is answered as the table says, however it is cut", (_, framing, given) => {
    const mode = modeOf(given);
    for (const send of [whole, byteByByte]) {
      expect(world((world) => answered(world, framing, given, send), { mode }).value).toBeUndefined();
    }
    for (let seed = 1; seed <= 3; seed++) {
      const options = {
        mode,
        seed,
        faults: { shortRead: 0.7, shortWrite: 0.7, wouldBlock: 0.1, reorderedReadiness: 0.5 },
      };
      expect(world((world) => answered(world, framing, given, whole), options).value).toBeUndefined();
    }
  });

  test("one connection carries the whole table", () => {
    for (const framing of framings) {
      const faults = world(function* (world) {
        const client = yield* world.connect(framing);
        if (framing === "lines") yield* client.sendRaw("\n");
        const found: (string | undefined)[] = [];
        for (const given of cases) {
          if (modeOf(given) === "lenient" || !canCarry(framing, given)) continue;
          yield* client.send(given.send);
          found.push(fault(given, yield* client.settled()));
        }
        return found.filter((said) => said !== undefined);
      }).value;
      expect(faults).toEqual([]);
    }
  });
});

describe("what only a bare stream can carry", () => {
  const get = (id: number): string => request("get_data", undefined, id);
  const got = (id: number): string => `{"jsonrpc":"2.0","result":["hello",5],"id":${id}}`;

  test.each([
    ["texts that touch are so many requests", get(1) + get(2) + get(3), [got(1), got(2), got(3)]],
    ["what follows a text on its line is judged by itself", `${get(1)} x\n${get(2)}`, [got(1), parseError, got(2)]],
    ["a text without an end is malformed when the client ends", get(1).slice(0, -1), [parseError]],
    ["a last request needs no newline", `${get(1)}\n${get(2)}`, [got(1), got(2)]],
    ["printed JSON may have newlines", JSON.stringify(JSON.parse(get(1)), null, 2), [got(1)]],
    ["a broken line costs one error and the next is served", `{"a":tru}{"b":1}\n${get(2)}`, [parseError, got(2)]],
    ["a line that was cut short does not swallow the next", `${get(1).slice(0, 20)}\n${get(2)}`, [parseError, got(2)]],
    ["empty lines and CRLF are nothing", `\r\n\r\n${get(1)}\r\n\n \t\n${get(2)}\r\n`, [got(1), got(2)]],
  ])("%s", (_, text, replies) => {
    for (const send of [whole, byteByByte]) {
      const { value } = world(function* (world) {
        const client = yield* world.connect();
        yield* send(client, Buffer.from(text));
        client.connection.shutdown();
        return yield* client.rest();
      });
      expect(value).toEqual(replies);
    }
  });
});

describe.each(hostMachines)("on a real server on the %s machine", (machine) => {
  const servers = new Map<string, Server>();
  beforeAll(async () => {
    servers.set("strict", await startServer(machine, ["--port", "0"]));
    servers.set("lenient", await startServer(machine, ["--port", "0", "--lenient"]));
  });
  afterAll(async () => {
    for (const server of servers.values()) await server.stop();
  });

  test("it says which machine that is", () => {
    for (const server of servers.values()) expect(server.output).toContain(` (${machine} machine, `);
  });

  test.each(framings)("the table over %s, a connection for each case, all at once", async (framing) => {
    const faults = carriers
      .filter(([, carrier]) => carrier === framing)
      .map(async ([, , given]) => {
        const client = await servers.get(modeOf(given))?.connect(framing);
        if (client === undefined) throw new Error("no server");
        client.write(Buffer.concat([Buffer.from(latch[framing]), frame(framing, given.send)]));
        const replies = await client.settled();
        client.destroy();
        return fault(given, replies);
      });
    expect((await Promise.all(faults)).filter((said) => said !== undefined)).toEqual([]);
  });
});
