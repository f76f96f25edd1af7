// Work for the processor, by the clock: in chunks of about two milliseconds, with a syscall after each, however fast the
// machine is. On simulated time, which stands still in a turn, one chunk is all.

import { type Call, type Program, routine } from "../../kernel/syscall.ts";
import { GetTime } from "../../syscalls/index.ts";

const chunkMs = 2;

/** Work that has no other purpose than to take its time. */
export class Toil {
  /** Steps of a chunk. Grown until a chunk takes its time. */
  #steps = 5_000;
  /** What such a chunk takes at best, ms; 0: that is not known. */
  #chunkMs = 0;
  #sum = 1;

  /** Works for a time, ms. */
  for(ms: number): Call<void> {
    return working(this, ms);
  }

  /** Works on and on in one turn, which holds everybody up, for about so long, ms. */
  block(ms: number): void {
    const chunks = this.#chunkMs === 0 ? 1 : ms / this.#chunkMs;
    for (let done = 0; done < chunks; done++) this.chunk();
  }

  chunk(): void {
    let sum = this.#sum;
    for (let step = 0; step < this.#steps; step++) sum = Math.imul(sum ^ step, 16_777_619);
    this.#sum = sum | 1;
  }

  /** A chunk took so long, ms. */
  took(ms: number): void {
    const isShort = ms < chunkMs / 2;
    if (isShort) this.#steps *= 2;
    this.#chunkMs = isShort ? 0 : this.#chunkMs === 0 ? ms : Math.min(this.#chunkMs, ms);
  }
}

const working = routine(function* work(toil: Toil, ms: number): Program<void> {
  const start = yield* new GetTime();
  for (let at = start; at < start + ms; ) {
    toil.chunk();
    const now = yield* new GetTime();
    if (now === at) return;
    toil.took(now - at);
    at = now;
  }
});
