// One client's flood is served in slices: whoever else asks for something is answered in between.

import { describe, expect, test } from "vitest";
import { methodTable } from "../../../apps/rpc/index.ts";
import { frame, framings, request } from "./wire.ts";
import { world } from "./world.ts";

/** Messages handled before one that came with them, at most. */
const most = 64;

describe("beside a client that sends", () => {
  const note = request("flood");
  const floods: readonly (readonly [what: string, bytes: (framing: (typeof framings)[number]) => Buffer])[] = [
    ["10,000 notifications in one packet", (framing) => Buffer.concat(Array(10_000).fill(frame(framing, note)))],
    [
      "10,000 requests in one packet",
      (framing) => Buffer.concat(Array(10_000).fill(frame(framing, request("flood", [], 1)))),
    ],
    [
      "10,000 responses in one packet",
      (framing) => Buffer.concat(Array(10_000).fill(frame(framing, '{"jsonrpc":"2.0","result":1,"id":1}'))),
    ],
    ["10,000 broken texts in one packet", (framing) => Buffer.concat(Array(10_000).fill(frame(framing, "{]")))],
    ["a batch of 1,000", (framing) => frame(framing, `[${Array(1_000).fill(note).join()}]`)],
    ["a batch of 1,000 that are invalid", (framing) => frame(framing, `[${Array(1_000).fill("1").join()}]`)],
  ];

  test.each(floods.flatMap(([what, bytes]) => framings.map((framing) => [what, framing, bytes(framing)] as const)))(
    // a tuple
    "%s, over %s, another one is answered in between",
    (_, framing, bytes) => {
      const methods = methodTable({
        flood: () => null,
        /** How much was handled before it, of whomever. */
        probe: (_, { peer: { counters } }) =>
          counters.notifications + counters.requests + counters.refused + counters.strayResponses,
        sum: () => 42,
      });
      const { value } = world(
        function* (world) {
          const [client, other] = [yield* world.connect(framing), yield* world.connect()];
          yield* other.settled();
          yield* client.settled();
          yield* client.sendRaw(bytes);
          yield* other.send(request("probe", [], 1));
          const answer = yield* other.next();
          client.connection.close();
          return JSON.parse(answer ?? "").result;
        },
        { methods, capacityBytes: bytes.length + 1_000, latencyMs: [0.1, 0.1], checkEvery: 1_000 },
      );
      expect(value).toBeLessThan(most);
    },
  );
});
