// A hook for one-off requests (submit, delete): whether one is running, and its error.
import { useRef, useState } from "preact/hooks";
import { toApiError, type ApiError } from "./error";

export interface Action {
  busy: boolean;
  error: ApiError | null;
  /** Runs `callback`, unless an earlier one is still running. */
  run: (callback: () => Promise<void>) => Promise<void>;
  /** Clears the error. */
  clear: () => void;
}

export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const isRunning = useRef(false);
  const run = async (callback: () => Promise<void>) => {
    if (isRunning.current) return;
    isRunning.current = true;
    setBusy(true);
    setError(null);
    try {
      await callback();
    } catch (thrown) {
      setError(toApiError(thrown));
    } finally {
      isRunning.current = false;
      setBusy(false);
    }
  };
  return { busy, error, run, clear: () => setError(null) };
}
