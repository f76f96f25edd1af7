// Whole syscalls of the tasks that are traced: what was asked, what came of it, how long it took.

/** A syscall of a traced task, at its beginning or at its end. */
export interface TracedCall {
  /** Rises by one; a gap is what was dropped. */
  readonly seq: number;
  /** `seq` of the record of its beginning: its own unless this is the end of a wait. */
  readonly begun: number;
  /** When it was made, ms since boot. */
  readonly at: number;
  readonly tid: number;
  readonly name: string;
  /** "ReadWait(tcp 127.0.0.1:7000 <- …)" */
  readonly syscall: string;
  /** "= 32", "= ESRCH no task …", "killed by 3: enough"; "" while it blocks. */
  readonly result: string;
  readonly isError: boolean;
  readonly blockedMs: number;
  /** Time in the program before it, since its turn began or the syscall before ended. */
  readonly turnMs: number;
  /** Time in its handler, and in arming its wait. */
  readonly kernelMs: number;
}

export interface TracedPage {
  readonly records: readonly TracedCall[];
  /** To be given as `after` next time. */
  readonly last: number;
  /** Records after `after` that are gone. */
  readonly dropped: number;
}

/** What one who traces gets. A syscall that blocks is told of twice: when it begins, and, with a new `seq`, when it is over. */
export interface Tracing {
  /** Records after a seq, oldest first. @param limit at most so many; default 1,000 */
  page(after?: number, limit?: number): TracedPage;
  /** No more, and nothing is kept. Twice is once. */
  stop(): void;
}
