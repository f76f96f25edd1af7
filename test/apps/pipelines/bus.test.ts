// XML to events to records, hostile XML included.

import { describe, expect, test } from "vitest";
import { type XmlEvent, XmlEvents, type XmlLimits } from "../../../apps/pipelines/bus/events.ts";
import { type RecordLimits, records } from "../../../apps/pipelines/bus/records.ts";
import { print, take } from "../../../apps/pipelines/push.ts";

const document =
  '<?xml version="1.0"?><!DOCTYPE buses><buses n="3"><bus><id>7</id><!-- x --><route>22</route><via>a <b>b</b> c</via></bus>' +
  "<bus><id><![CDATA[<8>]]></id><route/></bus><car><id>9</id></car><bus></bus></buses>";
const found = [{ id: "7", route: "22", via: "a b c" }, { id: "<8>", route: "" }, {}];

function eventsOf(pieces: Iterable<string>, limits?: XmlLimits): XmlEvent[] {
  const events = new XmlEvents("a.xml", limits);
  return [...[...pieces].flatMap((piece) => events.write(piece)), ...events.end()];
}

function recordsOf(events: Iterable<XmlEvent>, limits?: RecordLimits): Record<string, string>[] {
  const made: Record<string, string>[] = [];
  const sink = records(
    "bus",
    print((record) => made.push(Object.fromEntries(record))),
    limits,
  );
  for (const event of events) sink.send(event);
  sink.close();
  return made;
}

test("each element becomes a record, wherever the pieces of the document end", () => {
  for (let size = 1; size < 40; size++) {
    const pieces = Array.from({ length: Math.ceil(document.length / size) }, (_, at) =>
      document.slice(at * size, (at + 1) * size),
    );
    expect(recordsOf(eventsOf(pieces))).toEqual(found);
  }
});

test("a field by the name of a prototype is one like any other", () => {
  const made: unknown[] = [];
  const sink = records(
    "bus",
    print((record) => made.push([...record])),
  );
  for (const event of eventsOf(["<bus><__proto__>x</__proto__></bus>"])) sink.send(event);
  expect(made).toEqual([[["__proto__", "x"]]]);
});

test("who wants no more records is sent none, and that ends the parsing", () => {
  const made: unknown[] = [];
  const sink = records(
    "bus",
    take(
      1,
      print((record) => made.push(record)),
    ),
  );
  const wanted = eventsOf([document]).filter((event) => sink.send(event));
  expect(made.length).toBe(1);
  expect(wanted.length).toBeLessThan(20);
});

describe("hostile XML", () => {
  test.each([
    ["deep", "<a>".repeat(1_000), "EMSGSIZE", "more than 64 elements in each other"],
    ["a name without an end", `<${"a".repeat(100_000)}`, "EMSGSIZE", "without an end"],
    ["an attribute without an end", `<a b="${"a".repeat(100_000)}`, "EMSGSIZE", "without an end"],
    ["a comment without an end", `<a><!-- ${"a".repeat(100_000)}`, "EMSGSIZE", "without an end"],
    ["CDATA without an end", `<a><![CDATA[ ${"a".repeat(100_000)}`, "EMSGSIZE", "without an end"],
    ["not closed", "<bus><id>7</id>", "EPROTO", "<bus> is not closed"],
    ["closed in the wrong order", "<a><b>x</a></b>", "EPROTO", "<b> is not closed"],
  ])("%s is refused", (_how, text, code, message) => {
    const pieces = Array.from({ length: Math.ceil(text.length / 8_192) }, (_, at) =>
      text.slice(at * 8_192, (at + 1) * 8_192),
    );
    expect(() => eventsOf(pieces)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  test("text without an end is handed on in pieces, and is refused by who puts them together", () => {
    const events = new XmlEvents("a.xml");
    const sink = records(
      "bus",
      print(() => {}),
    );
    const feed = (text: string): void => {
      for (const event of events.write(text)) sink.send(event);
    };
    feed("<bus><id>");
    for (let n = 0; n < 4; n++) feed("x".repeat(1_000));
    expect(() => feed("x".repeat(1_000))).toThrow(expect.objectContaining({ code: "EMSGSIZE" }));
    expect(sink.isOver).toBe(true);
  });

  test("text outside of records does not add up", () => {
    const events = new XmlEvents("a.xml");
    let characters = 0;
    events.write("<a>");
    for (let n = 0; n < 100; n++) {
      for (const event of events.write("x".repeat(10_000))) if (event.kind === "text") characters += event.text.length;
    }
    expect(characters).toBeGreaterThan(980_000);
  });

  test("a record of too many fields is refused; entities of its own are not expanded", () => {
    const many = `<bus>${Array.from({ length: 65 }, (_, n) => `<f${n}>x</f${n}>`).join("")}</bus>`;
    expect(() => recordsOf(eventsOf([many]))).toThrow(expect.objectContaining({ code: "EMSGSIZE" }));
    const bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><bus><id>&b;</id></bus>';
    expect(recordsOf(eventsOf([bomb]))).toEqual([{ id: "&b;" }]);
  });
});
