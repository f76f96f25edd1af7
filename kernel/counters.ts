// What a kernel counts, always: a few nanoseconds each, and the first thing to look at.

/** Counts since boot. */
export class Counters {
  spawned = 0;
  returned = 0;
  threw = 0;
  killed = 0;
  /** Cleanups that were dropped at their bound. */
  unclean = 0;
  /** Turns that did not end, and were ended from another thread. */
  cutTurns = 0;
  /** Crashes that nobody waited for. */
  crashes = 0;
  /** Faults around a task that no task could be told of. */
  reports = 0;
  turns = 0;
  polls = 0;
  /** Late, second and stale wakes. */
  refusedWakes = 0;
}
