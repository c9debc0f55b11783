// Asking once more, before something that weighs.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../api/failure";
import { useT } from "../i18n";
import { FailureNotice } from "./notice";

interface ConfirmProps {
  title: string;
  /** What must be typed, for what cannot be taken back. */
  name?: string;
  action: string;
  busy: boolean;
  failure: Failure | null;
  onConfirm: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

export function Confirm({ title, name, action, busy, failure, onConfirm, onClose, children }: ConfirmProps) {
  const t = useT();
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const sure = name === undefined || typed === name;
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    // What had the focus gets it back, also when the page takes the dialog away.
    return () => shown?.close();
  }, []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (sure) onConfirm();
  };
  return (
    <dialog ref={dialog} aria-labelledby="confirm-title" onClose={onClose}>
      <form onSubmit={submit}>
        <h2 id="confirm-title">{title}</h2>
        {failure && <FailureNotice failure={failure} />}
        {children}
        {name !== undefined && (
          <div class="field">
            <label for="confirm-name">{t.settings.confirmName(name)}</label>
            <input
              id="confirm-name"
              value={typed}
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </div>
        )}
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            {t.cancel}
          </button>
          <button type="submit" class={name === undefined ? "primary" : "danger"} disabled={!sure || busy}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
