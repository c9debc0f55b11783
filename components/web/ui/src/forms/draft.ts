// A hook that saves a form's input in this tab's session storage until it is submitted, so that it survives
// a reload and a new sign-in. Secrets are not saved.
import { useCallback, useLayoutEffect, useState } from "preact/hooks";

export interface Draft<T> {
  form: T;
  set: (change: Partial<T>) => void;
  /** Deletes the saved draft. */
  discard: () => void;
  /** Whether the form was filled from a saved draft. */
  restored: boolean;
  /** Deletes the saved draft and resets the form to its initial values. */
  reset: () => void;
}

// The version changes when a form's stored values do: older drafts are ignored.
const KEY_PREFIX = "draft v2 ";

/** `initial` is the form without a draft; `toStored` removes what must not be saved. */
export function useDraft<T extends object>(
  key: string,
  initial: T,
  toStored: (form: T) => Partial<T> = (form) => form,
): Draft<T> {
  const storageKey = KEY_PREFIX + key;
  const [form, setForm] = useState<T>(() => ({ ...initial, ...loadDraft<T>(storageKey) }));
  const [isDirty, setDirty] = useState(false);
  const [restored, setRestored] = useState(() => differs(initial, loadDraft<T>(storageKey)));
  // A layout effect saves before the next paint: the user may leave the page right away.
  useLayoutEffect(() => {
    if (isDirty) sessionStorage.setItem(storageKey, JSON.stringify(toStored(form)));
  }, [form, isDirty]);
  const set = useCallback((change: Partial<T>) => {
    setDirty(true);
    setForm((before) => ({ ...before, ...change }));
  }, []);
  const discard = useCallback(() => {
    setDirty(false);
    sessionStorage.removeItem(storageKey);
  }, [storageKey]);
  const reset = () => {
    discard();
    setRestored(false);
    setForm(initial);
  };
  return { form, set, discard, restored, reset };
}

/** Deletes the drafts of all forms. */
export function discardAllDrafts(): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith("draft ")) sessionStorage.removeItem(key);
  }
}

function differs<T>(initial: T, draft: Partial<T>): boolean {
  return JSON.stringify({ ...initial, ...draft }) !== JSON.stringify(initial);
}

function loadDraft<T>(storageKey: string): Partial<T> {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey) ?? "{}") as Partial<T>;
  } catch {
    return {};
  }
}
