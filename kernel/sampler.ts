// Picks one in so many of what happens, at distances of chance: programs go round in circles, and with a fixed step it would
// always be the same part of the circle. Its chance is its own, not the machine's, which belongs to the run.

export class Sampler {
  readonly #mostStep: number;
  #left = 1;
  #state = 1;

  /** @param oneIn on average */
  constructor(oneIn: number) {
    this.#mostStep = 2 * oneIn - 1;
  }

  /** True for those that are picked. */
  isDue(): boolean {
    if (--this.#left > 0) return false;
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0; // Numerical Recipes' generator
    this.#left = 1 + ((this.#state >>> 8) % this.#mostStep);
    return true;
  }
}
