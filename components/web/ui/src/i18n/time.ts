// Formats times and durations.
import type { Language } from "./language";

/** Seconds as `2m 34s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h > 0) return `${h}h ${m}m ${s}s`;
  return m > 0 ? `${m}m ${s}s` : `${s}s`;
}

/** An RFC 3339 time as date, hour and minute in the local time zone. */
export function formatDateTime(time: string, language: Language): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  return format.format(new Date(time));
}

/** A date without a time. It is the same in every time zone. */
export function formatDate(date: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(date));
}

const UNITS: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** Older times are shown as a date. */
const MAX_RELATIVE_SECONDS = 30 * 86_400;

/** An RFC 3339 time relative to `now` (milliseconds), such as “5 minutes ago”. */
export function formatRelativeTime(time: string, language: Language, now: number = Date.now()): string {
  const seconds = Math.round((new Date(time).getTime() - now) / 1_000);
  if (Math.abs(seconds) > MAX_RELATIVE_SECONDS) return formatDateTime(time, language);
  const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  return format.format(Math.trunc(seconds / length), unit);
}
