// Laws of closing, owners and broken connections.

import type { Closable, Connection, Machine, Owner } from "../../../kernel/machine/machine.ts";
import {
  accepted,
  type Bench,
  bytesOf,
  codeIn,
  codeOf,
  connected,
  filled,
  listening,
  pair,
  pass,
  received,
  receivedAll,
  type Skip,
  sent,
  Told,
  text,
  told,
} from "./bench.ts";

export function closingLaws(bench: Bench): void {
  const { law, expect } = bench;

  law("closing wakes both watchers with EBADF, once", async (machine) => {
    const { client, listener } = await pair(machine);
    await filled(machine, client, 2 ** 24);
    const watchers = [new Told(), new Told(), new Told()] as const;
    client.watch("read", watchers[0]);
    client.watch("write", watchers[1]);
    listener.watch("read", watchers[2]);
    client.close();
    listener.close();
    await pass(machine);
    expect(watchers.map((watcher) => [watcher.count, codeIn(watcher.error)])).toEqual(watchers.map(() => [1, "EBADF"]));
  });

  law("whatever is done to a closed endpoint is EBADF", async (machine) => {
    const { client, listener } = await pair(machine);
    client.close();
    listener.close();
    const watcher = new Told();
    for (const interest of ["read", "write"] as const) {
      expect(codeOf(() => client.watch(interest, watcher))).toBe("EBADF");
      expect(codeOf(() => listener.watch(interest, watcher))).toBe("EBADF");
      client.unwatch(interest, watcher);
    }
    expect(codeOf(() => client.read(1))).toBe("EBADF");
    expect(codeOf(() => client.write(bytesOf("x")))).toBe("EBADF");
    expect(codeOf(() => listener.accept())).toBe("EBADF");
    expect([client.closed, listener.closed, watcher.count]).toEqual([true, true, 0]);
  });

  law("closing twice is once, and the owner is told once", async (machine) => {
    const { client, server, listener } = await pair(machine);
    const gone: Closable[] = [];
    const owner: Owner = { disown: (endpoint) => gone.push(endpoint) };
    for (const endpoint of [client, server, listener]) {
      expect(endpoint.closed).toBe(false);
      endpoint.owner = owner;
      endpoint.close();
      endpoint.close();
    }
    await pass(machine);
    expect(gone).toEqual([client, server, listener]);
  });

  law("closing while opening is quiet, and wakes whoever waits for it", async (machine) => {
    const listener = await listening(machine);
    const opening = [machine.connect(listener.address), machine.listen({ port: 0 })];
    const watchers = opening.map((endpoint) => {
      const watcher = new Told();
      endpoint.watch("read", watcher);
      endpoint.close();
      return watcher;
    });
    await pass(machine);
    expect(watchers.map((watcher) => [watcher.count, codeIn(watcher.error)])).toEqual([
      [1, "EBADF"],
      [1, "EBADF"],
    ]);
  });

  law("a closed connection is the end for its peer", async (machine) => {
    const { client, server } = await pair(machine);
    const reader = new Told();
    server.watch("read", reader);
    client.close();
    await told(machine, reader, "the peer");
    expect(await received(machine, server)).toHaveLength(0);
  });

  law("closing a listener leaves accepted connections alone, and ends those that waited", async (machine) => {
    const { listener, client, server } = await pair(machine);
    const waiting = await connected(machine, listener.address);
    await pass(machine);
    listener.close();
    expect(await lastOf(machine, waiting)).toBe("over");
    await sent(machine, client, bytesOf("still here"));
    expect(text(await receivedAll(machine, server, 10))).toBe("still here");
  });

  law("closing the machine closes every endpoint that is left", async (machine) => {
    const { listener, client, server } = await pair(machine);
    await connected(machine, listener.address);
    const watcher = new Told();
    server.watch("read", watcher);
    machine.close();
    expect([listener.closed, client.closed, server.closed]).toEqual([true, true, true]);
    expect([watcher.count, codeIn(watcher.error)]).toEqual([1, "EBADF"]);
  });

  resetLaws(bench);
}

function resetLaws({ law, expect, options }: Bench): void {
  const broken = async (machine: Machine, skip: Skip): Promise<{ client: Connection; server: Connection }> => {
    if (options.reset === undefined) skip("the options say not how to reset a connection");
    return pair(machine);
  };

  law("a reset is told to a reader that waits, and read then throws ECONNRESET", async (machine, skip) => {
    const { client, server } = await broken(machine, skip);
    const reader = new Told();
    client.watch("read", reader);
    options.reset?.(server);
    await told(machine, reader, "the reader");
    expect(codeOf(() => client.read(1))).toBe("ECONNRESET");
    expect(["ECONNRESET", "EPIPE"]).toContain(codeOf(() => client.write(bytesOf("x"))));
    client.close();
  });

  law("a reset is told to a writer that waits, and write then throws ECONNRESET or EPIPE", async (machine, skip) => {
    const { client, server } = await broken(machine, skip);
    await filled(machine, client, 2 ** 24);
    const writer = new Told();
    client.watch("write", writer);
    options.reset?.(server);
    await told(machine, writer, "the writer");
    expect(["ECONNRESET", "EPIPE"]).toContain(codeOf(() => client.write(bytesOf("x"))));
  });

  law("a reset that comes while nobody watches is not lost", async (machine, skip) => {
    const { client, server } = await broken(machine, skip);
    options.reset?.(server);
    await pass(machine);
    const reader = new Told();
    client.watch("read", reader);
    expect(reader.count).toBe(1);
    expect(codeOf(() => client.read(1))).toBe("ECONNRESET");
  });

  law("a reset after a half-close breaks that connection and nothing else", async (machine, skip) => {
    const { client, server } = await broken(machine, skip);
    client.shutdown();
    expect(await received(machine, server)).toHaveLength(0);
    options.reset?.(server);
    expect(await lastOf(machine, client)).toBe("over");
    client.close();
    const other = await pair(machine);
    await sent(machine, other.client, bytesOf("alive"));
    expect(text(await receivedAll(machine, other.server, 5))).toBe("alive");
  });

  law("a connection that was reset while it waited to be accepted harms nobody", async (machine, skip) => {
    const listener = await listening(machine);
    const client = await connected(machine, listener.address);
    if (options.reset === undefined) skip("the options say not how to reset a connection");
    await pass(machine);
    options.reset?.(client);
    await pass(machine);
    const next = await connected(machine, listener.address);
    let end = await accepted(machine, listener);
    // Some systems take what was reset out of the queue, others hand it over broken.
    if (end.peer !== next.local) {
      expect(await lastOf(machine, end)).toBe("over");
      end = await accepted(machine, listener);
    }
    await sent(machine, next, bytesOf("alive"));
    expect(text(await receivedAll(machine, end, 5))).toBe("alive");
  });
}

/** "over" when the next read is the end or ECONNRESET, else what it was. */
async function lastOf(machine: Machine, connection: Connection): Promise<unknown> {
  try {
    const bytes = await received(machine, connection);
    return bytes.length === 0 ? "over" : bytes;
  } catch (error) {
    return codeIn(error) === "ECONNRESET" ? "over" : error;
  }
}
