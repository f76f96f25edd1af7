// What code that waits asks of a socket: exactly so many bytes, room to write, and to be told once.

import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { take, whenReadable, whenReceived, whenSent, whenWritable } from "../../../apps/evolution/sockets.ts";

let server: Server;
let client: Socket;
let socket: Socket;

beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const at = server.address();
  if (at === null || typeof at === "string") throw new Error("the server has no port");
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  client = connect({ port: at.port, host: "127.0.0.1" }).on("error", () => {});
  socket = (await accepted).on("error", () => {});
});
afterEach(() => {
  client.destroy();
  socket.destroy();
  server.close();
});

const received = (bytes: number): Promise<Uint8Array | null> =>
  new Promise((resolve, reject) => whenReceived(socket, bytes, resolve, reject));
const sent = (bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => whenSent(socket, bytes, resolve, reject));
const text = async (bytes: number): Promise<string | null> => {
  const taken = await received(bytes);
  return taken && Buffer.from(taken).toString();
};

test("exactly so many bytes are taken, however they come", async () => {
  const first = text(4);
  client.write("ab");
  client.write("cdefg");
  expect([await first, await text(0), await text(1), await text(2)]).toEqual(["abcd", "", "e", "fg"]);
  expect(take(socket, 1)).toBeUndefined();
});

test("more bytes than Node keeps by itself can be waited for", async () => {
  client.write(Buffer.alloc(1_000_000, "x"));
  expect((await received(1_000_000))?.length).toBe(1_000_000);
});

test("an end before the last of the bytes is an end", async () => {
  client.end("abc");
  expect([await text(2), await text(2), await text(2)]).toEqual(["ab", null, null]);
});

test("a connection that is reset fails whoever waits, and whoever waits afterwards", async () => {
  const waiting = received(1);
  client.resetAndDestroy();
  await expect(waiting).rejects.toMatchObject({ code: "ECONNRESET" });
  await new Promise((resolve) => (socket.closed ? resolve(undefined) : socket.once("close", resolve)));
  const later = new Promise((resolve) => whenReadable(socket, resolve));
  expect(await later).toMatchObject({ code: "ECONNRESET" });
});

test("a socket that is destroyed ends whoever waits", async () => {
  const waiting = received(1);
  socket.destroy();
  expect(await waiting).toBeNull();
});

test("who waits for more than is there is not woken until there is more", async () => {
  client.write("ab");
  expect(await text(1)).toBe("a");
  let wakes = 0;
  const woken = new Promise<void>((resolve) => {
    const again = (): void => {
      wakes++;
      if (take(socket, 3) !== undefined || wakes > 1_000) resolve();
      else setImmediate(() => whenReadable(socket, again)); // a tick later, as a dispatcher does
    };
    whenReadable(socket, again);
  });
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
  client.write("cd");
  await woken;
  expect(wakes).toBeLessThanOrEqual(3); // what was there at first, and what came
});

test("it is told once, and no wait leaves a listener behind", async () => {
  const counts = (): number[] => ["close", "end", "readable"].map((event) => socket.listenerCount(event));
  const wait = async (): Promise<void> => {
    const waiting = received(1);
    client.write("x");
    await waiting;
  };
  await wait();
  const before = counts();
  for (let n = 0; n < 50; n++) await wait();
  expect(counts()).toEqual(before);
});

test("one waits for a socket at a time, each way; a second is refused, and the first is not harmed", async () => {
  const waiting = received(1);
  await expect(received(1)).rejects.toMatchObject({ code: "EBUSY" });
  client.write("x");
  expect(Buffer.from((await waiting) ?? []).toString()).toBe("x");
});

test("who sends waits while the client does not read, and goes on when it does", async () => {
  client.pause();
  let sentBytes = 0;
  let isWaiting = false;
  const sending = (async () => {
    while (sentBytes < 32_000_000) {
      isWaiting = true;
      await sent(Buffer.alloc(1_000_000));
      isWaiting = false;
      sentBytes += 1_000_000;
    }
  })();
  for (let before = -1; before !== sentBytes; ) {
    before = sentBytes;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect([isWaiting, sentBytes < 32_000_000, socket.writableLength <= 1_000_000]).toEqual([true, true, true]);
  client.resume();
  await sending;
  expect(sentBytes).toBe(32_000_000);
});

test("who waits for room is told at once where there is some, and of the end where there is none any more", async () => {
  let isTold = false;
  whenWritable(socket, () => {
    isTold = true;
  });
  expect(isTold).toBe(true);
  client.pause();
  const waiting = sent(Buffer.alloc(32_000_000));
  socket.destroy();
  const lost = await waiting.catch((error: unknown) => error);
  expect(lost === undefined || (lost instanceof Error && "code" in lost && lost.code === "ECANCELED")).toBe(true);
});
