// A time such as “5 minutes ago”.
import { useI18n } from "../i18n";
import { formatDateTime, formatRelativeTime } from "../i18n/time";
import { useClock } from "./clock";

/** `time`: RFC 3339. The tooltip shows the full time in the local time zone. */
export function RelativeTime({ time }: { time: string }) {
  const { language } = useI18n();
  useClock();
  return (
    <time dateTime={time} title={formatDateTime(time, language)}>
      {formatRelativeTime(time, language)}
    </time>
  );
}
