// Every case of cases.json, through every framing that can carry it, whole, one byte at a time, and cut at random.
// On lines a case may hold line feeds, which are white space there; one that begins like no text of JSON-RPC comes after
// a line feed, since the first byte of a connection says how it talks.

import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Framing } from "../../../apps/rpc/framing.ts";
import type { Mode } from "../../../apps/rpc/messages.ts";
import { answers, byteByByte, cut, framed, framings, PureServer } from "./pure-server.ts";

interface Case {
  readonly name: string;
  readonly send: string;
  /** The reply; null: none. */
  readonly expect: unknown;
  /** Other replies that will do. */
  readonly alt?: readonly unknown[];
  /** How the reply's id must be spelled; and how it may be. */
  readonly expectRaw?: string;
  readonly altRaw?: string;
  readonly transport?: "framed" | "framed-or-stream";
  readonly mode?: "strict" | "seed";
}

const cases: readonly Case[] = JSON.parse(readFileSync(new URL("cases.json", import.meta.url), "utf8"));

/** Where we take another reply than the first: this id goes back as it came. */
const others: ReadonlyMap<string, string> = new Map([
  ["id-1e400", '{"jsonrpc":"2.0","result":["hello",5],"id":1e400}'],
]);

function modesOf({ mode }: Case): Mode[] {
  return mode === undefined ? ["strict", "lenient"] : [mode === "seed" ? "lenient" : "strict"];
}

function carries(framing: Framing, { transport }: Case): boolean {
  return framing !== "lines" || transport !== "framed";
}

function sent(framing: Framing, { send }: Case): Buffer {
  return framed(framing, framing === "lines" && !/^[{[ \t\r\n]/.test(send) ? `\n${send}` : send);
}

function check(of: Case, replies: readonly string[]): void {
  const other = others.get(of.name);
  if (other !== undefined) {
    expect(replies).toEqual([other]);
    return;
  }
  expect(replies.map((reply) => JSON.parse(reply))).toEqual(of.expect === null ? [] : [of.expect]);
  if (of.expectRaw !== undefined) expect(replies[0]).toContain(`"id":${of.expectRaw}}`);
}

const next = '{"jsonrpc":"2.0","method":"foo","id":"next"}';
const nextReply = '{"jsonrpc":"2.0","result":"ok","id":"next"}';

describe.each(framings)("over %s", (framing) => {
  const carried = cases.filter((of) => carries(framing, of));

  it.each(carried.map((of) => [of.name, of] as const))("%s", (_name, of) => {
    for (const mode of modesOf(of)) {
      const bytes = Buffer.concat([sent(framing, of), framed(framing, next)]); // pairs for the table
      for (const packets of [[bytes], byteByByte(bytes)]) {
        const replies = answers(new PureServer(mode), framing, packets);
        // Whatever it was, the next one is served.
        expect(replies.pop()).toBe(nextReply);
        check(of, replies);
      }
    }
  });

  it("all of them on one connection, cut anywhere", () => {
    const strict = carried.filter((of) => of.mode !== "seed");
    const bytes = Buffer.concat(strict.map((of) => sent(framing, of)));
    const whole = answers(new PureServer(), framing, [bytes]);
    expect(whole.length).toBe(strict.filter((of) => of.expect !== null).length);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 300 }), (places) => {
        expect(answers(new PureServer(), framing, cut(bytes, places))).toEqual(whole);
      }),
    );
  });
});

describe("the file", () => {
  it("each of its cases is carried by two framings at least, and names are told apart", () => {
    expect(cases.length).toBeGreaterThan(80);
    for (const of of cases) expect(framings.filter((framing) => carries(framing, of)).length).toBeGreaterThan(1);
    expect(new Set(cases.map((of) => of.name)).size).toBe(cases.length);
  });

  it("a reply that is another than the first is one that the file allows", () => {
    for (const [name, reply] of others) {
      const of = cases.find((each) => each.name === name);
      expect(of?.altRaw).toBeDefined();
      expect(reply).toContain(`"id":${of?.altRaw}}`);
    }
  });
});
