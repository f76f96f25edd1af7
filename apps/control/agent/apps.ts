// The apps of a kernel: which tasks were started as one, by `run` or from outside. Whatever else runs belongs to the app
// that it comes of.

/** An app's main task. */
export interface StartedApp {
  readonly tid: number;
  readonly name: string;
  /** Where its module is, as it was given. */
  readonly path: string;
  readonly argv: readonly string[];
}

/** Apps that are remembered; of those that are over, the ones that were started first go first. */
const maxApps = 256;

export class Apps {
  readonly #apps = new Map<number, StartedApp>();

  /** A task was started as an app. @param tid of its main task */
  started(tid: number, name: string, path: string, argv: readonly string[]): void {
    this.#apps.set(tid, { tid, name, path, argv });
    if (this.#apps.size <= maxApps) return;
    const [, oldest] = this.#apps.keys(); // the first is the run's own
    if (oldest !== undefined) this.#apps.delete(oldest);
  }

  /** The app whose main task this is. */
  get(tid: number): StartedApp | undefined {
    return this.#apps.get(tid);
  }

  /** In the order in which they were started. */
  all(): readonly StartedApp[] {
    return [...this.#apps.values()];
  }
}
