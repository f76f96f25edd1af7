// Numbers as people read them: durations of one unit, rates, sizes, shares. All take any number, come out ASCII, and are
// as short as their column; what is no number is "-".

const none = "-";

/** How long, with its unit and one place of precision, at most six cells: "12ms", "2.1s", "4m12s", "2h05m", "3d04h". */
export function duration(ms: number | null): string {
  if (!isNumber(ms)) return none;
  if (ms < 0.95) return ms <= 0 ? "0ms" : `${ms.toFixed(1)}ms`;
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h${two(Math.floor(seconds / 60) % 60)}m`;
  const days = Math.floor(seconds / 86_400);
  if (days < 100) return `${days}d${two(Math.floor(seconds / 3_600) % 24)}h`;
  return days < 100_000 ? `${days}d` : "ages";
}

/** ms without a unit, with one decimal as long as that is worth something: "0.3", "41.0", "4210". */
export function millis(ms: number | null): string {
  if (!isNumber(ms)) return none;
  if (ms < 999.95) return Math.max(0, ms).toFixed(1);
  return ms < 99_999.5 ? String(Math.round(ms)) : compact(ms);
}

/** ms without a unit, for what is short: two decimals under one. */
export function fineMillis(ms: number | null): string {
  return isNumber(ms) && ms > 0 && ms < 0.995 ? ms.toFixed(2) : millis(ms);
}

/** Seconds without a unit, of a time in ms: "94.11". */
export function seconds(ms: number | null): string {
  if (!isNumber(ms)) return none;
  if (ms < 999_995) return (Math.max(0, ms) / 1_000).toFixed(2);
  return ms < 99_999_500 ? String(Math.round(ms / 1_000)) : compact(ms / 1_000);
}

/** A share of 0 to 1 as percent without its sign: "18.2". */
export function percent(share: number | null): string {
  if (!isNumber(share)) return none;
  const value = 100 * Math.max(0, share);
  return value < 999.95 ? value.toFixed(1) : compact(value);
}

/** A count or a rate as it is, up to five digits, and as 123k above. */
export function count(n: number | null): string {
  if (!isNumber(n)) return none;
  return Math.abs(n) < 99_999.5 ? String(Math.round(n)) : compact(n);
}

/** At most four digits and a letter: "0.93", "812", "18.2k", "1.3M". */
export function compact(n: number | null): string {
  if (!isNumber(n)) return none;
  if (n < 0) return `-${compact(-n)}`;
  if (n < 999.5) return Number.isInteger(n) ? String(n) : String(Number(n.toFixed(n < 10 ? 2 : 0)));
  return scaled(n, 1_000, "kMGTPE");
}

/** A size: "812", "64.0K", "1.2M", of 1,024 each. */
export function bytes(n: number | null): string {
  if (!isNumber(n)) return none;
  return n < 999.5 ? String(Math.max(0, Math.round(n))) : scaled(n, 1_024, "KMGTPE");
}

/** The same with its unit written out: "48.2 MiB". */
export function bytesText(n: number | null): string {
  const text = bytes(n);
  if (text === none) return none;
  const letter = text.at(-1) ?? "";
  return /\d/.test(letter) ? `${text} B` : `${text.slice(0, -1)} ${letter}iB`;
}

/** The time of day: "12:41:07", with ".123" if wanted. @param time ms since 1970 */
export function clock(time: number, zoneMinutes: number, withMillis = false): string {
  if (!isNumber(time)) return none;
  const day = 86_400_000;
  const ms = (((Math.floor(time) + zoneMinutes * 60_000) % day) + day) % day;
  const text = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1_000) % 60].map((part) => two(Math.floor(part))).join(":");
  return withMillis ? `${text}.${String(Math.floor(ms % 1_000)).padStart(3, "0")}` : text;
}

/** "1 task", "12 tasks". */
export function several(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? "" : "s"}`;
}

function scaled(n: number, base: number, letters: string): string {
  let value = n / base;
  let place = 0;
  for (; value >= 999.5 && place < letters.length - 1; place++) value /= base;
  if (value >= 9_999.5) return "huge";
  return `${value < 99.95 ? value.toFixed(1) : Math.round(value)}${letters[place]}`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}

function isNumber(n: number | null): n is number {
  return typeof n === "number" && Number.isFinite(n);
}
