// The latest records of the kernel log, for whoever comes later to read. Bounded in records and in characters: a task that
// logs long lines only shortens the memory.

import type { LogRecord } from "./observer.ts";
import { Ring } from "./queue.ts";

const maxRecords = 1_000;
const maxCharacters = 1_000_000;

export interface KeptLogRecord extends LogRecord {
  /** Rises by one. */
  readonly seq: number;
}

export interface RecentLog {
  /** Oldest first. */
  readonly records: readonly KeptLogRecord[];
  /** To be given as `after` next time. */
  readonly last: number;
  /** Records after `after` that are gone. */
  readonly dropped: number;
}

export class LogRing {
  readonly #records = new Ring<KeptLogRecord>();
  #seq = 0;
  #characters = 0;

  add(record: LogRecord): void {
    this.#records.push({ ...record, seq: ++this.#seq });
    this.#characters += sizeOf(record);
    while (this.#records.size > maxRecords || this.#characters > maxCharacters) {
      const oldest = this.#records.shift();
      if (oldest === undefined) return;
      this.#characters -= sizeOf(oldest);
    }
  }

  /** As `Kernel.recentLog`. */
  after(seq: number, limit: number): RecentLog {
    const oldest = this.#seq - this.#records.size + 1;
    const first = Math.max(seq + 1, oldest);
    const records: KeptLogRecord[] = [];
    for (const record of this.#records) {
      if (record.seq >= first && records.length < limit) records.push(record);
    }
    return { records, last: records.at(-1)?.seq ?? Math.max(seq, first - 1), dropped: Math.max(0, first - seq - 1) };
  }
}

function sizeOf({ name, text, fields }: LogRecord): number {
  let size = name.length + text.length;
  for (const [field, value] of Object.entries(fields)) size += field.length + value.length;
  return size;
}
