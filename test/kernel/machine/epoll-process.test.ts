// What a whole process on the epoll machine does: without descriptors, without anything to do, without a poll, and
// under forced collections. Each law in a process of its own.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Running, root } from "../../apps/cli/command.ts";
import { newPath, programRun } from "./epoll-bench.ts";
import { hasEpoll } from "./host-machines.ts";

const head = `
  const { EpollMachine } = await import("./kernel/machine/epoll.ts");
  const { codeOf, listening, pair, pass, polled, ready } = await import("./test/kit/contract/bench.ts");
  const machine = new EpollMachine();
  const signalled = async () => {
    let isOver = false;
    process.once("SIGUSR2", () => {
      isOver = true;
      machine.interrupt();
    });
    while (!isOver) await polled(machine, Infinity);
  };`;

/** A program that may have no more descriptors than this open. */
function withDescriptors(most: number, program: string): Running {
  const command = `ulimit -n ${most}; exec "$0" --import tsx --input-type=module -e "$1"`;
  return new Running("sh", ["-c", command, process.execPath, program], root);
}

/** All that came, and how it ended. */
function outcome(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes;
    });
    socket.on("end", () => resolve(`${text}, end`));
    socket.on("error", () => resolve(`${text}, broken`));
  });
}

describe.runIf(hasEpoll)("out of descriptors", () => {
  test("accept is EMFILE and turns the newcomer away at once; it goes on when there are some again", async () => {
    const path = newPath();
    const server = withDescriptors(
      64,
      `${head}
      const { closeSync, openSync } = await import("node:fs");
      const listener = await listening(machine, { path: ${JSON.stringify(path)} });
      console.log("listening");
      const held = [];
      const acceptAll = async (most) => {
        while (held.length < most) {
          await ready(machine, listener, "read");
          for (let one = listener.accept(); one !== null; one = held.length < most ? listener.accept() : null) {
            one.write(Buffer.from("welcome"));
            held.push(one);
          }
        }
      };
      // Whoever else is in this process may take the descriptor that is lent for it: then nobody is turned away yet.
      let code;
      while (listener.dropped === 0) ({ code } = await acceptAll(Infinity).catch((error) => error));
      // Whatever Node gives back by itself just now is not to be had either.
      const fillers = [];
      try {
        for (;;) fillers.push(openSync("/dev/null", "r"));
      } catch {}
      const [other, second] = [machine.connect(listener.address), machine.listen({ port: 0 })];
      const codes = [() => other.check(), () => second.check(), () => new EpollMachine()].map(codeOf);
      for (const fd of fillers) closeSync(fd);
      const told = signalled();
      console.log(held.length + " held, " + listener.dropped + " dropped, " + [code, ...codes].join());
      await told;
      for (const one of held.splice(0, 5)) one.close();
      await acceptAll(held.length + 3);
      console.log(listener.dropped + " dropped in all");
      machine.close();`,
    );
    const clients: Socket[] = [];
    const outcomes: Promise<string>[] = [];
    await server.wrote("listening");
    for (let count = 0; count < 64; count += 1) {
      const client = connect(path);
      await once(client, "connect");
      clients.push(client);
      outcomes.push(outcome(client));
    }
    await server.wrote("held");
    expect(await Promise.race(outcomes)).toBe(", end");
    server.child.kill("SIGUSR2");
    const { code, out, err } = await server.ended;
    const [, held = ""] =
      /^listening\n(\d+) held, 1 dropped, EMFILE,EMFILE,EMFILE,EMFILE\n1 dropped in all\n$/.exec(out) ?? [];
    expect([code, err, out]).toEqual([0, "", expect.stringContaining(`${held} held`)]);
    const before = Number(held);
    expect(before).toBeGreaterThan(10);
    const ends = await Promise.all(outcomes);
    expect(ends.slice(0, before)).toEqual(Array(before).fill("welcome, end"));
    expect(ends.slice(before, before + 4)).toEqual([", end", ...Array(3).fill("welcome, end")]);
    for (const client of clients) client.destroy();
  });
});

describe.runIf(hasEpoll)("a process", () => {
  test("is kept alive by a poll without end, and not by a machine that is not polled, or was closed", async () => {
    const child = programRun(`${head}
      const { client, server } = await pair(machine);
      for (const idleMs of [Infinity, 5_000, Infinity]) {
        const poll = polled(machine, idleMs);
        setImmediate(() => machine.interrupt());
        await poll;
      }
      const told = signalled();
      console.log("up");
      await told;
      console.log("not polled");
      const closed = new EpollMachine();
      await listening(closed);
      const poll = polled(closed, Infinity);
      closed.close();
      await poll;
      console.log("over");`);
    await child.wrote("up");
    // Had nothing kept it, it would be over before it could start to wait.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(child.child.exitCode).toBe(null);
    child.child.kill("SIGUSR2");
    // Nothing on stderr either: no warning of a timer too long, which would fire every millisecond.
    expect(await child.ended).toEqual({ code: 0, signal: null, out: "up\nnot polled\nover\n", err: "" });
  });

  test("that waits two seconds with 100 idle connections uses less than 50 ms of CPU", async () => {
    const { out, err } = await programRun(`${head}
      const pairs = [];
      while (pairs.length < 50) pairs.push(await pair(machine));
      await pass(machine, 50);
      const before = process.cpuUsage();
      await polled(machine, 2_000);
      const { user, system } = process.cpuUsage(before);
      console.log(JSON.stringify((user + system) / 1_000));
      machine.close();`).ended;
    expect([Number(out) < 50, out, err]).toEqual([true, out, ""]);
  });

  test("that does not look at what has come is not kept busy by it", async () => {
    const { out, err } = await programRun(`${head}
      const { client } = await pair(machine);
      await pass(machine, 50);
      client.write(Buffer.from("x"));
      const before = process.cpuUsage();
      await new Promise((resolve) => setTimeout(resolve, 500));
      const { user, system } = process.cpuUsage(before);
      console.log(JSON.stringify((user + system) / 1_000));
      machine.close();`).ended;
    expect([Number(out) < 50, out, err]).toEqual([true, out, ""]);
  });
});

describe.runIf(hasEpoll)("a collection", () => {
  test("moves no memory whose address the system has, however small it is", async () => {
    const program = `
      const { loadLibc } = await import("./kernel/machine/libc.ts");
      const libc = loadLibc();
      const sizes = [4, 8, 16, 64, 65, 128, 16_384];
      const all = Array.from({ length: 2_000 }, (_, place) => libc.memory(sizes[place % sizes.length]));
      for (let round = 0; round < 5; round += 1) {
        Array.from({ length: 100_000 }, () => ({}));
        gc({ type: "minor" });
        gc();
      }
      for (const { address } of all) libc.inetPton(2, "1.2.3.4", address);
      console.log(all.filter(({ bytes }) => bytes.readUInt32BE(0) !== 0x01020304).length);`;
    expect(await programRun(program, "--expose-gc").ended).toMatchObject({ code: 0, out: "0\n", err: "" });
  });

  test("every 2 ms, under 20,000 connections, harms no byte, and leaves no memory and no descriptor behind", async () => {
    const soak = fileURLToPath(new URL("epoll-soak.ts", import.meta.url));
    const child = new Running(process.execPath, ["--expose-gc", "--import", "tsx", soak, "20000", "--gc"], root);
    const { code, out, err } = await child.ended;
    const { samples, ...counts } = JSON.parse(out);
    expect(counts).toMatchObject({ opened: 20_000, wrongBytes: 0, crashes: 0 });
    expect(counts.collections).toBeGreaterThan(200);
    expect([code, err]).toEqual([0, ""]);
    const [first, , last] = samples;
    expect(last.descriptors).toBeLessThanOrEqual(first.descriptors);
    expect(counts.descriptorsAfter).toBeLessThan(first.descriptors);
    expect(last.residentMiB - first.residentMiB).toBeLessThan(48);
    expect(last.buffersMiB - first.buffersMiB).toBeLessThan(8);
    // The exits of 20,000 tasks that nobody collects are a part of it.
    expect(last.heapMiB - first.heapMiB).toBeLessThan(12);
  }, 120_000);
});
