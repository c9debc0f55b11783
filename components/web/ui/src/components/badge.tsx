// A status badge.

const SYMBOLS: Record<string, string> = {
  success: "✓",
  running: "●",
  failed: "✕",
  cancelled: "–",
  skipped: "–",
  superseded: "↷",
  stopped: "■",
  pending: "○",
  building: "◐",
  deploying: "◐",
  degraded: "◑",
  automatic: "↻",
  promoted: "↗",
  preview: "◇",
};

interface BadgeProps {
  status: string;
  label: string;
  /** Whether the status alone would look better than it is. */
  isWarning?: boolean;
}

/** A status as a colour, a symbol and a word: each is enough on its own, for accessibility. */
export function Badge({ status, label, isWarning = false }: BadgeProps) {
  return (
    <span class={`badge ${isWarning ? "warning" : status}`}>
      <span aria-hidden="true">{isWarning ? "!" : (SYMBOLS[status] ?? "○")}</span> {label}
    </span>
  );
}
