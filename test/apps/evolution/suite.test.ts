// One suite for one server written eleven ways, each a real process that serves every test of its block: what a client
// can see must not depend on the style. One thing does: the blocking server lets everybody wait for one.

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SocketClient } from "../echo/server.ts";
import {
  answers,
  answerText,
  hungUp,
  idsOf,
  type LaunchedServer,
  launched,
  requestFrame,
  requestText,
  reset,
  roundTrip,
  systems,
  written,
} from "./systems.ts";

const maxFrameBytes = 1_048_576;

function lengthBytes(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length | 0);
  return bytes;
}

/**
 * Has a client write requests and read nothing, until no more is taken. How much that is, is for the system to say: its
 * buffers hold some megabytes.
 * @returns what is over when the client is destroyed
 * @throws Error when all is taken: there would be no end to it
 */
async function heldBack(client: SocketClient): Promise<{ readonly end: Promise<void> }> {
  client.socket.pause();
  const packet = Buffer.concat(idsOf("x".repeat(240), 250).map(requestFrame));
  const packets = Math.ceil(48_000_000 / packet.length);
  let taken = 0;
  const write = async (): Promise<void> => {
    for (; taken < packets && !client.socket.destroyed; taken++) await written(client, packet);
  };
  const end = write();
  // Twice the same: once, it may be this process that was held up.
  for (let before = -1, same = 0; same < 2; await sleep(250)) {
    same = taken === before ? same + 1 : 0;
    before = taken;
  }
  if (taken === packets) throw new Error(`the server has read ${taken * packet.length} bytes, and nobody its answers`);
  return { end };
}

// The systems side by side, the tests of each one after another.
describe.concurrent.each(systems)("%s", (system) => {
  const test = it.sequential;
  let server: LaunchedServer;
  beforeAll(async () => {
    server = await launched(system);
  });
  afterAll(() => server.stop("SIGKILL"));

  test("serves 200 clients, each to its end", async () => {
    const one = async (name: string): Promise<void> => {
      const client = await server.connect();
      for (const id of idsOf(name, 3)) await roundTrip(client, id);
      await hungUp(client);
    };
    await Promise.all(idsOf("client", 200).map(one));
  });

  test("answers 2,000 pipelined requests in their order", async () => {
    const client = await server.connect();
    const ids = idsOf("pipelined", 2_000);
    client.write(Buffer.concat(ids.map(requestFrame)));
    expect(await answers(client, ids.length)).toEqual(ids.map(answerText));
    await hungUp(client);
  });

  test("puts together what comes byte by byte", async () => {
    const client = await server.connect();
    const bytes = Buffer.concat(idsOf("byte", 2).map(requestFrame));
    for (const byte of bytes) await written(client, Buffer.of(byte));
    expect(await answers(client, 2)).toEqual(idsOf("byte", 2).map(answerText));
    await hungUp(client);
  });

  test("takes frames apart wherever packets are cut", async () => {
    const client = await server.connect();
    const ids = idsOf("cut", 60);
    const bytes = Buffer.concat(ids.map(requestFrame));
    for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3) % 251) {
      await written(client, bytes.subarray(at, at + size));
    }
    expect(await answers(client, ids.length)).toEqual(ids.map(answerText));
    await hungUp(client);
  });

  test("takes a frame of the largest size", async () => {
    const client = await server.connect();
    client.send(requestText("large").padEnd(maxFrameBytes));
    expect(await client.next()).toBe(answerText("large"));
    await hungUp(client);
  });

  test("refuses what is no request, and goes on", async () => {
    const client = await server.connect();
    client.send("{", "", requestText("a", "bar"), "[1]");
    const codes = (await answers(client, 4)).map((text) => /"code":(-\d+)/.exec(text ?? "")?.[1]);
    expect(codes).toEqual(["-32700", "-32700", "-32601", "-32600"]);
    client.send('{"jsonrpc":"2.0","method":"foo"}', '{"jsonrpc":"2.0","result":"ok","id":1}'); // no answer is due
    await roundTrip(client, "and still");
    await hungUp(client);
  });

  test("answers a client that has ended its side, and then ends its own", async () => {
    const client = await server.connect();
    const ids = idsOf("half", 100);
    client.socket.end(Buffer.concat(ids.map(requestFrame)));
    expect(await client.rest()).toEqual(ids.map(answerText));
    expect(await client.ended).toBe("end");
    client.destroy();
  });

  test("closes a client that ends in the middle of a frame", async () => {
    const client = await server.connect();
    client.socket.end(requestFrame("cut off").subarray(0, 20));
    expect(await client.rest()).toEqual([]);
    client.destroy();
    await server.serves();
  });

  test.each([-1, -2_147_483_648, 2_147_483_647, maxFrameBytes + 1])(
    "closes a client that claims a frame of %i bytes, at once",
    async (length) => {
      const client = await server.connect();
      client.write(lengthBytes(length));
      expect(await client.rest()).toEqual([]);
      client.destroy();
      await server.serves();
    },
  );

  test("lives on when a client resets its connection, whatever it is in the middle of", async () => {
    const inFrame = await server.connect();
    await written(inFrame, requestFrame("never").subarray(0, 20));
    await reset(inFrame);
    const inAnswers = await server.connect();
    inAnswers.socket.pause();
    await written(inAnswers, Buffer.concat(idsOf("many", 5_000).map(requestFrame)));
    await reset(inAnswers);
    await server.serves();
  });

  test("reads no more from a client that does not read", async () => {
    const deaf = await server.connect();
    const writing = await heldBack(deaf);
    if (system !== "blocking") await server.serves(); // and others do not suffer
    deaf.destroy();
    await writing.end;
    await server.serves();
  });

  if (system === "blocking") {
    test("lets everybody wait for one slow client", async () => {
      const slow = await server.connect();
      const other = await server.connect();
      other.send(requestText("other"));
      for (const id of idsOf("slow", 20)) await roundTrip(slow, id);
      expect(other.waiting).toBe(0);
      await hungUp(slow);
      expect(await other.next()).toBe(answerText("other"));
      await hungUp(other);
    });
  } else {
    test("lets nobody wait for one slow client", async () => {
      const slow = await server.connect();
      const frame = requestFrame("slow");
      await written(slow, frame.subarray(0, 10));
      const other = await server.connect();
      for (const id of idsOf("other", 20)) await roundTrip(other, id);
      await written(slow, frame.subarray(10));
      expect(await slow.next()).toBe(answerText("slow"));
      await Promise.all([slow, other].map(hungUp));
    });

    test("serves 200 clients at once", async () => {
      const clients = await Promise.all(idsOf("client", 200).map(() => server.connect()));
      for (const id of idsOf("round", 3)) await Promise.all(clients.map((client) => roundTrip(client, id)));
      await Promise.all(clients.map(hungUp));
    });
  }

  test("keeps nothing of all these", async () => {
    const client = await server.connect();
    await roundTrip(client, "still here");
    while (server.connections > 1) await sleep(20);
    expect(server.connections).toBe(1); // that client's, so that something is seen
    await hungUp(client);
    expect(server.output.trim().split("\n")).toHaveLength(1); // the banner; and no complaint
  });

  test("a SIGTERM ends it with code 0, and its clients with it, whatever it still had to say to them", async () => {
    const deaf = await server.connect();
    const writing = await heldBack(deaf);
    const inFrame = await server.connect();
    await written(inFrame, requestFrame("never").subarray(0, 20));
    const idle = await server.connect();
    if (system !== "blocking") await roundTrip(idle, "served");
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(server.output.trim().split("\n").slice(1)).toEqual([expect.stringContaining("SIGTERM: ending")]);
    for (const client of [idle, inFrame]) {
      expect(await client.rest()).toEqual([]);
      client.destroy();
    }
    deaf.destroy();
    await writing.end;
  });
});
