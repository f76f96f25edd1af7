// Logical stacks. A trampoline hides the callers of a routine from `error.stack`: only the innermost frame shows.
// But an error passes through each caller's `yield*` on its way out, and there, for that moment, the caller is on
// the JavaScript stack: one captured frame per caller rebuilds what was lost. Paid only when an error is thrown.

const maxSites = 64;
const sitesOf = new WeakMap<object, { stack?: string }[]>();

/**
 * Remembers the line of the caller an error is passing through.
 * @param error what is thrown; primitives cannot carry a trail and are passed by
 * @param above the function whose caller is the line wanted
 * @param first true where the error sets out: an earlier trail of the same object is dropped
 */
export function noteSite(error: unknown, above: (error: unknown) => unknown, first: boolean): void {
  if (typeof error !== "object" || error === null) return;
  let sites = sitesOf.get(error);
  if (sites === undefined || first) {
    sites = [];
    sitesOf.set(error, sites);
  }
  if (sites.length < maxSites) sites.push(captureSite(above));
}

/** The line that called `above`, captured now (about 2 µs) and turned into text when somebody reads it. */
export function captureSite(above: (...args: never[]) => unknown): { stack?: string } {
  const site: { stack?: string } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(site, above);
  Error.stackTraceLimit = limit;
  return site;
}

/** The text of a captured site, "name (file:line:column)", or "" where none was found. */
export function siteText(site: { stack?: string }): string {
  const { stack }: { stack?: unknown } = site; // a prepareStackTrace of the app's may make anything of it
  if (typeof stack !== "string") return "";
  const header = stack.indexOf("\n");
  const line = header < 0 ? "" : stack.slice(header).replaceAll("\n", "").trim();
  return line.startsWith("at ") ? line.slice(3) : line;
}

/** The lines of the callers an error passed through, innermost first. */
export function trailOf(error: unknown): string[] {
  if (typeof error !== "object" || error === null) return [];
  return (sitesOf.get(error) ?? []).map(siteText).filter((line) => line !== "");
}
