// Numbers as people read them, one unit each: 12ms, 4.2s, 4m12s, 3h05m, 2d04h.

/** How long something has taken, or been so. @param ms milliseconds */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.floor(ms))}ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  const [minutes, hours, days] = [60_000, 3_600_000, 86_400_000].map((unit) => Math.floor(ms / unit)) as Three; // of 3
  if (hours === 0) return `${minutes}m${two(Math.floor(ms / 1_000) % 60)}s`;
  return days === 0 ? `${hours}h${two(minutes % 60)}m` : `${days}d${two(hours % 24)}h`;
}

type Three = [number, number, number];

function two(count: number): string {
  return String(count).padStart(2, "0");
}

/** A share of wall time in per cent: "18.2". @param share 0 to 1; null: not measured */
export function shareText(share: number | null): string {
  return share === null ? "-" : (100 * share).toFixed(1);
}

/** Milliseconds in the digits that matter: "0.02", "4.2", "412". @param ms null: not measured */
export function msText(ms: number | null): string {
  if (ms === null) return "-";
  return ms.toFixed(ms < 1 ? 2 : ms < 100 ? 1 : 0);
}

/** How many in a second: "0.5", "412", "18.2k". @param rate null: not measured */
export function rateText(rate: number | null): string {
  if (rate === null) return "-";
  if (rate >= 10_000) return `${(rate / 1_000).toFixed(1)}k`;
  return rate > 0 && rate < 10 && !Number.isInteger(rate) ? rate.toFixed(1) : rate.toFixed(0);
}

/** Shares over time as a line of blocks, one for each. @param isUnicode false: as ASCII */
export function sparkText(shares: readonly number[], isUnicode: boolean): string {
  const blocks = isUnicode ? "▁▂▃▄▅▆▇█" : "_.:-=+*#";
  const top = blocks.length - 1;
  return shares.map((share) => blocks[Math.min(top, Math.max(0, Math.round(share * top)))]).join("");
}

/** Bytes: "48.2 MiB". */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let [left, unit] = [bytes, 0];
  for (; left >= 1_024 && unit < units.length - 1; unit++) left /= 1_024;
  return `${unit === 0 ? left : left.toFixed(1)} ${units[unit]}`;
}

/**
 * The time of day: "12:36:55.101".
 * @param time ms since 1970
 * @param zone an IANA time zone; default: the process's own
 */
export function clockText(time: number, zone?: string): string {
  return clockOf(zone).format(time).replace(",", ".");
}

const clocks = new Map<string | undefined, Intl.DateTimeFormat>();

// Making one takes longer than a thousand uses.
function clockOf(zone: string | undefined): Intl.DateTimeFormat {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    const parts = { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 } as const; // words
    clock = new Intl.DateTimeFormat("en-GB", { ...parts, hourCycle: "h23", ...(zone && { timeZone: zone }) });
    clocks.set(zone, clock);
  }
  return clock;
}
