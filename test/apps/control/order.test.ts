// Parts of an order are those of the whole: what a quickselect leaves in a window is what a stable sort has there.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Order } from "../../../apps/control/agent/order.ts";
import { rowWith } from "./row.ts";

test("a window of an order is the same part of a stable sort, whatever is in it", () => {
  const measured = fc.option(fc.integer({ min: 0, max: 20 }));
  fc.assert(
    fc.property(
      fc.array(measured, { maxLength: 300 }),
      fc.boolean(),
      fc.nat(300),
      fc.nat(60),
      (all, isInverted, from, length) => {
        const rows = all.map((maxMs, place) => rowWith({ tid: place + 1, maxMs }));
        const sign = isInverted ? 1 : -1;
        const sorted = [...rows].sort((one, other) => {
          if (one.maxMs === other.maxMs) return one.tid - other.tid;
          if (one.maxMs === null) return 1;
          return other.maxMs === null ? -1 : sign * (one.maxMs - other.maxMs);
        });
        const order = new Order(rows, "max", isInverted);
        expect(order.slice(from, from + length)).toEqual(sorted.slice(from, from + length));
        for (const place of [0, rows.length - 1].filter((each) => each >= 0 && each < rows.length)) {
          expect(sorted[order.rankOf(place)]).toBe(rows[place]);
        }
      },
    ),
  );
});

test("text in its order, what is not known last, whichever way", () => {
  const rows = ["b", "", "a"].map((object, place) =>
    rowWith({ tid: place + 1, verb: object === "" ? "" : "read", object }),
  );
  const tids = (isInverted: boolean): number[] =>
    new Order(rows, "waiting", isInverted).slice(0, 3).map(({ tid }) => tid);
  expect([tids(false), tids(true)]).toEqual([
    [3, 1, 2],
    [1, 3, 2],
  ]);
});
