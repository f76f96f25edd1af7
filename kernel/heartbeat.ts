// What a kernel tells other threads of its turns, in shared memory: a number that rises with each turn, and whose turn it
// is. It tells nothing else, and nobody waits for it. Another thread that sees the same turn again and again knows that it
// does not end, and leaves word here, before it ends that turn, on whose behalf and why: there is nobody to be asked then.

/** Places in the shared words. */
const Word = { turn: 0, tid: 1, by: 2, forMs: 3, whyBytes: 4, id: 5 } as const;
const headerBytes = 32;
const whyBytes = 480;

/** Why a turn was ended. */
export interface CutOrder {
  /** The tid on whose behalf; 0: from outside. */
  readonly by: number;
  readonly why: string;
  /** How long it had taken, ms. */
  readonly forMs: number;
}

/** Shared by a kernel, which writes turns, and a thread that watches it. */
export class Heartbeat {
  /** To be given to the other thread, which makes a Heartbeat of it, too. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(headerBytes + whyBytes);
    this.#words = new Int32Array(this.buffer, 0, headerBytes / 4);
    if (buffer === undefined) this.#words[Word.id] = nextId++;
  }

  /** Tells it from others of the same process. */
  get id(): number {
    return this.#words[Word.id] as number; // there are eight words
  }

  /** For the kernel: a turn begins. */
  begin(tid: number): void {
    const words = this.#words;
    words[Word.tid] = tid;
    words[Word.turn] = ((words[Word.turn] as number) + 1) | 0; // there are eight words
  }

  /** For the kernel: it is over. */
  end(): void {
    this.#words[Word.tid] = 0;
  }

  /** For the kernel, once: what was left by who ended its turn. Undefined: nobody left word. */
  takeOrder(): CutOrder | undefined {
    const words = this.#words;
    const size = Atomics.exchange(words, Word.whyBytes, 0);
    if (size === 0) return undefined;
    const why = new TextDecoder().decode(new Uint8Array(this.buffer, headerBytes, size - 1).slice());
    return { by: Atomics.load(words, Word.by), forMs: Atomics.load(words, Word.forMs), why };
  }

  /** For the other thread: the turn under way; undefined: there is none. */
  turn(): { readonly turn: number; readonly tid: number } | undefined {
    const turn = Atomics.load(this.#words, Word.turn);
    const tid = Atomics.load(this.#words, Word.tid);
    return tid === 0 ? undefined : { turn, tid };
  }

  /** For the other thread: leaves word of why it is about to end the turn. A text that is too long is cut. */
  leaveOrder({ by, why, forMs }: CutOrder): void {
    const words = this.#words;
    const { written } = new TextEncoder().encodeInto(why, scratch);
    new Uint8Array(this.buffer, headerBytes, whyBytes).set(scratch);
    Atomics.store(words, Word.by, by);
    Atomics.store(words, Word.forMs, forMs);
    Atomics.store(words, Word.whyBytes, written + 1);
  }
}

let nextId = 1;
const scratch = new Uint8Array(whyBytes - 1);

/** A turn that has not ended for a while. */
export interface StuckTurn {
  readonly turn: number;
  readonly tid: number;
  /** Since it was first seen, ms; what passed while nobody looked is left out. */
  readonly forMs: number;
}

/** Looks at a heartbeat from time to time, and tells how long the turn under way has been seen. */
export class TurnWatch {
  readonly #heartbeat: Heartbeat;
  readonly #mostGapMs: number;
  #seen: StuckTurn | undefined = undefined;
  #lookedAt = 0;

  /**
   * @param everyMs how often it is to look, ms. Of a longer time between two looks no more than twice as much counts: whoever could
   * not look was stopped, as by Ctrl-Z, and so was the turn. Default: all of it counts
   */
  constructor(heartbeat: Heartbeat, everyMs: number = Number.POSITIVE_INFINITY) {
    this.#heartbeat = heartbeat;
    this.#mostGapMs = 2 * everyMs;
  }

  /**
   * Looks. A turn counts from the look that first saw it, so the oftener one looks the less is missed.
   * @param now on any clock that does not go back, ms
   * @returns the turn under way, if an earlier look has seen it too
   */
  stuckFor(now: number): StuckTurn | undefined {
    const under = this.#heartbeat.turn();
    const before = this.#seen;
    const gapMs = Math.min(this.#mostGapMs, now - this.#lookedAt);
    this.#lookedAt = now;
    const isSame = under !== undefined && before?.turn === under.turn && before.tid === under.tid;
    this.#seen = under && { ...under, forMs: isSame ? before.forMs + gapMs : 0 };
    return isSame ? this.#seen : undefined;
  }
}
