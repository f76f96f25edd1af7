// The bytes of the epoll machine: none is lost, none is changed after it was handed out, ends and resets come in their
// place, and a descriptor's number that is used again brings nothing of its former life.

import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { loadLibc } from "../../../kernel/machine/libc.ts";
import type { Address, Connection, Machine } from "../../../kernel/machine/machine.ts";
import { Random } from "../../../kernel/machine/random.ts";
import { addressBytes, encodeAddress } from "../../../kernel/machine/socket-address.ts";
import {
  accepted,
  bytesOf,
  codeIn,
  codeOf,
  connected,
  filled,
  listening,
  misplaced,
  pair,
  pass,
  pattern,
  polled,
  ready,
  received,
  receivedAll,
  sent,
  Told,
  text,
  told,
} from "../../kit/contract/bench.ts";
import { busyFor, foreign, newPath, on, portOf, programRun, reset, settled, until } from "./epoll-bench.ts";
import { hasEpoll } from "./host-machines.ts";

const MiB = 1_048_576;
const kinds = ["TCP", "a Unix socket"] as const;
const at = (kind: (typeof kinds)[number]) => (kind === "TCP" ? { port: 0 } : { path: newPath() });

describe.runIf(hasEpoll)("an end", () => {
  test.each(kinds)("of one direction over %s leaves the other open, whoever ends first", (kind) =>
    on(async (machine) => {
      for (const isClient of [true, false]) {
        const { client, server, listener } = await pair(machine, at(kind));
        const [first, second] = isClient ? [client, server] : [server, client];
        await sent(machine, first, bytesOf("last words"));
        first.shutdown();
        expect(text(await receivedAll(machine, second, 10))).toBe("last words");
        expect(await received(machine, second)).toHaveLength(0);
        await sent(machine, second, pattern(0, MiB / 8));
        expect(misplaced(await receivedAll(machine, first, MiB / 8), 0)).toBe(-1);
        second.shutdown();
        expect(await received(machine, first)).toHaveLength(0);
        expect([codeOf(() => first.write(bytesOf("x"))), codeOf(() => second.write(bytesOf("x")))]).toEqual([
          "EPIPE",
          "EPIPE",
        ]);
        listener.close();
      }
    }),
  );

  test.each([0, 5, 50])(
    "that comes with all the bytes, %i ms before anybody looks at the new connection, is not missed",
    (ms) =>
      on(async (machine) => {
        const server = programRun(`
        import { createServer } from "node:net";
        createServer((socket) => socket.end("greeting")).listen(0, "127.0.0.1", function () {
          console.log(this.address().port + ".");
        });`);
        const said = once(server.child.stdout as NodeJS.ReadableStream, "data"); // its stdout is a pipe
        const port = Number.parseInt(String((await settled(machine, said))[0]), 10);
        for (let round = 0; round < 20; round += 1) {
          const client = machine.connect({ port });
          busyFor(ms);
          await ready(machine, client, "write");
          expect(text(await receivedAll(machine, client, 8))).toBe("greeting");
          expect(await received(machine, client)).toHaveLength(0);
          client.close();
        }
        server.child.kill();
        await settled(machine, server.ended);
      }),
  );

  test("that comes while a part of the bytes is read is seen after all of them", () =>
    on(async (machine) => {
      for (const size of [1, 4_095, 4_096, 4_097, 16_384, 20_000, 65_536]) {
        const total = Math.min(60_000, 4_000 * size);
        const { client, server, listener } = await pair(machine);
        await sent(machine, client, pattern(0, total));
        client.close();
        let seen = 0;
        for (;;) {
          const bytes = await received(machine, server, size);
          if (bytes.length === 0) break;
          expect(misplaced(bytes, seen)).toBe(-1);
          seen += bytes.length;
        }
        expect(seen).toBe(total);
        server.close();
        listener.close();
      }
    }));

  test("of out-of-band data holds up no bytes that come after it", () =>
    on(async (machine) => {
      const libc = loadLibc();
      const listener = await listening(machine);
      const memory = libc.memory(addressBytes);
      const fd = libc.socket(2, 1, 0);
      expect(libc.connect(fd, memory.address, encodeAddress(libc, listener.address, memory))).toBe(0);
      const server = await accepted(machine, listener);
      const [ordinary, urgent] = [0x4000, 0x4001];
      for (let round = 0; round < 10; round += 1) {
        libc.sendFrom(fd, bytesOf("abc"), 3, ordinary);
        libc.sendFrom(fd, bytesOf("!"), 1, urgent);
        libc.sendFrom(fd, bytesOf("def"), 3, ordinary);
        busyFor(10);
        expect(text(await receivedAll(machine, server, 6))).toBe("abcdef");
      }
      libc.close(fd);
      expect(await received(machine, server)).toHaveLength(0);
    }));
});

describe.runIf(hasEpoll)("a reset", () => {
  test("comes after what arrived before it", () =>
    on(async (machine) => {
      const { client, server } = await pair(machine);
      await sent(machine, client, pattern(0, 50_000));
      // It has arrived: nothing of it waits to be sent any more.
      await ready(machine, server, "read");
      await pass(machine, 20);
      reset(client);
      await pass(machine, 20);
      let seen = 0;
      const end = await (async () => {
        for (;;) {
          const bytes = await received(machine, server, 7_000);
          expect(misplaced(bytes, seen)).toBe(-1);
          seen += bytes.length;
        }
      })().catch(codeIn);
      expect([seen, end]).toEqual([50_000, "ECONNRESET"]);
      expect(codeOf(() => server.read(1))).toBe("ECONNRESET");
      expect(codeOf(() => server.write(bytesOf("x")))).toMatch(/^(EPIPE|ECONNRESET)$/);
    }));

  test("that a writer was told of is told to the reader as well, and is no end", () =>
    on(async (machine) => {
      const { client, server } = await pair(machine);
      reset(client);
      await until(machine, () => codeOf(() => server.write(bytesOf("x"))) !== "");
      expect(codeOf(() => server.write(bytesOf("x")))).toMatch(/^(EPIPE|ECONNRESET)$/);
      await ready(machine, server, "read");
      expect(codeOf(() => server.read(1))).toBe("ECONNRESET");
    }));

  test.each([
    ["right after it opened", () => {}],
    ["while the reader waits", (_: Machine, server: Connection) => server.watch("read", new Told())],
    ["while the writer waits", (machine: Machine, server: Connection) => filled(machine, server, 64 * MiB)],
    ["after our half-close", (_: Machine, server: Connection) => server.shutdown()],
    [
      "after their half-close",
      async (machine: Machine, server: Connection, client: Connection) => {
        client.shutdown();
        expect(await received(machine, server)).toHaveLength(0);
      },
    ],
    [
      "with bytes unread",
      async (machine: Machine, server: Connection, client: Connection) => {
        await sent(machine, client, pattern(0, 1_000));
        await ready(machine, server, "read");
      },
    ],
  ])("%s ends that connection and no other", (_, prepare) =>
    on(async (machine) => {
      const bystander = await pair(machine);
      const { client, server } = await pair(machine);
      await prepare(machine, server, client);
      const writer = new Told();
      server.watch("write", writer);
      reset(client);
      await told(machine, writer, "the writer");
      await until(machine, () => codeOf(() => server.write(bytesOf("x"))) !== "");
      expect(codeOf(() => server.write(bytesOf("x")))).toMatch(/^(EPIPE|ECONNRESET)$/);
      server.close();
      await sent(machine, bystander.client, bytesOf("on"));
      expect(text(await receivedAll(machine, bystander.server, 2))).toBe("on");
    }),
  );

  test("while it opens is a connection refused or reset, and nothing else breaks", () =>
    on(async (machine) => {
      const server = await foreign(machine, (socket: Socket) => socket.resetAndDestroy());
      for (let round = 0; round < 20; round += 1) {
        const connection = machine.connect({ port: portOf(server) });
        await ready(machine, connection, "write");
        await ready(machine, connection, "read");
        expect(codeOf(() => connection.read(1))).toBe("ECONNRESET");
        connection.close();
      }
      server.close();
    }));
});

describe.runIf(hasEpoll)("much", () => {
  test.each(kinds)("to a peer that does not read over %s is held back, and goes on when it reads", (kind) =>
    on(async (machine) => {
      const { client, server } = await pair(machine, at(kind));
      for (let round = 0; round < 3; round += 1) {
        const total = await filled(machine, client, 64 * MiB);
        expect(total).toBeLessThan(16 * MiB);
        // It is said to be full before its last byte is.
        let more = 0;
        for (let taken = 1; taken > 0; more += taken) taken = client.write(bytesOf("x"));
        const writer = new Told();
        client.watch("write", writer);
        await pass(machine, 20);
        expect(writer.count).toBe(0);
        await receivedAll(machine, server, total + more);
        await told(machine, writer, "the writer");
        expect(client.write(bytesOf("x"))).toBe(1);
        await receivedAll(machine, server, 1);
      }
    }),
  );

  test.each(kinds)("64 MiB both ways over %s arrive as they were sent, and never take as much memory", (kind) =>
    on(async (machine) => {
      const { client, server } = await pair(machine, at(kind));
      const block = randomBytes(MiB);
      const expected = createHash("sha256");
      for (let count = 0; count < 64; count += 1) expected.update(block);
      const digest = expected.digest("hex");
      const before = process.memoryUsage().rss;
      const flows = [new Flow(client, server, block), new Flow(server, client, block)];
      let mostBytes = 0;
      while (flows.some((flow) => !flow.isOver)) {
        for (const flow of flows) flow.advance();
        mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
        await polled(machine, 1);
      }
      expect(flows.map((flow) => flow.hash.digest("hex"))).toEqual([digest, digest]);
      // What was read and let go stays until V8 collects it: later in later versions.
      expect(mostBytes - before).toBeLessThan(112 * MiB);
    }),
  );

  test("small reads in random sizes, kept for long, are never written over", () =>
    on(async (machine) => {
      const random = new Random(7);
      const pairs = [];
      for (let count = 0; count < 4; count += 1) pairs.push(await pair(machine));
      const kept: { readonly bytes: Uint8Array; readonly stream: number; readonly start: number }[] = [];
      const seen = pairs.map(() => 0);
      const taken = pairs.map(() => 0);
      for (let round = 0; round < 4_000; round += 1) {
        const which = random.below(pairs.length);
        const { client, server } = pairs[which] ?? pairs[0] ?? (await pair(machine));
        const from = taken[which] ?? 0;
        taken[which] = from + client.write(pattern(from + which * 1_000, 1 + random.below(6_000)));
        await polled(machine, 0);
        const bytes = server.read(1 + random.below(random.below(2) === 0 ? 20 : 9_000));
        if (bytes === null) continue;
        const start = seen[which] ?? 0;
        kept.push({ bytes, stream: which, start });
        seen[which] = start + bytes.length;
      }
      expect(kept.length).toBeGreaterThan(1_000);
      for (const { bytes, stream, start } of kept) expect(misplaced(bytes, start + stream * 1_000)).toBe(-1);
    }));

  test("bytes that were read cannot be given away with those of others", () =>
    on(async (machine) => {
      const { client, server } = await pair(machine);
      await sent(machine, client, pattern(0, 100));
      const bytes = await receivedAll(machine, server, 100);
      await sent(machine, client, pattern(100, 50));
      await ready(machine, server, "read");
      const part = server.read(50) ?? new Uint8Array(0);
      // Refused, or copied instead: that is up to the version of Node.
      codeOf(() => structuredClone(part, { transfer: [part.buffer as ArrayBuffer] })); // no shared one
      await sent(machine, client, pattern(150, 50));
      expect(misplaced(await receivedAll(machine, server, 50), 150)).toBe(-1);
      expect([misplaced(bytes, 0), misplaced(part, 100)]).toEqual([-1, -1]);
    }));

  test("what is no array of bytes is refused, and no more is sent than there is", () =>
    on(async (machine) => {
      const { client, server } = await pair(machine);
      expect(codeOf(() => client.write("abc" as unknown as Uint8Array))).toBe("EINVAL"); // as from JavaScript
      class Liar extends Uint8Array {
        override get length(): number {
          return 10_000;
        }
      }
      expect(client.write(new Liar([1, 2, 3]))).toBe(3);
      expect([...(await receivedAll(machine, server, 3))]).toEqual([1, 2, 3]);
      await pass(machine);
      expect(server.read(10)).toBeNull();
    }));

  test("what is written may be read from memory that is used again at once", () =>
    on(async (machine) => {
      const { client, server } = await pair(machine);
      for (const size of [1, 100, 4_096, 4_097, 16_384, 16_385, 40_000]) {
        const bytes = pattern(0, size);
        const count = client.write(bytes);
        bytes.fill(0);
        expect(misplaced(await receivedAll(machine, server, count), 0)).toBe(-1);
      }
    }));
});

/** One direction, as fast as both ends go. */
class Flow {
  readonly hash = createHash("sha256");
  readonly #from: Connection;
  readonly #to: Connection;
  readonly #block: Uint8Array;
  #taken = 0;
  #seen = 0;

  constructor(from: Connection, to: Connection, block: Uint8Array) {
    this.#from = from;
    this.#to = to;
    this.#block = block;
  }

  get isOver(): boolean {
    return this.#seen === 64 * MiB;
  }

  advance(): void {
    for (let taken = 1; taken > 0 && this.#taken < 64 * MiB; this.#taken += taken) {
      taken = this.#from.write(this.#block.subarray(this.#taken % MiB));
    }
    for (let bytes = this.#to.read(65_536); bytes !== null && !this.isOver; bytes = this.#to.read(65_536)) {
      this.hash.update(bytes);
      this.#seen += bytes.length;
    }
  }
}

describe.runIf(hasEpoll)("a descriptor's number that is used again", () => {
  test("brings no event of the connection that had it before, even one that was harvested with others", () =>
    on(async (machine) => {
      const listener = await listening(machine);
      const full = await fullListener(machine);
      const before: Connection[] = [];
      for (let count = 0; count < 30; count += 1) {
        const client = await connected(machine, listener.address);
        before.push(client, await accepted(machine, listener));
      }
      await pass(machine, 5);
      // Whoever is told first closes them all, and the numbers of the others are used again: their events come next.
      const after: Connection[] = [];
      const renew = (): void => {
        for (const connection of before.splice(0)) connection.close();
        while (after.length < 60) after.push(machine.connect(full));
      };
      for (const connection of before) connection.watch("read", { ready: renew });
      for (const [place, connection] of [...before].entries()) {
        if (place % 3 === 0) connection.shutdown();
        else connection.write(bytesOf("old"));
      }
      await until(machine, () => after.length > 0);
      const writers = after.map((connection) => {
        const writer = new Told();
        connection.watch("write", writer);
        return writer;
      });
      // Nobody accepts them, so nothing can be known of them yet.
      await pass(machine, 50);
      expect(writers.map(({ count }) => count)).toEqual(writers.map(() => 0));
      expect(after.map((connection) => connection.write(bytesOf("new")))).toEqual(after.map(() => 0));
    }));

  test("carries a connection of its own, over thousands of them", () =>
    on(async (machine) => {
      const listener = await listening(machine);
      for (let round = 0; round < 2_000; round += 1) {
        const client = await connected(machine, listener.address);
        const server = await accepted(machine, listener);
        const [one, other] = round % 2 === 0 ? [client, server] : [server, client];
        one.write(pattern(round, 8));
        expect(misplaced(await receivedAll(machine, other, 8), round)).toBe(-1);
        expect(one.read(1)).toBeNull();
        // With bytes unread, ended, or reset: events that nobody waits for any more.
        other.write(bytesOf("late"));
        if (round % 3 === 0) other.shutdown();
        if (round % 3 === 1) reset(other);
        one.close();
        other.close();
      }
    }));
});

/** Where a connect is neither refused nor answered: a listener whose queue is full. */
async function fullListener(machine: Machine): Promise<Address> {
  const listener = machine.listen({ port: 0 }, { backlog: 1 });
  await ready(machine, listener, "write");
  const waiting = new Told();
  for (let count = 0; count < 4; count += 1) machine.connect(listener.address).watch("write", waiting);
  await pass(machine, 50);
  expect(waiting.count).toBeLessThan(4);
  return listener.address;
}
