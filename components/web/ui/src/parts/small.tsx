// Small things that many pages show.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useSpeech, useT } from "../i18n";
import { ago, moment } from "../i18n/time";
import { useClock } from "./clock";

const shapes: Record<string, string> = {
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

/** A status: a colour, a shape and a word, so that no one of them is needed. */
export function Badge({ status, label }: { status: string; label: string }) {
  return (
    <span class={`badge ${status}`}>
      <span aria-hidden="true">{shapes[status] ?? "○"}</span> {label}
    </span>
  );
}

/** A time in the reader's zone, as a distance; the whole of it on pointing. */
export function When({ at }: { at: string }) {
  const { language } = useSpeech();
  useClock();
  return (
    <time dateTime={at} title={moment(at, language)}>
      {ago(at, language)}
    </time>
  );
}

export function Copy({ text }: { text: string }) {
  const t = useT();
  const [done, setDone] = useState(false);
  // Only a page behind TLS, or of this machine, may write to the clipboard.
  if (!("clipboard" in navigator)) return null;
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    window.setTimeout(() => setDone(false), 2_000);
  };
  return (
    <button type="button" class="small" onClick={() => void copy()}>
      <span role="status">{done ? t.copied : t.copy}</span>
    </button>
  );
}

/** A text that is to be read to the letter, and copied. */
export function Exact({ text }: { text: string }) {
  return (
    <span class="exact">
      <code>{text}</code> <Copy text={text} />
    </span>
  );
}

/** What belongs together, as names and values. */
export function Facts({ of }: { of: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface SectionProps {
  title: string;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Section({ title, actions, children }: SectionProps) {
  return (
    <section class="card">
      <header>
        <h2>{title}</h2>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

interface MoreProps {
  total: number;
  /** How many are asked for. */
  limit: number;
  /** By how much that grows. */
  factor: number;
  onMore: (limit: number) => void;
}

/** The most that the API gives at once. */
const longest = 200;

/** Shows more of a list, if there is more. */
export function ShowMore({ total, limit, factor, onMore }: MoreProps) {
  const t = useT();
  if (total <= limit || limit >= longest) return null;
  return (
    <button type="button" onClick={() => onMore(Math.min(longest, limit * factor))}>
      {t.showMore}
    </button>
  );
}
