// A status badge.

const SYMBOLS: Record<string, string> = {
  success: "✓",
  running: "●",
  failed: "✕",
  cancelled: "–",
  skipped: "–",
  stopped: "■",
  pending: "○",
  building: "◐",
  deploying: "◐",
};

/** A status as a colour, a symbol and a word: each is enough on its own, for accessibility. */
export function Badge({ status, label }: { status: string; label: string }) {
  return (
    <span class={`badge ${status}`}>
      <span aria-hidden="true">{SYMBOLS[status] ?? "○"}</span> {label}
    </span>
  );
}
