// The answers of one batch, kept until all are there. Together they are one text and may be no longer than any other:
// results for which there is no room become internal errors, so that the other end is not sent what it must refuse.

import { batchPayload, isResult, withoutResult } from "./messages.ts";
import { type Payload, payloadBytes } from "./payload.ts";
import type { Peer } from "./peer.ts";

export class BatchReply {
  readonly #peer: Peer;
  readonly #answers: (Payload | undefined)[];
  #left: number;
  /** Of the text so far, a bracket, or a comma for each answer but the first, included. */
  #bytes = 1;

  /** @param count how many elements the batch has, those that are not answered included; at least 1 */
  constructor(peer: Peer, count: number) {
    this.#peer = peer;
    this.#answers = new Array<Payload | undefined>(count);
    this.#left = count;
  }

  /** What becomes of the element at `place`; undefined: it is not answered. Once for each; the last one sends. */
  settle(place: number, payload: Payload | undefined): void {
    if (payload !== undefined) {
      this.#bytes += payloadBytes(payload) + 1;
      this.#answers[place] = payload;
      if (this.#bytes > this.#peer.limits.maxFrameBytes) this.#shorten(place);
    }
    if (--this.#left > 0) return;
    const { maxFrameBytes } = this.#peer.limits;
    for (let last = this.#answers.length - 1; last >= 0 && this.#bytes > maxFrameBytes; last--) this.#shorten(last);
    const answers = this.#answers.filter((answer) => answer !== undefined);
    if (answers.length > 0) this.#peer.send(batchPayload(answers));
  }

  #shorten(place: number): void {
    const answer = this.#answers[place];
    if (answer === undefined || !isResult(answer)) return;
    const short = withoutResult(answer);
    this.#bytes += payloadBytes(short) - payloadBytes(answer);
    this.#answers[place] = short;
    this.#peer.counters.errors++;
  }
}
