// Many clients at once, on real sockets: all are answered, those that break off hurt nobody else, a shutdown under load
// is orderly, and when all have gone nothing of them is left.

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { hostMachines } from "../../kernel/machine/host-machines.ts";
import { type Server, type SocketClient, startServer } from "./server.ts";
import { type Framing, frame, framings, request } from "./wire.ts";

const isLinux = process.platform === "linux";
const framingOf = (client: number): Framing => framings[client % framings.length] ?? "lines";

/** The requests of one client, and what has to come back. */
function work(client: number, count: number): { bytes: Buffer; answers: string[] } {
  const ids = Array.from({ length: count }, (_, i) => i);
  return {
    bytes: Buffer.concat(ids.map((id) => frame(framingOf(client), request("echo", [client, "é"], id)))),
    answers: ids.map((id) => `{"jsonrpc":"2.0","result":[${client},"é"],"id":${id}}`),
  };
}

async function take(client: SocketClient, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) {
    const text = await client.next();
    if (text === undefined) break;
    texts.push(text);
  }
  return texts;
}

describe.each(hostMachines)("on the %s machine", (machine) => {
  let server: Server;
  let descriptors = 0;
  let tasks = 0;

  beforeAll(async () => {
    server = await startServer(machine, [], "test/apps/echo/slow-app.ts");
    await server.serves();
    tasks = await taskCount();
    if (isLinux) descriptors = await settledDescriptors();
  });

  // Whatever a test did: no descriptor and no task is left of it.
  afterEach(async () => {
    if (server.process.exitCode !== null) return;
    await gone();
    expect(await taskCount()).toBe(tasks);
    await gone();
    // The last client has seen its end a moment before the server closes its side.
    if (isLinux) await expect.poll(() => server.descriptors, { timeout: 5_000 }).toBe(descriptors);
  });

  afterAll(async () => {
    await server.stop();
  });

  async function taskCount(): Promise<number> {
    const client = await server.connect("lines");
    client.send(request("tasks", undefined, 1));
    const { result } = JSON.parse((await client.next()) ?? "");
    client.destroy();
    return result;
  }

  /** How many it has once nothing changes any more: what a process needs to start goes a while after that. */
  async function settledDescriptors(): Promise<number> {
    let before = -1;
    const isSettled = (): boolean => {
      const now = server.descriptors;
      const isSame = now === before;
      before = now;
      return isSame;
    };
    await vi.waitUntil(isSettled, { interval: 500, timeout: 10_000 });
    return before;
  }

  /** Waits until the server has seen the end of every other client: asks until it has the tasks of one. */
  async function gone(): Promise<void> {
    const client = await server.connect("lines");
    for (let tries = 0; tries < 2_000; tries++) {
      client.send(request("tasks", undefined, 1));
      const { result } = JSON.parse((await client.next()) ?? "");
      if (tasks === 0 || result === tasks) break;
    }
    client.socket.end();
    await client.ended;
    client.destroy();
  }

  test("1,000 connections at once, 100 requests each, are all answered rightly", async () => {
    const clients = await Promise.all(Array.from({ length: 1_000 }, (_, i) => server.connect(framingOf(i))));
    const answered = clients.map(async (client, i) => {
      const { bytes, answers } = work(i, 100);
      client.write(bytes);
      const texts = await take(client, 100);
      return texts.length === 100 && texts.every((text, place) => text === answers[place]);
    });
    expect((await Promise.all(answered)).filter((isRight) => !isRight)).toEqual([]);
    for (const client of clients) client.destroy();
  });

  test("connections that break off at any moment end themselves only", async () => {
    const clients = await Promise.all(Array.from({ length: 300 }, (_, i) => server.connect(framingOf(i))));
    const outcomes = clients.map(async (client, i) => {
      const { bytes, answers } = work(i, 400);
      client.write(bytes);
      if (i % 2 === 0) {
        // At once, when it has been sent, or after so many answers: at each a different one.
        if (i % 4 === 0) await take(client, i);
        client.socket.resetAndDestroy();
        return true;
      }
      const texts = await take(client, 400);
      return texts.length === 400 && texts.every((text, place) => text === answers[place]);
    });
    expect((await Promise.all(outcomes)).filter((isRight) => !isRight)).toEqual([]);
    for (const client of clients) client.destroy();
  });

  // The full number once is enough for what CI's time costs.
  const visits = machine === "epoll" ? 20_000 : 5_000;

  test(`${visits.toLocaleString("en")} connections, opened and ended in every way, leave nothing`, async () => {
    let served = 0;
    const visit = async (i: number): Promise<void> => {
      const client = await server.connect(framingOf(i));
      if (i % 5 !== 0) client.write(frame(framingOf(i), request("foo", undefined, i)));
      if (i % 5 > 2) {
        if ((await client.next()) === `{"jsonrpc":"2.0","result":"ok","id":${i}}`) served++;
      }
      if (i % 5 === 2) {
        client.socket.end();
        await client.ended;
      }
      if (i % 5 === 1 || i % 5 === 4) client.socket.resetAndDestroy();
      else client.destroy();
    };
    const lanes = Array.from({ length: 50 }, async (_, lane) => {
      for (let i = lane; i < visits; i += 50) await visit(i);
    });
    await Promise.all(lanes);
    expect(served).toBe((2 * visits) / 5);
  }, 90_000);

  describe("SIGTERM under load", () => {
    test.each([
      ["quick requests", [], 0],
      ["requests that take a while", [request("nap", [300], "nap")], 1],
      ["requests that never end", [request("hang", [], "hang"), request("hang", [], "hang")], 0],
    ])("with %s ends the server within five seconds, with code 0 and whole answers", async (_, texts, naps) => {
      const own = await startServer(machine, [], "test/apps/echo/slow-app.ts");
      const clients = await Promise.all(Array.from({ length: 60 }, (_, i) => own.connect(framingOf(i))));
      let answered = 0;
      let signalledAt = 0;
      const ends = clients.map(async (client, i) => {
        client.send(...texts);
        const { bytes, answers } = work(i, 50);
        let place = 0;
        let ofNaps = 0;
        client.write(bytes);
        for (let text = await client.next(); text !== undefined; text = await client.next()) {
          if (text.includes('"nap"')) ofNaps++;
          else if (text.includes('"hang"')) expect(text).toContain("-32800");
          else if (text !== answers[place++ % answers.length]) return `wrong: ${text}`;
          answered++;
          if (answered === 10_000) {
            own.process.kill("SIGTERM");
            signalledAt = performance.now();
          }
          if (place % answers.length === 0 && client.socket.writable) client.write(bytes);
        }
        const how = await client.ended;
        client.destroy();
        return how.includes("into an answer") || ofNaps !== naps ? `${how}, ${ofNaps} naps` : "whole";
      });
      expect(new Set(await Promise.all(ends))).toEqual(new Set(["whole"]));
      expect(await own.ended).toEqual({ code: 0, signal: null });
      expect(performance.now() - signalledAt).toBeLessThan(5_000);
      expect(answered).toBeGreaterThanOrEqual(10_000);
      expect(own.output).not.toContain("rror");
    });
  });
});
