// The dates of HTTP, pure: its own form, and the two older ones that must still be understood (RFC 9110, 5.6.7). For what
// lies between two of them no clock is needed.

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const time = "(?<hour>[01]\\d|2[0-3]):(?<minute>[0-5]\\d):(?<second>[0-5]\\d|60)";
const month = `(?<month>${months.join("|")})`;
const day = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const forms: readonly RegExp[] = [
  new RegExp(`^${day}, (?<date>\\d\\d) ${month} (?<year>\\d{4}) ${time} GMT$`),
  new RegExp(`^${day}[a-z]{3,6}, (?<date>\\d\\d)-${month}-(?<year>\\d\\d) ${time} GMT$`),
  new RegExp(`^${day} ${month} (?<date>[ \\d]\\d) ${time} (?<year>\\d{4})$`),
];

/**
 * Seconds from the beginning of 1970 to a date of HTTP; undefined for what is none. A year of two digits is one of 1970 to 2069.
 *
 * ```ts
 * httpDate("Sun, 06 Nov 1994 08:49:37 GMT"); // 784111777
 * ```
 */
export function httpDate(text: string): number | undefined {
  const trimmed = text.slice(0, 64).trim();
  const parts = forms.map((form) => form.exec(trimmed)?.groups).find(Boolean);
  if (parts === undefined) return undefined;
  const { date, hour, minute, month, second, year = "" } = parts;
  const days = daysTo(fullYear(year), months.indexOf(month ?? ""), Number(date));
  return days === undefined ? undefined : 60 * (60 * (24 * days + Number(hour)) + Number(minute)) + Number(second);
}

function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length > 2) return year;
  return year + (year < 70 ? 2_000 : 1_900);
}

const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days from the beginning of 1970; undefined: there is no such day. @param month from 0 */
function daysTo(year: number, month: number, date: number): number | undefined {
  const isLeap = leapDays(year) > leapDays(year - 1);
  const length = (lengths[month] ?? 0) + (isLeap && month === 1 ? 1 : 0);
  if (date < 1 || date > length) return undefined;
  const before = lengths.slice(0, month).reduce((sum, each) => sum + each, isLeap && month > 1 ? 1 : 0);
  return 365 * (year - 1_970) + leapDays(year - 1) - leapDays(1_969) + before + date - 1;
}

/** From the year 1 to the end of this one. */
function leapDays(year: number): number {
  return Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
}
