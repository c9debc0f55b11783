// A button that shows more of a list.
import { useMessages } from "../i18n";

interface ShowMoreProps {
  /** Length of the whole list. */
  total: number;
  /** The current `limit` of the request. */
  limit: number;
  /** The next limit is `limit * factor`. */
  factor: number;
  onMore: (limit: number) => void;
}

/** The API's maximum `limit`. */
const MAX_LIMIT = 200;

export function ShowMore({ total, limit, factor, onMore }: ShowMoreProps) {
  const t = useMessages();
  if (total <= limit || limit >= MAX_LIMIT) return null;
  return (
    <button type="button" onClick={() => onMore(Math.min(MAX_LIMIT, limit * factor))}>
      {t.showMore}
    </button>
  );
}
