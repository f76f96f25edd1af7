// Laws of listening, connecting and accepting.

import type { Address, Machine } from "../../../kernel/machine/machine.ts";
import {
  accepted,
  type Bench,
  bytesOf,
  codeOf,
  connected,
  ipv6At,
  listening,
  pair,
  ready,
  received,
  receivedAll,
  sent,
  text,
  unixAt,
} from "./bench.ts";

export function openingLaws(bench: Bench): void {
  const { law, expect } = bench;

  const carries = async (machine: Machine, at?: Address): Promise<void> => {
    const { client, server } = await pair(machine, at);
    await sent(machine, client, bytesOf("ping"));
    expect(text(await receivedAll(machine, server, 4))).toBe("ping");
    await sent(machine, server, bytesOf("pong!"));
    expect(text(await receivedAll(machine, client, 5))).toBe("pong!");
  };

  law("listening on port 0 gets a real port, on 127.0.0.1 where no host is named", async (machine) => {
    const { address } = await listening(machine);
    expect(address).toMatchObject({ port: expect.any(Number) });
    if (!("port" in address)) return;
    expect(address.port).toBeGreaterThan(0);
    expect(address.host ?? "127.0.0.1").toBe("127.0.0.1");
  });

  law("a connection carries bytes both ways", (machine) => carries(machine));

  law("a connection over IPv6 carries bytes both ways", async (machine, skip) => {
    await carries(machine, await ipv6At(bench, machine, skip));
  });

  law("a connection over a Unix socket carries bytes both ways", async (machine, skip) => {
    await carries(machine, unixAt(bench, skip));
  });

  law("each end names itself and the other", async (machine) => {
    const { client, server } = await pair(machine);
    expect(client.local).not.toBe("");
    expect(client.local).toBe(server.peer);
    expect(client.peer).toBe(server.local);
    expect(server.label).toContain(client.local);
  });

  law("a listener is readable when a connection waits, and accepts in the order of arrival", async (machine) => {
    const listener = await listening(machine);
    expect(listener.accept()).toBeNull();
    const first = await connected(machine, listener.address);
    await ready(machine, listener, "read");
    const second = await connected(machine, listener.address);
    const firstEnd = await accepted(machine, listener);
    const secondEnd = await accepted(machine, listener);
    expect([firstEnd.peer, secondEnd.peer]).toEqual([first.local, second.local]);
    expect(listener.accept()).toBeNull();
  });

  const takenTwice = async (machine: Machine, at?: Address): Promise<void> => {
    const first = await listening(machine, at);
    const second = machine.listen(first.address);
    await ready(machine, second, "write");
    expect(codeOf(() => second.check())).toBe("EADDRINUSE");
    second.close();
    const client = await connected(machine, first.address);
    await sent(machine, client, bytesOf("still here"));
    // Whoever found a Unix path taken may have asked whether somebody is alive: a connection that ends at once.
    let words = "";
    while (words === "") words = text(await received(machine, await accepted(machine, first)));
    expect(words).toBe("still here");
  };

  law("a taken port is EADDRINUSE at the second listener's check, and the first is untouched", (machine) =>
    takenTwice(machine),
  );

  law("a taken Unix path is EADDRINUSE at the second listener's check, and the first is untouched", (machine, skip) =>
    takenTwice(machine, unixAt(bench, skip)),
  );

  const freedAgain = async (machine: Machine, at?: Address): Promise<void> => {
    const { listener, client, server } = await pair(machine, at);
    const { address } = listener;
    for (const endpoint of [listener, server, client]) endpoint.close();
    await carries(machine, address);
  };

  law("a port is free again once its listener is closed", (machine) => freedAgain(machine));

  law("a Unix path is free again once its listener is closed", (machine, skip) =>
    freedAgain(machine, unixAt(bench, skip)),
  );

  const failsWith = async (machine: Machine, to: Address, code: string): Promise<void> => {
    const connection = machine.connect(to);
    await ready(machine, connection, "write");
    expect(codeOf(() => connection.check())).toBe(code);
    expect(codeOf(() => connection.read(1))).toBe(code);
    expect(codeOf(() => connection.write(bytesOf("x")))).toBe(code);
    connection.close();
  };

  law("connecting where nobody listens is ECONNREFUSED, at check, read and write", async (machine) => {
    const listener = await listening(machine);
    const { address } = listener;
    listener.close();
    await failsWith(machine, address, "ECONNREFUSED");
  });

  law("connecting to a path that does not exist is ENOENT, at check, read and write", async (machine, skip) => {
    await failsWith(machine, unixAt(bench, skip), "ENOENT");
  });

  law("addresses that cannot be are refused at once", (machine) => {
    const long = { path: "x".repeat(5_000) };
    const never: readonly Address[] = [
      { port: -1 },
      { port: 65_536 },
      { port: 1.5 },
      { port: Number.NaN },
      { path: "" },
      { host: "", port: 0 },
    ];
    for (const address of [7_000, "localhost:7000", null] as unknown as Address[]) {
      // as JavaScript might
      expect(() => machine.listen(address)).toThrow("an address is {port, host?} or {path}, not ");
      expect(() => machine.connect(address)).toThrow("an address is {port, host?} or {path}, not ");
    }
    for (const address of never) {
      expect([address, codeOf(() => machine.listen(address))]).toEqual([address, "EINVAL"]);
      expect([address, codeOf(() => machine.connect(address))]).toEqual([address, "EINVAL"]);
    }
    expect(codeOf(() => machine.listen(long))).toBe("ENAMETOOLONG");
    expect(codeOf(() => machine.connect(long))).toBe("ENAMETOOLONG");
  });
}
