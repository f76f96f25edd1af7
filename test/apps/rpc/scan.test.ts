// The scanner against JSON.parse: what the one accepts the other does, byte by byte, cut anywhere, whatever is broken.

import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ERROR, ID, JSONRPC, METHOD, PARAMS, RESULT, Scanner, type Verdict } from "../../../apps/rpc/scan.ts";
import { cut } from "./pure-server.ts";

const scanner = new Scanner();

function judge(text: string | Uint8Array, maxDepth = 128): Verdict {
  const bytes = Buffer.from(text);
  return scanner.whole(bytes, 0, bytes.length, maxDepth, 1000);
}

/** The value of a text, or undefined if it is none: JSON.parse after a decoder that refuses invalid UTF-8. */
function parsed(bytes: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)) };
  } catch {
    return undefined;
  }
}

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** Texts with any white space, and any way to write a string. */
const texts: fc.Arbitrary<string> = fc
  .tuple(fc.jsonValue({ depthSize: "medium", stringUnit: "binary" }), fc.constantFrom("", " ", "\n", "\t", " \r\n "))
  .map(([value, space]) => `${space}${JSON.stringify(value, null, space)}${space}`);

/** A text with some of its bytes replaced, removed or added; the bytes that mean something in JSON above all. */
const mutants: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    texts,
    fc.array(
      fc.record({
        at: fc.nat(),
        remove: fc.nat({ max: 2 }),
        add: fc.array(
          fc.oneof(
            fc.constantFrom(...Buffer.from('{}[]:,"\\/ \n\t0123456789+-.eEtruefalsnbdux')),
            fc.integer({ min: 0, max: 255 }),
          ),
          { maxLength: 2 },
        ),
      }),
      { maxLength: 3 },
    ),
  )
  .map(([text, edits]) => {
    const bytes = [...Buffer.from(text)];
    for (const { at, remove, add } of edits) bytes.splice(at % (bytes.length + 1), remove, ...add);
    return Uint8Array.from(bytes);
  });

describe("what is JSON", () => {
  it("the scanner accepts a text exactly if JSON.parse does and its depth is within the limit", () => {
    const seen = { complete: 0, malformed: 0, deep: 0, partial: 0 };
    fc.assert(
      fc.property(mutants, fc.integer({ min: 1, max: 6 }), (bytes, maxDepth) => {
        const reference = parsed(bytes);
        const verdict = judge(bytes, maxDepth);
        seen[verdict]++;
        if (reference === undefined) expect(verdict).not.toBe("complete");
        else expect(verdict).toBe(depthOf(reference.value) > maxDepth ? "deep" : "complete");
      }),
      { numRuns: 5000 },
    );
    expect(seen.partial).toBe(0);
    for (const kind of ["complete", "malformed", "deep"] as const) expect(seen[kind]).toBeGreaterThan(50); // literals
  });

  it("a string is accepted exactly if it is valid UTF-8 and valid JSON", () => {
    const pieces = fc.oneof(
      fc.constantFrom(...["c080", "c1bf", "c280", "e08080", "e0a080", "ed9fbf", "eda080", "edbfbf", "eebfbf"]),
      fc.constantFrom(
        ...["f0808080", "f0908080", "f48fbfbf", "f4908080", "f5808080", "ff", "fe", "80", "bf", "efbbbf"],
      ),
      fc.constantFrom(
        ...["e282", "f09f98", "c3", "5c6e", "5c7564383030", "5c753030346", "5c78", "5c", "22", "00", "1f"],
      ),
      fc.constantFrom(...["20", "7f", "41", "c3a9", "e282ac", "f09f9881", "5c5c", "5c2f", "5c7541624364"]),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 6 }), (hex) => {
        const bytes = Buffer.from(`22${hex.join("")}22`, "hex");
        expect(judge(bytes)).toBe(parsed(bytes) === undefined ? "malformed" : "complete");
      }),
      { numRuns: 5000 },
    );
  });

  it("a number is accepted exactly if JSON.parse accepts it", () => {
    const parts = fc.array(fc.constantFrom("-", "+", "0", "1", "23", ".", "e", "E", " "), { maxLength: 7 });
    fc.assert(
      fc.property(parts, fc.constantFrom(["", ""], ["[", "]"], ['{"a":', "}"]), (pieces, [before = "", after = ""]) => {
        const text = Buffer.from(before + pieces.join("") + after);
        expect(judge(text)).toBe(parsed(text) === undefined ? "malformed" : "complete");
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ["nothing", ""],
    ["white space alone", " \n"],
    ["a comma before the end", "[1,]"],
    ["a comma before the end of an object", '{"a":1,}'],
    ["a comma at the start", "[,1]"],
    ["a comma at the start of an object", '{,"a":1}'],
    ["a member without a key", "{:1}"],
    ["a key that is no string", "{1:1}"],
    ["two colons", '{"a"::1}'],
    ["no comma", "[1 2]"],
    ["no comma in an object", '{"a":1 "b":2}'],
    ["a member without a value", '{"a"}'],
    ["a key without quotes", "{a:1}"],
    ["the wrong bracket", "[}"],
    ["a bracket too many", "[]]"],
    ["two texts", "{}{}"],
    ["a comment", "[1/*one*/]"],
    ["NaN", "[NaN]"],
    ["a capital word", "[True]"],
    ["half a word", "[tru]"],
    ["a no-break space between tokens", "[\u00a01]"],
    ["a byte order mark", "\ufeff{}"],
    ["a line feed in a string", '"a\nb"'],
    ["single quotes", "'a'"],
    ["UTF-16", Buffer.from("{}", "utf16le")],
  ])("%s is malformed", (_name, text) => {
    expect(judge(text)).toBe("malformed");
  });

  it.each([1, 2, 128, 1000])("a nest of the limit's depth, %i, is accepted, one more is not", (limit) => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const leaf = open === "[" ? "" : "1"; // literals
      expect(judge(open.repeat(limit) + leaf + close.repeat(limit), limit)).toBe("complete");
      expect(judge(open.repeat(limit + 1) + leaf + close.repeat(limit + 1), limit)).toBe("deep");
    }
  });

  it("brackets that close again add no depth", () => {
    expect(judge(`[${Array(1000).fill("[[]]").join(",")}]`, 3)).toBe("complete");
  });
});

describe("packets", () => {
  it("cut anywhere, and moved in memory, a text gets the same verdict and the same spans", () => {
    fc.assert(
      fc.property(
        mutants,
        fc.array(fc.nat({ max: 200 }), { maxLength: 8 }),
        fc.nat({ max: 9 }),
        (bytes, places, base) => {
          const verdict = judge(bytes, 4);
          const [length, ...spans] = facts(scanner);
          const resumed = new Scanner();
          resumed.begin(4, 1000);
          let have: Uint8Array = new Uint8Array(0);
          let sofar: Verdict = "partial";
          for (const [i, packet] of cut(bytes, places).entries()) {
            have = Buffer.concat([have, packet]);
            // Each time at another place of another memory.
            const memory = Buffer.concat([Buffer.alloc(base + i, "x"), have]);
            sofar = resumed.run(memory, base + i, memory.length);
            if (sofar !== "partial") break;
          }
          if (sofar === "partial") sofar = resumed.finish();
          const isTrailed = sofar === "complete" && resumed.length < bytes.length && verdict === "malformed";
          if (isTrailed) return; // a complete text with something behind it: for a stream, the next text
          expect(sofar).toBe(verdict);
          expect(facts(resumed)).toEqual([length, ...spans]);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("a text is complete at its last byte and not before", () => {
    const bytes = Buffer.from('{"a":[1,{"b":"}]\\"\\u0041é"}],"id":7}');
    scanner.begin(128, 1000);
    for (let end = 1; end < bytes.length; end++) expect(scanner.run(bytes, 0, end)).toBe("partial");
    expect(scanner.run(bytes, 0, bytes.length)).toBe("complete");
    expect(scanner.length).toBe(bytes.length);
  });

  it("a break is found at its byte", () => {
    for (const [text, at] of [
      ['{"a":1 x', 7],
      ['{"a":"\n', 6],
      ["[1}", 2],
      ["[01", 2],
      ['["\\u00x', 6],
      ["[nul,", 4],
    ] as const) {
      const bytes = Buffer.from(text); // a literal
      scanner.begin(128, 1000);
      expect(scanner.run(bytes, 0, at)).toBe("partial");
      expect(scanner.run(bytes, 0, bytes.length)).toBe("malformed");
      expect(scanner.length).toBe(at);
    }
  });
});

describe("the envelope", () => {
  const members = ["jsonrpc", "id", "method", "params", "result", "error"] as const; // names, as in the scanner
  const numbers = { jsonrpc: JSONRPC, id: ID, method: METHOD, params: PARAMS, result: RESULT, error: ERROR };

  /** A key spelled with some of its characters escaped. */
  const spelled = (name: string): fc.Arbitrary<string> =>
    fc.array(fc.boolean(), { minLength: name.length, maxLength: name.length }).map((escaped) => {
      const characters = [...name].map((c, i) =>
        escaped[i] === true ? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}` : c,
      );
      return `"${characters.join("")}"`;
    });
  const keys = fc.oneof(
    fc.constantFrom(...members).chain(spelled),
    fc.constantFrom('"ID"', '"i"', '"idx"', '"metho"', '"methods"', '""', '"\\\\id"', '"__proto__"', '"результат"'),
  );

  it("each member is found, however its key is spelled, and of two the last", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(keys, fc.json({ maxDepth: 2 })), { maxLength: 8 }),
        fc.constantFrom("", " ", "\n\t"),
        (pairs, space) => {
          const text = `{${pairs.map(([key, value]) => `${space}${key}${space}:${space}${value}${space}`).join(",")}}`;
          const bytes = Buffer.from(text);
          expect(scanner.whole(bytes, 0, bytes.length, 128, 1000)).toBe("complete");
          const value = JSON.parse(text);
          for (const name of members) {
            const [start, end] = [scanner.start(numbers[name]), scanner.end(numbers[name])];
            expect(start > 0).toBe(Object.hasOwn(value, name));
            if (start > 0) expect(JSON.parse(bytes.toString("utf8", start, end))).toEqual(value[name]);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("members further in are not the envelope's", () => {
    const bytes = Buffer.from('[{"id":1},{"a":{"id":2,"method":"x"}}]');
    scanner.whole(bytes, 0, bytes.length, 128, 1000);
    for (const name of members) expect(scanner.start(numbers[name])).toBe(0);
    const inner = Buffer.from('{"a":{"id":2,"method":"x"},"b":[{"params":[]}]}');
    scanner.whole(inner, 0, inner.length, 128, 1000);
    for (const name of members) expect(scanner.start(numbers[name])).toBe(0);
  });

  it("each element of a batch is found", () => {
    fc.assert(
      fc.property(fc.array(fc.json({ maxDepth: 2 }), { maxLength: 6 }), fc.constantFrom("", " \n"), (values, space) => {
        const bytes = Buffer.from(`${space}[${space}${values.join(`${space},${space}`)}${space}]`);
        expect(scanner.whole(bytes, 0, bytes.length, 128, 1000)).toBe("complete");
        expect(scanner.count).toBe(values.length);
        const found = values.map((_, i) =>
          bytes.toString("utf8", scanner.elements[2 * i], scanner.elements[2 * i + 1]),
        );
        expect(found).toEqual(values);
      }),
    );
  });

  it("what was found is kept when the scanner goes on to the next text", () => {
    const bytes = Buffer.from("[1,2][3]");
    scanner.whole(bytes, 0, 5, 128, 1000);
    const { elements } = scanner;
    scanner.whole(bytes, 5, 8, 128, 1000);
    expect([elements, scanner.elements]).toEqual([
      [1, 2, 3, 4],
      [1, 2],
    ]);
  });

  it("elements beyond the limit are counted and not noted", () => {
    const bytes = Buffer.from(`[${Array(50_000).fill("1").join(",")}]`);
    expect(scanner.whole(bytes, 0, bytes.length, 128, 11)).toBe("complete");
    expect([scanner.count, scanner.elements.length]).toEqual([50_000, 22]);
  });
});

function facts(of: Scanner): number[] {
  const spans = [JSONRPC, ID, METHOD, PARAMS, RESULT, ERROR].flatMap((member) =>
    of.start(member) === 0 ? [0] : [of.start(member), of.end(member)],
  );
  return [of.length, of.root, of.count, ...of.elements, ...spans];
}
