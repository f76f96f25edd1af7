// The conformance kit: what every syscall promises, checked of yours. Each promise is asked for in runs of its own on the
// virtual machine, in whole turns, trap by trap and in another order of turns, with the kernel's laws recounted after
// every turn.

import { examination, examined, examinedAsync } from "./examine.ts";
import { ConformanceError, type Report } from "./findings.ts";
import type { CheckOptions, Make } from "./options.ts";

export { ConformanceError, type Finding, type Report } from "./findings.ts";
export type { Act, Asked, Asker, CheckOptions, Make } from "./options.ts";
export type { PromiseName } from "./promises.ts";

/**
 * Checks that a syscall keeps what every syscall promises, and says what was found.
 * @param make makes a new one each time, from what `setup` returned
 * @param options what it works on, and what answers it
 * @throws ConformanceError, with each broken promise as a sentence, what was seen and how to mend it; TypeError for
 * options that cannot be; what `setup` throws
 *
 * ```ts
 * test("Acquire keeps its promises", () => {
 *   checkSyscall((semaphore) => new Acquire(semaphore), {
 *     *setup() {
 *       return new Semaphore(0);
 *     },
 *     answer: (semaphore) => semaphore.release(),
 *     ready: (semaphore) => semaphore.release(),
 *     waiting: (semaphore) => semaphore.waiting.size,
 *   });
 * });
 * ```
 */
export function checkSyscall<T, C>(make: Make<T, C>, options: CheckOptions<C> = {}): Report {
  return passed(examineSyscall(make, options), checkSyscall);
}

/** As `checkSyscall`, for a syscall that waits for promises. */
export async function checkSyscallAsync<T, C>(make: Make<T, C>, options: CheckOptions<C> = {}): Promise<Report> {
  return passed(await examineSyscallAsync(make, options), checkSyscallAsync);
}

/** As `checkSyscall`, to look at: broken promises are in the report, and nothing is thrown for them. */
export function examineSyscall<T, C>(make: Make<T, C>, options: CheckOptions<C> = {}): Report {
  return examined(examination(make, options));
}

/** As `examineSyscall`, for a syscall that waits for promises. */
export function examineSyscallAsync<T, C>(make: Make<T, C>, options: CheckOptions<C> = {}): Promise<Report> {
  return examinedAsync(examination(make, options));
}

// The stack of the error begins where the check was called.
function passed(report: Report, above: unknown): Report {
  if (report.broken.length === 0) return report;
  const error = new ConformanceError(report);
  if (typeof above === "function") Error.captureStackTrace(error, above);
  throw error;
}
