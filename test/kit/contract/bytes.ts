// Laws of reading, writing and half-close.

import type { Address, Connection, Machine } from "../../../kernel/machine/machine.ts";
import {
  type Bench,
  bytesOf,
  codeIn,
  codeOf,
  filled,
  misplaced,
  pair,
  pass,
  pattern,
  ready,
  received,
  receivedAll,
  sent,
  Told,
  text,
  told,
  unixAt,
} from "./bench.ts";

const mebibyte = 2 ** 20;

export function byteLaws(bench: Bench): void {
  const { law, expect } = bench;

  law("a read with nothing there is null, and never the end", async (machine) => {
    const { client, server } = await pair(machine);
    expect(client.read(1)).toBeNull();
    await pass(machine);
    expect([client.read(100), server.read(100)]).toEqual([null, null]);
  });

  law("a read never returns more than asked for, and the rest is not lost", async (machine) => {
    const { client, server } = await pair(machine);
    await sent(machine, client, pattern(0, 1_000));
    let position = 0;
    for (let max = 1; position < 1_000; max += 7) {
      const bytes = await received(machine, server, max);
      expect(bytes.length).toBeLessThanOrEqual(max);
      expect(misplaced(bytes, position)).toBe(-1);
      position += bytes.length;
    }
    expect(server.read(1)).toBeNull();
  });

  law("a read of no bytes, or of no whole number of them, is EINVAL", async (machine) => {
    const { client } = await pair(machine);
    for (const max of [0, -1, 1.5, Number.NaN]) expect([max, codeOf(() => client.read(max))]).toEqual([max, "EINVAL"]);
  });

  law("bytes read are the caller's to keep: later traffic does not change them", async (machine) => {
    const { client, server } = await pair(machine);
    const kept: Uint8Array[] = [];
    for (let round = 0; round < 20; round += 1) {
      await sent(machine, client, pattern(round * 5_000, 5_000));
      kept.push(await receivedAll(machine, server, 2_000), await received(machine, server, 1_000));
      const last = kept[kept.length - 1]?.length ?? 0;
      await receivedAll(machine, server, 3_000 - last);
    }
    for (let round = 0; round < 20; round += 1) {
      expect(misplaced(kept[2 * round] ?? bytesOf("?"), round * 5_000)).toBe(-1);
      expect(misplaced(kept[2 * round + 1] ?? bytesOf("?"), round * 5_000 + 2_000)).toBe(-1);
    }
  });

  law("the peer's end is length 0, after all bytes, again and again", async (machine) => {
    const { client, server } = await pair(machine);
    await sent(machine, client, bytesOf("last words"));
    client.shutdown();
    expect(text(await receivedAll(machine, server, 10))).toBe("last words");
    for (let again = 0; again < 3; again += 1) expect(await received(machine, server)).toHaveLength(0);
    await pass(machine);
    expect(server.read(1)).toHaveLength(0);
  });

  law("an end that arrives with bytes still unread is seen after them, however they are read", async (machine) => {
    for (const max of [1, 3, 4, 100]) {
      const { client, server, listener } = await pair(machine);
      await sent(machine, client, bytesOf("four"));
      client.shutdown();
      await pass(machine);
      let words = "";
      for (;;) {
        const bytes = await received(machine, server, max);
        if (bytes.length === 0) break;
        words += text(bytes);
      }
      expect([max, words]).toEqual([max, "four"]);
      for (const endpoint of [listener, client, server]) endpoint.close();
    }
  });

  const halfClose = async (machine: Machine, first: "client" | "server"): Promise<void> => {
    const both = await pair(machine);
    const [ender, other] = first === "client" ? [both.client, both.server] : [both.server, both.client];
    ender.shutdown();
    ender.shutdown();
    expect(await received(machine, other)).toHaveLength(0);
    await pass(machine, 10);
    await sent(machine, other, pattern(0, 100_000));
    expect(misplaced(await receivedAll(machine, ender, 100_000), 0)).toBe(-1);
    other.shutdown();
    expect(await received(machine, ender)).toHaveLength(0);
  };

  law("half-close ends one direction: the peer can still write, and we still read it", (machine) =>
    halfClose(machine, "client"),
  );

  law("half-close is the same from the side that accepted", (machine) => halfClose(machine, "server"));

  law("writing after shutdown is EPIPE, at once", async (machine) => {
    const { client } = await pair(machine);
    client.shutdown();
    await ready(machine, client, "write");
    expect(codeOf(() => client.write(bytesOf("x")))).toBe("EPIPE");
  });

  law("a writer that waits is told when its direction is shut down", async (machine) => {
    const { client } = await pair(machine);
    await filled(machine, client, 16 * mebibyte);
    const writer = new Told();
    client.watch("write", writer);
    client.shutdown();
    await told(machine, writer, "the writer");
    expect(codeOf(() => client.write(bytesOf("x")))).toBe("EPIPE");
  });

  law("what was taken before shutdown arrives, and then the end", (machine) => lastBytes(machine, "shutdown"));

  law("what was taken before close arrives, and then the end", (machine) => lastBytes(machine, "close"));

  const lastBytes = async (machine: Machine, how: "shutdown" | "close"): Promise<void> => {
    const { client, server } = await pair(machine);
    let taken = 0;
    for (let more = 1; more > 0 && taken < 8 * mebibyte; taken += more) more = client.write(pattern(taken, 50_000));
    client[how]();
    let position = 0;
    for (;;) {
      const bytes = await received(machine, server);
      if (bytes.length === 0) break;
      expect(misplaced(bytes, position)).toBe(-1);
      position += bytes.length;
    }
    expect(position).toBe(taken);
  };

  law("writing to a peer that has closed ends in EPIPE or ECONNRESET", async (machine) => {
    const { client, server } = await pair(machine);
    server.close();
    expect(["EPIPE", "ECONNRESET"]).toContain(await failure(machine, client));
  });

  law("writing to a peer that does not read would block after less than 16 MiB, until it reads", async (machine) => {
    await blocked(machine);
  });

  law("over a Unix socket, writing to a peer that does not read would block, until it reads", async (machine, skip) => {
    await blocked(machine, unixAt(bench, skip));
  });

  const blocked = async (machine: Machine, at?: Address): Promise<void> => {
    const { client, server } = await pair(machine, at);
    const total = await filled(machine, client, 16 * mebibyte);
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThan(16 * mebibyte);
    await receivedAll(machine, server, total);
    await ready(machine, client, "write");
    await sent(machine, client, bytesOf("on"));
    expect(text(await receivedAll(machine, server, 2))).toBe("on");
  };

  law("4 MiB in random sizes arrive whole and in order", async (machine) => {
    const { client, server } = await pair(machine);
    const size = sizes(1);
    const total = 4 * mebibyte;
    let [written, read] = [0, 0];
    while (read < total) {
      const offered = pattern(written, Math.min(size(100_000), total - written));
      const taken = offered.length === 0 ? 0 : client.write(offered);
      expect(taken).toBeLessThanOrEqual(offered.length);
      written += taken;
      const bytes = server.read(size(100_000));
      if (bytes !== null) {
        expect(misplaced(bytes, read)).toBe(-1);
        read += bytes.length;
      } else if (taken === 0) {
        await ready(machine, server, "read");
      }
    }
    expect(written).toBe(total);
    expect(server.read(1)).toBeNull();
  });

  law("the counters say how many bytes were taken and given", async (machine) => {
    const { client, server } = await pair(machine);
    await sent(machine, client, pattern(0, 70_000));
    await receivedAll(machine, server, 60_000);
    await sent(machine, server, bytesOf("ok"));
    expect([client.bytesRead, client.bytesWritten]).toEqual([0, 70_000]);
    expect([server.bytesRead, server.bytesWritten]).toEqual([60_000, 2]);
    await receivedAll(machine, server, 10_000);
    await receivedAll(machine, client, 2);
    expect([client.bytesRead, server.bytesRead]).toEqual([2, 70_000]);
  });
}

/** The code that writing ends in; "" if it goes on for a second. */
async function failure(machine: Machine, connection: Connection): Promise<unknown> {
  try {
    for (let tries = 0; tries < 20; tries += 1) {
      connection.write(bytesOf("anybody?"));
      await pass(machine);
    }
    return "";
  } catch (error) {
    return codeIn(error);
  }
}

/** Sizes from 1 to `most`, the same in every run. */
function sizes(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return 1 + (state % most);
  };
}
