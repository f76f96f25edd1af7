// Since when tasks have been seen. A task does not know when it began; but tids rise, so a few marks (up to this tid, at this
// time) tell it of all of them, to within the time between two looks.

interface Mark {
  /** Tids below this one had been given. */
  readonly nextTid: number;
  readonly at: number;
}

/** When there are more, every second one goes: what is long ago need not be known to the second. */
const maxMarks = 1_024;

export class Births {
  #marks: Mark[] = [];

  /** Somebody looks. @param at whole ms since boot */
  note(nextTid: number, at: number): void {
    if ((this.#marks.at(-1)?.nextTid ?? 0) >= nextTid) return;
    this.#marks.push({ nextTid, at });
    if (this.#marks.length > maxMarks) this.#marks = this.#marks.filter((_, place) => place % 2 === 0);
  }

  /** Nobody looks any more. */
  forget(): void {
    this.#marks = [];
  }

  /** When it was seen first, whole ms since boot; 0 where it was not. */
  seenSince(tid: number): number {
    let [low, high] = [0, this.#marks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#marks[middle]?.nextTid ?? 0) > tid) high = middle;
      else low = middle + 1;
    }
    return this.#marks[low]?.at ?? 0;
  }
}
