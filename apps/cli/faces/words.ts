// What the commands say beside the numbers of the monitor (../../monitor/views/format.ts): bars, and the time of day.

/** Shares over time as a line of blocks, one for each. @param isUnicode false: as ASCII */
export function sparkText(shares: readonly number[], isUnicode: boolean): string {
  const blocks = isUnicode ? "▁▂▃▄▅▆▇█" : "_.:-=+*#";
  const top = blocks.length - 1;
  return shares.map((share) => blocks[Math.min(top, Math.max(0, Math.round(share * top)))]).join("");
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
