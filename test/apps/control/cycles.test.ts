// Cycles of tasks that wait for each other: all of them, by a count from scratch, and in a time that does not explode.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cyclesIn, type Edges, stuckIn } from "../../../apps/control/agent/cycles.ts";

const nobody = (): boolean => false;
const edgesOf = (...waits: readonly (readonly [number, ...number[]])[]): Edges =>
  new Map(waits.map(([tid, ...holders]) => [tid, holders]));
const cycles = (edges: Edges): (readonly number[])[] => cyclesIn(edges, stuckIn(edges, nobody)).map(({ ring }) => ring);

describe("a cycle is found", () => {
  test.each<[string, Edges, number[][]]>([
    ["of two", edgesOf([31, 32], [32, 31]), [[31, 32]]],
    ["of one with itself", edgesOf([5, 5]), [[5]]],
    [
      "and another beside it",
      edgesOf([1, 2], [2, 1], [7, 8], [8, 9], [9, 7]),
      [
        [1, 2],
        [7, 8, 9],
      ],
    ],
    ["and who waits for it is not in it", edgesOf([1, 2], [2, 1], [3, 1], [4, 3]), [[1, 2]]],
    ["but not one that a running task can end", edgesOf([1, 2], [2, 1, 9]), []],
    ["but not one whose way out leads through others", edgesOf([1, 2], [2, 1, 3], [3, 4]), []],
    ["the shortest first where there are several ways", edgesOf([1, 2, 3], [2, 3], [3, 1]), [[1, 3]]],
  ])("%s", (_, edges, rings) => {
    expect(cycles(edges)).toEqual(rings);
  });

  test("with everybody who is in it", () => {
    const edges = edgesOf([1, 2, 3], [2, 3], [3, 1]);
    expect(cyclesIn(edges, stuckIn(edges, nobody))[0]?.tids).toEqual([1, 3, 2]);
  });
});

describe("of any waits", () => {
  const waits = fc.array(fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 3 }), { minLength: 8, maxLength: 8 });
  const graph = (all: readonly number[][]): Edges =>
    new Map(all.map((holders, place) => [place + 1, [...new Set(holders)]]));

  test("who is stuck is what is left when all that can go on have gone", () => {
    fc.assert(
      fc.property(waits, fc.array(fc.integer({ min: 1, max: 8 })), (all, free) => {
        const edges = graph(all);
        const isFree = (tid: number): boolean => free.includes(tid);
        const left = new Set(
          [...edges].filter(([tid, holders]) => holders.length > 0 && !isFree(tid)).map(([tid]) => tid),
        );
        for (let size = -1; size !== left.size; ) {
          size = left.size;
          for (const tid of left) if (edges.get(tid)?.some((holder) => !left.has(holder))) left.delete(tid);
        }
        expect(stuckIn(edges, isFree)).toEqual(left);
      }),
    );
  });

  test("two are in one cycle when each can be reached from the other", () => {
    fc.assert(
      fc.property(waits, (all) => {
        const edges = graph(all);
        const stuck = stuckIn(edges, nobody);
        const found = cyclesIn(edges, stuck);
        const reach = (from: number): Set<number> => {
          const reached = new Set<number>();
          const open = [from];
          for (let tid = open.pop(); tid !== undefined; tid = open.pop()) {
            for (const holder of edges.get(tid) ?? []) {
              if (!stuck.has(holder) || reached.has(holder)) continue;
              reached.add(holder);
              open.push(holder);
            }
          }
          return reached;
        };
        const reached = new Map([...stuck].map((tid) => [tid, reach(tid)]));
        for (const one of stuck) {
          const own = found.find(({ tids }) => tids.includes(one));
          expect(own !== undefined).toBe(reached.get(one)?.has(one) === true);
          for (const other of stuck) {
            const isTogether = reached.get(one)?.has(other) === true && reached.get(other)?.has(one) === true;
            if (one !== other) expect(own?.tids.includes(other) === true).toBe(isTogether);
          }
        }
        for (const { ring } of found) {
          for (const [place, tid] of ring.entries()) expect(edges.get(tid)).toContain(ring[(place + 1) % ring.length]);
        }
      }),
    );
  });

  test("a ring of 100,000 and a chain of 100,000 overflow nothing", () => {
    const ring = new Map(Array.from({ length: 100_000 }, (_, place) => [place + 1, [((place + 1) % 100_000) + 1]]));
    expect(cyclesIn(ring, stuckIn(ring, nobody))[0]?.ring).toHaveLength(100_000);
    const chain = new Map(Array.from({ length: 100_000 }, (_, place) => [place + 1, [place + 2]]));
    expect(stuckIn(chain, nobody).size).toBe(0);
  });
});
