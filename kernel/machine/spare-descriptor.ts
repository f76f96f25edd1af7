// A descriptor held in reserve, for the moment when there are no others (the idea is libev's and libuv's).

import { closeSync, openSync } from "node:fs";

export class SpareDescriptor {
  #fd: number | undefined;

  constructor() {
    this.#fd = open();
  }

  /** Gives it up while `use` runs. */
  lend(use: () => void): void {
    this.close();
    try {
      use();
    } finally {
      this.#fd = open();
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** Undefined where there is none left, even for this: it is tried again with the next loan. */
function open(): number | undefined {
  try {
    return openSync("/dev/null", "r");
  } catch {
    return undefined;
  }
}
