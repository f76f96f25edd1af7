// The epoll machine: the contract, and what only it promises of itself. Its addresses, its bytes, what goes on beside
// it and what it does in processes of its own are in epoll-*.test.ts.

import { closeSync, fstatSync, openSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { EpollMachine } from "../../../kernel/machine/epoll.ts";
import {
  accepted,
  bytesOf,
  codeOf,
  connected,
  listening,
  pair,
  polled,
  received,
  sent,
  text,
} from "../../kit/contract/bench.ts";
import { machineContract } from "../../kit/contract.ts";
import { descriptors, newPath, on, reset, settled } from "./epoll-bench.ts";
import { hasEpoll } from "./host-machines.ts";

describe.runIf(hasEpoll)("on Linux", () => {
  machineContract("epoll", () => new EpollMachine(), { unixPath: newPath, reset });

  test("a seed that cannot be is EINVAL, and the same seed gives the same chances", () => {
    expect(codeOf(() => new EpollMachine({ seed: 0.5 }))).toBe("EINVAL");
    const [one, same, other] = [1, 1, 2].map((seed) => {
      const machine = new EpollMachine({ seed });
      const chances = Array.from({ length: 20 }, () => machine.random());
      machine.close();
      return chances;
    });
    expect(one).toEqual(same);
    expect(one).not.toEqual(other);
  });

  test("a second poll while one is under way is EBUSY, and the first goes on", () =>
    on(async (machine) => {
      const poll = polled(machine, 10_000);
      expect(codeOf(() => machine.poll(1, () => {}))).toBe("EBUSY");
      machine.interrupt();
      await poll;
    }));

  test("closing the machine ends a poll without end", async () => {
    const machine = new EpollMachine();
    const poll = polled(machine, Infinity);
    machine.close();
    await poll;
  });

  test("a machine closed with sockets of every kind leaves no descriptor", async () => {
    const before = descriptors();
    for (let round = 0; round < 30; round += 1) {
      const machine = new EpollMachine();
      const tcp = await pair(machine);
      const unix = await pair(machine, { path: newPath() });
      tcp.client.close();
      unix.server.close();
      machine.connect(tcp.listener.address);
      machine.connect({ host: "localhost", port: 1 });
      machine.listen({ port: 0 });
      machine.close();
    }
    // The names that were looked up are still being read in a file.
    await expect.poll(descriptors, { timeout: 10_000 }).toBe(before);
  });

  test("a machine closed twice is closed once, and takes no descriptor from others", () => {
    const machine = new EpollMachine();
    machine.close();
    const others = Array.from({ length: 8 }, () => openSync("/dev/null", "r"));
    machine.close();
    for (const fd of others) expect(fstatSync(fd).isCharacterDevice()).toBe(true);
    for (const fd of others) closeSync(fd);
  });

  test("what is asked of a machine that was closed fails, and touches no other machine", async () => {
    const closed = new EpollMachine();
    closed.close();
    await on(async (machine) => {
      const { client, server } = await pair(machine);
      await sent(machine, client, bytesOf("mine"));
      await polled(closed, 5);
      expect(text(await received(machine, server))).toBe("mine");
    });
  });

  test("two machines in one process serve each other, and keep their sockets apart", () =>
    on((one) =>
      on(async (other) => {
        const listener = await listening(one);
        const client = await connected(other, listener.address);
        const server = await accepted(one, listener);
        for (let round = 0; round < 100; round += 1) {
          await sent(other, client, bytesOf(`ping ${round}`));
          expect(text(await received(one, server))).toBe(`ping ${round}`);
          await sent(one, server, bytesOf(`pong ${round}`));
          expect(text(await received(other, client))).toBe(`pong ${round}`);
        }
        other.close();
        expect(await received(one, server)).toHaveLength(0);
        const second = await pair(one);
        await sent(one, second.client, bytesOf("on"));
        expect(text(await received(one, second.server))).toBe("on");
      }),
    ));

  test("in a worker thread it is ENOTSUP, and says so", () =>
    on(async (machine) => {
      const [tsx, epoll] = ["tsx/esm/api", "../../../kernel/machine/epoll.ts"].map((name) =>
        JSON.stringify(import.meta.resolve(name)),
      );
      const program = `
        const { parentPort } = require("node:worker_threads");
        import(${tsx}).then(({ register }) => register()).then(() => import(${epoll}))
          .then(({ EpollMachine }) => new EpollMachine()).then(
          () => parentPort.postMessage("it runs"), (error) => parentPort.postMessage(error.code + ": " + error.message));`;
      const worker = new Worker(program, { eval: true });
      const said = await settled(machine, new Promise((resolve) => worker.once("message", resolve)));
      await settled(machine, worker.terminate());
      expect(said).toBe("ENOTSUP: the epoll machine cannot run here: this is a worker thread");
    }));
});

describe.runIf(!hasEpoll)("elsewhere", () => {
  test("it is ENOTSUP, and says why", () => {
    expect(() => new EpollMachine()).toThrow(/the epoll machine cannot run here: it is of Linux|is not known/);
    expect(codeOf(() => new EpollMachine())).toBe("ENOTSUP");
  });
});
