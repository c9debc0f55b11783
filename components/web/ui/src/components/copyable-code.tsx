// An exact text with a button that copies it.
import { useState } from "preact/hooks";
import { useMessages } from "../i18n";

const COPIED_DURATION_MS = 2_000;

export function CopyableCode({ text }: { text: string }) {
  return (
    <span class="copyable">
      <code>{text}</code> <CopyButton text={text} />
    </span>
  );
}

function CopyButton({ text }: { text: string }) {
  const t = useMessages();
  const [copied, setCopied] = useState(false);
  // The clipboard is available only over HTTPS and on localhost.
  if (!("clipboard" in navigator)) return null;
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    window.setTimeout(() => setCopied(false), COPIED_DURATION_MS);
  };
  return (
    <button type="button" class="small" onClick={() => void copy()}>
      <span role="status">{copied ? t.copied : t.copy}</span>
    </button>
  );
}
