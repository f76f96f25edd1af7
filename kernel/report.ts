// Reports for people: a crash with its logical stack, a deadlock with its table and cycle, a panic with its dump.

import { DeadlockError, SyscallError } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import type { TaskRecord } from "./observer.ts";
import { siteText, trailOf } from "./stack.ts";
import type { Task } from "./task.ts";
import { printable, shown } from "./text.ts";

const maxRows = 100;
/** Errors in one report: causes, and those that an AggregateError has. */
const maxErrors = 16;

/** An error with its logical stack: its own, the callers it passed through, and who spawned the task. */
export function crashReport(error: unknown, task: Task): string {
  return [errorText(error), ...lineage(task)].join("\n");
}

// Errors come from tasks: a cause may lead back to its error, a stack be anything, a Proxy throw when it is looked at.
function errorText(error: unknown, seen: Set<unknown> = new Set()): string {
  try {
    if (!(error instanceof Error)) return withCallers(`thrown: ${shown(error)}`, error);
    if (seen.has(error) || seen.size >= maxErrors) return "… (shown above, or one too many)";
    seen.add(error);
    const own = withCallers(ownFrames(error), error);
    const errors = error instanceof AggregateError ? error.errors.slice(0, maxErrors) : [];
    const each = errors.map((one: unknown) => `\n  - ${errorText(one, seen)}`).join("");
    return own + each + (!hasCauseOfItsOwn(error) ? "" : `\n  caused by ${errorText(error.cause, seen)}`);
  } catch {
    return "thrown: an error that cannot be shown";
  }
}

// A handler that throws at once does so on its caller's own stack, which says that line already.
function withCallers(own: string, error: unknown): string {
  const callers = trailOf(error).filter((line) => !line.includes(kernelFolder));
  if (own.endsWith(`    at ${callers[0]}`)) callers.shift();
  return [own, ...callers.map((line) => `    at ${line}`)].join("\n");
}

// A system's error under the same code says nothing that its SyscallError does not.
function hasCauseOfItsOwn(error: Error): boolean {
  if (error.cause === undefined) return false;
  return !(error instanceof SyscallError && (error.cause as { code?: unknown } | null)?.code === error.code); // any value
}

// The error's own lines down to the innermost frame. What is below is the kernel's loop, and where the kernel or a
// machine made the error, its inner workings: neither says anything about the task.
function ownFrames(error: Error): string {
  const stack = typeof error.stack === "string" ? error.stack : `${error.name}: ${error.message}`;
  const lines = stack.split("\n");
  const end = lines.findIndex((line) => /^ {4}at .*\.(next|throw|return) \(<anonymous>\)$/.test(line));
  const own = (end < 0 ? lines : lines.slice(0, end)).filter((line) => !isInner(line, error)).join("\n");
  if (!(error instanceof SyscallError)) return own;
  return own.replace(`${error.name}: `, `${error.name} [${error.code}]: `);
}

function isInner(line: string, error: Error): boolean {
  if (!line.startsWith("    at ")) return false;
  return line.includes(kernelFolder) || (error instanceof SyscallError && line.includes("(node:"));
}

const kernelFolder = new URL(".", import.meta.url).pathname;

/** A task's logical stack, a line each: its frames, innermost first, then who spawned it. */
export function stackOf(task: Task): string[] {
  return [...task.frameNames(), ...lineage(task).map((line) => line.trim())];
}

function lineage(task: Task): string[] {
  const lines: string[] = [];
  let child = task;
  for (let parent = task.parent; parent !== undefined && lines.length < 16; parent = parent.parent) {
    const { site: found } = child.origin.spawn;
    const site = found === undefined ? "" : ` at ${siteText(found)}`;
    lines.push(`  spawned by task ${parent.tid} (${printable(parent.name, 64)})${site}`);
    child = parent;
  }
  return lines;
}

/** The error for tasks that wait for each other, or for nobody. */
export function deadlock(kernel: Kernel): DeadlockError {
  const records = kernel.taskRecords();
  const cycle = findCycle(records);
  const named =
    cycle.length === 0
      ? "no cycle: what they wait for is held by nobody"
      : `cycle: ${[...cycle, cycle[0]].join(" -> ")}`;
  const text = `deadlock: ${records.length} task${records.length === 1 ? " waits" : "s wait"} and nothing can wake them\n${table(records)}\n${named}`;
  return new DeadlockError(text, cycle);
}

/** Tids that wait for each other in a ring, if there are such. Every wait is followed once: a chain may be as long as there are tasks. */
export function findCycle(records: readonly TaskRecord[]): number[] {
  const holders = new Map(records.map((record) => [record.tid, record.holders]));
  const done = new Set<number>();
  for (const { tid } of records) {
    const path: { tid: number; next: number }[] = [{ tid, next: 0 }];
    const places = new Map([[tid, 0]]); // on the path
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const holder = holders.get(at.tid)?.[at.next++];
      if (done.has(at.tid) || holder === undefined) {
        done.add(at.tid); // all its ways lead nowhere
        places.delete(at.tid);
        path.pop();
        continue;
      }
      const place = places.get(holder);
      if (place !== undefined) return path.slice(place).map((step) => step.tid);
      if (!holders.has(holder) || done.has(holder)) continue;
      places.set(holder, path.length);
      path.push({ tid: holder, next: 0 });
    }
  }
  return [];
}

function table(records: readonly TaskRecord[]): string {
  const rows = records.slice(0, maxRows).map((record) => {
    const wait = record.stopped
      ? "stopped"
      : record.verb === ""
        ? record.state
        : `waits: ${record.verb} ${record.object}`.trimEnd();
    const [holder] = record.holders;
    const isOne = record.holders.length === 1;
    const isSaid = isOne && (wait.includes(`(held by ${holder} `) || wait.endsWith(`exit of ${holder}`));
    const held = isSaid || holder === undefined ? "" : ` (held by ${record.holders.slice(0, 8).join(", ")})`;
    return `  ${String(record.tid).padStart(6)}  ${printable(record.name, 64).padEnd(20)} ${printable(wait)}${held}  for ${record.forMs} ms  in ${record.frames.map((name) => printable(name, 64)).join(" < ")}`;
  });
  if (records.length > maxRows) rows.push(`  … and ${records.length - maxRows} more`);
  return rows.join("\n");
}

/** Task table and latest events, for a panic. */
export function panicDump(kernel: Kernel): string {
  const records = kernel.taskRecords();
  const events = kernel.trace.latest(1_000).map(({ tid, event }) => `  ${tid} ${event}`);
  return `tasks:\n${table(records)}\nlatest events, oldest first:\n${events.join("\n")}`;
}
