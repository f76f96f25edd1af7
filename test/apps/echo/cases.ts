// The table of JSON-RPC cases, and how an answer is held against it. See the note of each case in cases.json.

import { readFileSync } from "node:fs";
import type { Framing } from "./wire.ts";

export interface Case {
  readonly name: string;
  /** One message. */
  readonly send: string;
  /** The reply, parsed; null: none. In a batch the order is free. */
  readonly expect: unknown;
  /** Other replies that would do. */
  readonly alt?: readonly unknown[];
  /** A token of the reply's id, byte for byte. */
  readonly expectRaw?: string;
  /** As expectRaw, for a reply that JSON.parse cannot show. */
  readonly altRaw?: string;
  readonly mode?: "seed" | "strict";
  readonly transport?: "framed" | "framed-or-stream";
}

export const cases: readonly Case[] = JSON.parse(readFileSync(new URL("../rpc/cases.json", import.meta.url), "utf8"));

export function modeOf({ mode }: Case): "strict" | "lenient" {
  return mode === "seed" ? "lenient" : "strict";
}

/** False where a bare stream cannot carry the case. */
export function canCarry(framing: Framing, { transport }: Case): boolean {
  return framing !== "lines" || transport !== "framed";
}

/** What is wrong with the replies that came; undefined: nothing. */
export function fault(given: Case, replies: readonly string[]): string | undefined {
  const said = `${given.name}: ${JSON.stringify(given.send)} was answered with ${JSON.stringify(replies)}`;
  if (replies.length > 1) return said;
  const [reply] = replies;
  if (reply === undefined) return given.expect === null ? undefined : said;
  const isRaw = given.altRaw !== undefined && idToken(reply) === given.altRaw;
  if (given.expectRaw !== undefined && idToken(reply) !== given.expectRaw) return said;
  const parsed = canonical(JSON.parse(reply));
  const isRight = [given.expect, ...(given.alt ?? [])].some((right) => right !== null && canonical(right) === parsed);
  return isRight || isRaw ? undefined : said;
}

function idToken(reply: string): string | undefined {
  return /"id":([^{}[\]",]+)\}$/.exec(reply)?.[1];
}

/** Text that is equal for equal values, whatever the order of members, and of the replies of a batch with other ids. */
function canonical(value: unknown): string {
  if (!Array.isArray(value)) return sorted(value);
  const byId = value.map((reply, place) => ({ id: sorted(reply?.id ?? null), place, text: sorted(reply) }));
  // Two with one id keep their order: nothing else tells them apart.
  byId.sort((one, other) => (one.id === other.id ? one.place - other.place : one.id < other.id ? -1 : 1));
  return `[${byId.map(({ text }) => text).join()}]`;
}

function sorted(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(sorted).join()}]`;
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${sorted(member)}`);
  return `{${members.sort().join()}}`;
}
