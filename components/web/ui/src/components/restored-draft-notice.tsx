// Shown above a form that was filled from a saved draft.
import { useMessages } from "../i18n";
import { Notice } from "./notice";

export function RestoredDraftNotice({ draft }: { draft: { restored: boolean; reset: () => void } }) {
  const t = useMessages();
  if (!draft.restored) return null;
  return (
    <Notice>
      <p>{t.restored}</p>
      <button type="button" onClick={draft.reset}>
        {t.startOver}
      </button>
    </Notice>
  );
}
