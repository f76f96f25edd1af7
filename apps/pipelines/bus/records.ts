// Events to dictionaries: each element of a name becomes a record of the texts of its children. Bounded in fields and in
// text. A coroutine is the state of it: where it waits is what it expects next.

import { SyscallError } from "../../../kernel/errors.ts";
import { type Body, type Coroutine, coroutine } from "../coroutines.ts";
import type { XmlEvent } from "./events.ts";

/** A Map, because names come from outside: `__proto__` is one like any other. */
export type XmlRecord = ReadonlyMap<string, string>;

/** Bounds of a record. */
export interface RecordLimits {
  /** Default 64. */
  readonly maxFields?: number;
  /** Characters of a field's text. Default 4,096. */
  readonly maxText?: number;
}

/**
 * Sends a record for each element of that name to a target. Elements within a field add to its text.
 * @throws EMSGSIZE out of `send` for a record beyond a limit
 */
export const records: (name: string, target: Coroutine<XmlRecord>, limits?: RecordLimits) => Coroutine<XmlEvent> =
  coroutine(function* records(name: string, target: Coroutine<XmlRecord>, limits: RecordLimits = {}): Body<XmlEvent> {
    try {
      for (;;) {
        const event = yield;
        if (event.kind !== "start" || event.name !== name) continue;
        if (!target.send(yield* record(name, limits))) return;
      }
    } finally {
      target.close();
    }
  });

// Up to the end of the element.
function* record(
  name: string,
  { maxFields = 64, maxText = 4_096 }: RecordLimits,
): Generator<undefined, XmlRecord, XmlEvent> {
  const fields = new Map<string, string>();
  for (let event = yield; event.kind !== "end"; event = yield) {
    if (event.kind === "text") continue; // the blanks between fields
    const text = yield* textOf(event.name, maxText);
    fields.set(event.name, text);
    if (fields.size > maxFields) throw new SyscallError("EMSGSIZE", `a <${name}> has more than ${maxFields} fields`);
  }
  return fields;
}

function* textOf(name: string, maxText: number): Generator<undefined, string, XmlEvent> {
  let text = "";
  for (let depth = 1; depth > 0; ) {
    const event = yield;
    if (event.kind === "text") text += event.text;
    else depth += event.kind === "start" ? 1 : -1;
    if (text.length > maxText) throw new SyscallError("EMSGSIZE", `a <${name}> has more than ${maxText} characters`);
  }
  return text.trim();
}
