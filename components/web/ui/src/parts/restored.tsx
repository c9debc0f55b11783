// A form that goes on where it was left says so.
import { useT } from "../i18n";
import { Notice } from "./notice";

export function Restored({ draft }: { draft: { restored: boolean; anew: () => void } }) {
  const t = useT();
  if (!draft.restored) return null;
  return (
    <Notice>
      <p>{t.restored}</p>
      <button type="button" onClick={draft.anew}>
        {t.anew}
      </button>
    </Notice>
  );
}
