// What was typed into a form is kept until it has been sent, also over a new sign-in: in this tab's
// session storage, without what its form leaves out (secrets).
import { useCallback, useLayoutEffect, useState } from "preact/hooks";

export interface Draft<T> {
  form: T;
  set: (change: Partial<T>) => void;
  /** Forgets it, once it has been sent. */
  forget: () => void;
  /** It was typed before, and not sent. */
  restored: boolean;
  /** Begins anew. */
  anew: () => void;
}

/** `start` is what the form begins with; `keep` takes out what must not be stored. */
export function useDraft<T extends object>(
  key: string,
  start: T,
  keep: (form: T) => Partial<T> = (form) => form,
): Draft<T> {
  const place = `draft ${key}`;
  const [form, setForm] = useState<T>(() => ({ ...start, ...stored<T>(place) }));
  const [touched, setTouched] = useState(false);
  const [restored, setRestored] = useState(() => differs(start, stored<T>(place)));
  // At once: the page may be left before it is painted.
  useLayoutEffect(() => {
    if (touched) sessionStorage.setItem(place, JSON.stringify(keep(form)));
  }, [form, touched]);
  const set = useCallback((change: Partial<T>) => {
    setTouched(true);
    setForm((before) => ({ ...before, ...change }));
  }, []);
  const forget = useCallback(() => {
    setTouched(false);
    sessionStorage.removeItem(place);
  }, [place]);
  const anew = () => {
    forget();
    setRestored(false);
    setForm(start);
  };
  return { form, set, forget, restored, anew };
}

/** Forgets all that was typed and not sent. */
export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith("draft ")) sessionStorage.removeItem(key);
  }
}

function differs<T>(start: T, kept: Partial<T>): boolean {
  return JSON.stringify({ ...start, ...kept }) !== JSON.stringify(start);
}

function stored<T>(place: string): Partial<T> {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? "{}") as Partial<T>;
  } catch {
    return {};
  }
}
