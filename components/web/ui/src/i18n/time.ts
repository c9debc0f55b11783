// Times in the reader's own zone, durations as « 2m 34s ».
import type { Language } from ".";

/** Seconds as `2m 34s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h > 0) return `${h}h ${m}m ${s}s`;
  return m > 0 ? `${m}m ${s}s` : `${s}s`;
}

/** The day and minute of an RFC 3339 time. */
export function moment(time: string, language: Language): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  return format.format(new Date(time));
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** An RFC 3339 time as seen from `now` (milliseconds): « il y a 5 minutes ». */
export function ago(time: string, language: Language, now: number = Date.now()): string {
  const seconds = Math.round((new Date(time).getTime() - now) / 1_000);
  if (Math.abs(seconds) > 30 * 86_400) return moment(time, language);
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  return format.format(Math.trunc(seconds / length), unit);
}
