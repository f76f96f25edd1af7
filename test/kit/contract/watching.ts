// Laws of readiness: who is told, when, and how often.

import {
  type Bench,
  bytesOf,
  codeOf,
  connected,
  filled,
  listening,
  pair,
  pass,
  ready,
  receivedAll,
  sent,
  Told,
  told,
} from "./bench.ts";

export function watchLaws(bench: Bench): void {
  const { law, expect } = bench;

  law("a direction that is ready already tells its watcher at once, inside watch", async (machine) => {
    const { client, server } = await pair(machine);
    await sent(machine, client, bytesOf("x"));
    await ready(machine, server, "read");
    const [reader, writer] = [new Told(), new Told()];
    server.watch("read", reader);
    server.watch("write", writer);
    expect([reader.count, writer.count]).toEqual([1, 1]);
    expect([reader.error, writer.error]).toEqual([undefined, undefined]);
  });

  law("who waits is known while it does, and what is open is listed until it is closed", async (machine) => {
    const { client, server } = await pair(machine);
    const reader = new Told();
    server.watch("read", reader);
    if (server.waiting !== undefined) {
      expect([server.waiting("read"), server.waiting("write")]).toEqual([reader, undefined]);
    }
    await sent(machine, client, bytesOf("x"));
    await pass(machine);
    expect([reader.count, server.waiting?.("read")]).toEqual([1, undefined]);
    const isListed = (): boolean => new Set<unknown>(machine.endpoints?.() ?? []).has(server);
    const wasListed = isListed();
    const descriptors = [client.fd ?? -1, server.fd ?? -1].filter((fd) => fd >= 0);
    expect(new Set(descriptors).size).toBe(descriptors.length);
    server.close();
    expect([wasListed, isListed()]).toEqual([machine.endpoints !== undefined, false]);
  });

  law("a watcher is told once, however much happens", async (machine) => {
    const { client, server } = await pair(machine);
    const reader = new Told();
    server.watch("read", reader);
    for (let more = 0; more < 3; more += 1) {
      await sent(machine, client, bytesOf("more"));
      await pass(machine, 10);
    }
    expect(reader.count).toBe(1);
  });

  law("an event that comes while nobody watches is not lost", async (machine) => {
    const { client, server } = await pair(machine);
    await sent(machine, client, bytesOf("x"));
    await pass(machine);
    const reader = new Told();
    server.watch("read", reader);
    expect(reader.count).toBe(1);
    expect(server.read(10)).toHaveLength(1);
    client.shutdown();
    await pass(machine);
    await ready(machine, server, "read");
    expect(server.read(10)).toHaveLength(0);
  });

  law("a connection that comes while nobody watches is not lost", async (machine) => {
    const listener = await listening(machine);
    await connected(machine, listener.address);
    await pass(machine);
    await ready(machine, listener, "read");
    expect(listener.accept()).not.toBeNull();
  });

  law("a second watcher of a direction gets EBUSY, and the first is still told", async (machine) => {
    const { client, server, listener } = await pair(machine);
    const [first, second] = [new Told(), new Told()];
    server.watch("read", first);
    expect(codeOf(() => server.watch("read", second))).toBe("EBUSY");
    listener.watch("read", second);
    expect(codeOf(() => listener.watch("read", first))).toBe("EBUSY");
    await sent(machine, client, bytesOf("x"));
    await told(machine, first, "the first watcher");
    expect(second.count).toBe(0);
  });

  law("the watchers of the two directions are independent", async (machine) => {
    const { client, server } = await pair(machine);
    const total = await filled(machine, client, 2 ** 24);
    const [reader, writer] = [new Told(), new Told()];
    client.watch("read", reader);
    client.watch("write", writer);
    await sent(machine, server, bytesOf("x"));
    await told(machine, reader, "the reader");
    expect(writer.count).toBe(0);
    client.read(1);
    const again = new Told();
    client.watch("read", again);
    await receivedAll(machine, server, total);
    await told(machine, writer, "the writer");
    expect(again.count).toBe(0);
  });

  law("who was taken back is not told", async (machine) => {
    const { client, server } = await pair(machine);
    const reader = new Told();
    server.watch("read", reader);
    server.unwatch("read", reader);
    await sent(machine, client, bytesOf("x"));
    await pass(machine);
    expect(reader.count).toBe(0);
    expect(server.read(1)).toHaveLength(1);
  });

  law("taking back whoever does not watch there does nothing", async (machine) => {
    const { client, server } = await pair(machine);
    const [reader, stranger] = [new Told(), new Told()];
    server.unwatch("read", stranger);
    server.watch("read", reader);
    server.unwatch("read", stranger);
    server.unwatch("write", reader);
    await sent(machine, client, bytesOf("x"));
    await told(machine, reader, "the reader");
    server.unwatch("read", reader);
    expect([reader.count, stranger.count]).toEqual([1, 0]);
  });

  law("a place taken back can be taken by another", async (machine) => {
    const { client, server } = await pair(machine);
    const [first, second] = [new Told(), new Told()];
    server.watch("read", first);
    server.unwatch("read", first);
    server.watch("read", second);
    await sent(machine, client, bytesOf("x"));
    await told(machine, second, "the second watcher");
    expect(first.count).toBe(0);
  });

  law("a watcher may watch again from inside ready", async (machine) => {
    const { client, server } = await pair(machine);
    const later = new Told();
    const eager = new Told();
    eager.ready = (error) => {
      Told.prototype.ready.call(eager, error);
      server.read(100);
      server.watch("read", later);
    };
    server.watch("read", eager);
    await sent(machine, client, bytesOf("one"));
    await told(machine, eager, "the first watcher");
    expect(later.count).toBe(0);
    await sent(machine, client, bytesOf("two"));
    await told(machine, later, "the second watcher");
    expect(eager.count).toBe(1);
  });
}
