// Reads CSV by the grammar of RFC 4180, so that the tests need not trust what wrote it.

/** The records of a text; throws for what is no CSV. */
export function readCsv(text: string): string[][] {
  const records: string[][] = [];
  let rest = text;
  for (let record: string[] = []; rest !== ""; ) {
    const [whole = "", quoted, plain = "", end = ""] = field.exec(rest) ?? [];
    if (whole === "") throw new Error(`no field of CSV: ${JSON.stringify(rest.slice(0, 40))}`);
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    rest = rest.slice(whole.length);
    if (end === ",") continue;
    records.push(record);
    record = [];
  }
  return records;
}

const field = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/;
