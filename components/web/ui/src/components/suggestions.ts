// A hook that loads what a text field suggests while the user types.
import { useEffect, useRef, useState } from "preact/hooks";
import { toApiError } from "../api/error";

export interface Suggestion {
  /** What the field contains after it was chosen. */
  value: string;
  label: string;
  note?: string;
}

export type Suggest = (text: string, signal: AbortSignal) => Promise<Suggestion[]>;

const DELAY_MS = 300;

interface Suggestions {
  /** Those for the current text; the earlier ones until they have arrived. */
  suggestions: readonly Suggestion[];
  /** Whether there are none, because the platform does not have them or has refused them. */
  unavailable: boolean;
}

/** Loads suggestions while `active`: at once for an empty text, else when the user has stopped typing for a moment. */
export function useSuggestions(suggest: Suggest | null, text: string, active: boolean): Suggestions {
  const [suggestions, setSuggestions] = useState<readonly Suggestion[]>([]);
  const [isRefused, setRefused] = useState(false);
  const unavailable = suggest === null || isRefused;
  const latest = useRef(suggest);
  latest.current = suggest;
  useEffect(() => {
    if (!active || unavailable) return;
    const abort = new AbortController();
    const load = async () => {
      try {
        const found = await latest.current?.(text, abort.signal);
        if (!abort.signal.aborted) setSuggestions(found ?? []);
      } catch (thrown) {
        const error = toApiError(thrown);
        if (abort.signal.aborted || error === null) return;
        setSuggestions([]);
        // The user can type everything, so an error is not shown.
        if (error.isRefusal) setRefused(true);
      }
    };
    const timer = window.setTimeout(() => void load(), text === "" ? 0 : DELAY_MS);
    return () => {
      window.clearTimeout(timer);
      abort.abort();
    };
  }, [text, active, unavailable]);
  return { suggestions, unavailable };
}
