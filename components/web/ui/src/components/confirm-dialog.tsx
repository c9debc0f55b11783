// A dialog that asks for confirmation.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ApiError } from "../api/error";
import { useMessages } from "../i18n";
import { ErrorNotice } from "./notice";

interface ConfirmDialogProps {
  title: string;
  /** The user must type this name, for actions that cannot be undone. */
  name?: string;
  action: string;
  busy: boolean;
  error: ApiError | null;
  /** The label of a field that the error names. */
  label?: (field: string) => string | undefined;
  onConfirm: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, name, action, busy, error, label, onConfirm, onClose, children } = props;
  const t = useMessages();
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const isConfirmed = name === undefined || typed === name;
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Closing restores the focus, also when the dialog is unmounted.
    return () => element?.close();
  }, []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (isConfirmed) onConfirm();
  };
  return (
    <dialog ref={dialog} aria-labelledby="confirm-title" onClose={onClose}>
      <form onSubmit={submit}>
        <h2 id="confirm-title">{title}</h2>
        {error && <ErrorNotice error={error} {...(label && { label })} />}
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
          <button type="submit" class={name === undefined ? "primary" : "danger"} disabled={!isConfirmed || busy}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
